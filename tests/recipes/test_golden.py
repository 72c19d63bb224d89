"""The fastest golden run to the last digit, and that a comparison can fail; `scripts/golden.py` does all."""

import importlib.util
import json
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
FASTEST = "fly"


@pytest.fixture(scope="module")
def golden():
    spec = importlib.util.spec_from_file_location("golden", ROOT / "scripts" / "golden.py")
    script = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(script)
    return script


@pytest.mark.parametrize("kill", [False, True], ids=["whole", "killed and resumed"])
def test_the_fastest_run_is_the_same_to_the_last_digit(golden, tmp_path, kill):
    kept = json.loads((golden.GOLDEN / f"{FASTEST}.json").read_text("utf-8"))
    if other := golden.other_machine(kept["machine"]):
        pytest.skip(f"the figures are those of another machine: {other}")
    figures = golden.figures_of(kept["run"], tmp_path, kill=kill)
    assert golden.differences(kept["figures"], figures) == []


def test_a_change_of_the_last_digit_and_a_missing_figure_are_told(golden):
    was = {"arms": {"a": {"values": [0.1, 0.3]}}, "checks": [{"name": "one", "holds": True}], "gone": 1}
    now = {"arms": {"a": {"values": [0.1, 0.1 + 0.2]}}, "checks": [{"name": "one", "holds": 1}], "more": 2}
    assert golden.differences(was, now) == [
        "different: arms/a/values/1: 0.3 was, 0.30000000000000004 is",
        "different: checks/one/holds: True was, 1 is",
        "missing: gone: 1 was",
        "new: more: 2",
    ]


def test_rows_are_known_by_their_names_not_their_places(golden):
    rows = [{"arm": "a", "control": "b", "p": 0.5}, {"arm": "c", "control": "b", "p": 0.1}]
    assert golden.differences({"comparisons": rows}, {"comparisons": rows[::-1]}) == []


def test_what_was_renamed_is_compared_under_its_new_name(golden, monkeypatch):
    monkeypatch.setattr(golden, "RENAMED", [("run/old", None), (r"run/(.+)", r"facts/\1")])
    was, now = {"run": {"cells": 3, "old": 1}}, {"facts": {"cells": 4}}
    assert golden.differences(was, now) == ["different: facts/cells: 3 was, 4 is"]


def test_fields_of_a_clock_are_left_out_and_nan_equals_nan(golden):
    figures = golden.without_clocks({"seconds": 1.0, "rows": [{"update_seconds": 2.0, "loss": float("nan")}]})
    assert figures == {"rows": [{"loss": "nan"}]}
