"""The recipe end to end on built-in data: its result, its arms, resumption, refusals."""

import json

import numpy as np
import pytest

from brainwright.evidence import Trials
from brainwright.evidence.trials import Trial
from brainwright.recipes import larva
from brainwright.recipes._larva.analysis import analyse
from brainwright.recipes._larva.design import FLOORS, NULLS, setup_of
from brainwright.recipes._larva.trial import build, task_of, wiring_of

pytestmark = pytest.mark.slow
CONFIG = larva.Config(quick=True, wiring="worm", task="glyphs", workers=1, epochs=3)
WORDS = {"supported", "no difference", "against", "cannot tell"}


def silent(*_args, **_event) -> None:
    pass


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    folder = tmp_path_factory.mktemp("larva")
    result = larva.run(CONFIG, folder, silent)
    (folder / "result.json").write_text(json.dumps(result, allow_nan=True))
    return folder, result


def test_the_result_has_every_arm_and_every_comparison(finished):
    _, result = finished
    for condition in ("paper/100", "normalised/100"):
        assert {f"{condition}/{kind}" for kind in ("real", *NULLS, *FLOORS)} <= set(result["arms"])
        controls = {row["control"] for row in result["comparisons"] if row["arm"] == f"{condition}/real"}
        assert controls == {f"{condition}/{kind}" for kind in (*NULLS, *FLOORS)}
    assert {row["verdict"] for row in [result["primary"], *result["comparisons"]]} <= WORDS
    assert result["primary"]["verdict"] in (
        "cannot tell",
        "no difference",
    )  # two graphs cannot support a claim
    held = {check["name"]: check["holds"] for check in result["checks"]}
    assert held["real and null networks train equally many values"]
    assert held["the MLP trains as many values, within 1 %"]


def test_training_does_something(finished):
    arms = finished[1]["arms"]
    for arm in ("normalised/100/real", "paper/100/real", "paper/100/mlp"):
        assert arms[arm]["train_accuracy"] > 0.15, arm  # chance is 0.1


def test_the_page_leads_with_the_verdict(finished):
    page = larva.page(finished[0])
    assert page.startswith('<header class="verdict')
    for words in ("normalised, 100 samples", "encoder_only", "Checks", "39 graphs are the fewest"):
        assert words in page


def test_a_run_cut_short_ends_the_same(finished, tmp_path):
    whole, result = finished
    lines = (whole / "units" / "trials.jsonl").read_text().splitlines(keepends=True)
    (tmp_path / "units").mkdir()
    (tmp_path / "units" / "trials.jsonl").write_text("".join(lines[:-3]) + lines[-1][:20])
    assert larva.run(CONFIG, tmp_path, silent)["arms"] == result["arms"]


def test_arms_share_maps_and_nulls_keep_what_they_promise():
    setup, task = setup_of(CONFIG), task_of("glyphs").first(100)
    real = build(setup, "normalised", "real", task, 5, 0)
    degree = build(setup, "normalised", "degree", task, 5, 0)
    other = build(setup, "normalised", "degree", task, 5, 1)
    for k in (0, 2):
        assert np.array_equal(real.projections[k].weight.detach(), degree.projections[k].weight.detach())
    patterns = [network.projections[1].pattern for network in (real, degree, other)]
    for a, b in ((0, 1), (1, 2)):
        assert not np.array_equal(patterns[a].post, patterns[b].post)
        for side in ("pre", "post"):
            counts = [np.bincount(getattr(patterns[k], side), minlength=279) for k in (a, b)]
            assert np.array_equal(*counts)
    assert wiring_of("worm", "paper", 0).cells["sign"].eq(-1).mean() == pytest.approx(0.3, abs=0.01)


def test_a_planted_effect_would_be_reported():
    setup = setup_of(larva.Config(wiring="worm", task="glyphs", samples=100))
    rng = np.random.default_rng(0)
    metrics = {}
    for arm, draws in setup.arms.items():
        for draw in range(draws):
            graph = rng.normal(0, 0.005)
            for seed in setup.seeds:
                value = 0.8 + graph + rng.normal(0, 0.002) + 0.1 * arm.endswith("real")
                row = {"accuracy": value, "train_accuracy": 1.0, "parameters": 10.0, "diverged": 0.0}
                metrics[Trial(arm, seed, draw)] = row
    result = analyse(setup, Trials(metrics))
    assert result["primary"]["verdict"] == "supported"
    assert result["primary"]["n"] == 39
    degree = [c for c in result["comparisons"] if c["control"] == "paper/100/degree"]
    assert degree[0]["verdict"] == "cannot tell"  # ten graphs are too few, and it says so
    assert "draws give no corrected p" in degree[0]["why"]


def test_refusals(monkeypatch, tmp_path):
    with pytest.raises(ValueError, match="--seeds must be at least 2"):
        larva.check(larva.Config(seeds=1))
    monkeypatch.setenv("BRAINWRIGHT_DATA", "")
    monkeypatch.setenv("BRAINWRIGHT_CACHE", str(tmp_path))
    with pytest.raises(ValueError, match="mnist needs"):
        larva.check(larva.Config(task="mnist"))
    assert setup_of(larva.Config()).wiring == "worm"
    assert setup_of(larva.Config()).task == "glyphs"
