"""The recipe at its smallest: its design is whole, its gates can be missed, it resumes, its page reads."""

import json
import pickle
from dataclasses import replace

import numpy as np
import pytest

from brainwright import runs
from brainwright.cli.cookbook import load_recipe
from brainwright.datasets.suites.lif80 import lif80
from brainwright.experiment import OptionError, check_bounds
from brainwright.experiment.summary import result_of
from brainwright.experiment.work import outcomes_of, run_design
from brainwright.recipes.emulate import Config
from brainwright.recipes.emulate.budget import QUICK
from brainwright.recipes.emulate.experiment import FIXED, LIF80, LZ40, REWIRED, SESSION, design, design_of
from brainwright.recipes.emulate.spiking import rewired
from brainwright.report import Finished, document, markdown
from brainwright.runs import Units

CONFIG = Config(quick=True, workers=1)
TINY = replace(
    QUICK,
    updates=1,
    diffusion_updates=1,
    network_updates={"bi_gru": 1, "transformer": 1},
    spiking_updates={"all": 1, "scarce": 1},
    library=200,
    thin=30,
)
ARMS = {
    FIXED: ("mean", "untrained", "attainable"),  # regressions have their own tests, and take long
    LZ40: ("bi_gru", "emulator"),
    LIF80: ("all/emulator", "scarce/emulator"),
    REWIRED: ("scarce/null",),
}


def tiny():
    whole = design_of(CONFIG, TINY)
    studies = [replace(s, arms={arm: s.arms[arm] for arm in ARMS[s.name]}) for s in whole.studies]
    return replace(whole, studies=tuple(studies))


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A finished run."""
    folder = runs.create("emulate", CONFIG, tmp_path_factory.mktemp("runs") / "run")
    units = Units(folder / "units")
    result = result_of(tiny(), run_design(tiny(), units, workers=1), units)
    runs.write_json(folder / "result.json", {"recipe": "emulate", "seconds": 1.0} | result)
    return folder


@pytest.fixture(scope="module")
def run(folder):
    return Finished.read(folder)


def test_the_design_is_whole():
    whole = design(Config())
    arms = {study.name: study.arms for study in whole.studies}
    assert {LZ40, LIF80, SESSION} <= set(arms)
    for asked in (whole.primary, *whole.gates):
        assert asked.arm in arms[asked.study]
    assert whole.primary.control in arms[LZ40]
    for study in whole.studies:
        assert pickle.loads(pickle.dumps(study.trial)).func is study.trial.func
    assert SESSION not in {study.name for study in design(Config(sessions=0)).studies}


def test_gates_that_are_missed_say_so(run):
    """Untrained, the model reaches nothing; a gate that held all the same would be no gate."""
    verdicts = {(row["arm"], row["metric"]): row["verdict"] for row in run.result["gates"]}
    for metric in ("co_bps_share", "log_rate_r2", "fp_bps_share"):
        assert verdicts["emulator", metric] == "missed"
    assert verdicts["all/emulator", "share"] == verdicts["scarce/emulator", "share"] == "missed"
    assert run.primary["verdict"] in ("cannot tell", "no difference")  # two seeds cannot decide


def test_the_ceiling_is_that_of_all_test_trials(run):
    assert run.extra["oracles"]["lz40"]["co_bps"] == pytest.approx(0.4495, abs=1e-4)


def test_calibration_is_told_for_model_control_and_ideal_observer(run):
    arms = run.arms(FIXED) | run.arms(LZ40)
    for name in ("untrained", "emulator", "attainable"):
        assert {"count_coverage", "window_coverage", "total_crps_gain"} <= set(arms[name]["means"])
    assert "count_coverage" not in arms["bi_gru"]["means"]


def test_the_page_leads_with_the_verdict_and_shows_every_suite(run):
    page = load_recipe("emulate").page(run)
    for text in (document(page), markdown(page)):
        for words in ("attainable oracle", "bidirectional GRU", "rewired", "missed", "What this run is not"):
            assert words in text
        assert text.index(page.headline) < text.index("attainable oracle")


def test_a_run_cut_short_has_a_page_and_ends_the_same(folder, run, tmp_path):
    lines = (folder / "units" / LZ40 / "trials.jsonl").read_text().splitlines(keepends=True)
    units = Units(tmp_path / "units")
    for study in (FIXED, LZ40, LIF80, REWIRED):
        units.below(study).folder.mkdir(parents=True)
        for path in (folder / "units" / study).glob("*"):
            (units.below(study).folder / path.name).write_bytes(path.read_bytes())
    units.below(LZ40).folder.joinpath("trials.jsonl").write_text("".join(lines[:-1]))
    units.below(LIF80).folder.joinpath("trials.jsonl").unlink()
    outcomes, missing = outcomes_of(tiny(), units)
    assert missing == 5
    (tmp_path / "recipe.json").write_bytes((folder / "recipe.json").read_bytes())
    cut = Finished(tmp_path, json.loads(json.dumps(runs.plain(result_of(tiny(), outcomes, units)))), missing)
    assert "not finished" in markdown(load_recipe("emulate").page(cut))
    again = result_of(tiny(), run_design(tiny(), units, workers=1), units)
    assert without_clocks(runs.plain(again)["arms"]) == without_clocks(run.result["arms"])
    assert again["answer"] == run.result["answer"]


def without_clocks(arms):
    return {
        name: {key: {m: v for m, v in row[key].items() if m != "cpu_s"} for key in ("means", "sds")}
        for name, row in arms.items()
    }


def test_nulls_keep_degrees_and_move_synapses():
    data = lif80(0, n_bins=10)
    moved = rewired(data, 1)
    np.testing.assert_array_equal(moved.sum(0), data.adjacency.sum(0))
    np.testing.assert_array_equal(moved.sum(1), data.adjacency.sum(1))
    assert not moved.diagonal().any()
    assert (moved & data.adjacency).sum() < 0.5 * data.adjacency.sum()


@pytest.mark.parametrize("wrong", [{"seeds": 0}, {"draws": 1}, {"sessions": -1}, {"workers": -1}])
def test_what_cannot_work_is_refused(wrong):
    with pytest.raises(OptionError, match="must be at least"):
        check_bounds(Config(**wrong))
