"""The recipe end to end at its smallest: every arm, every gate, resumption, refusals, the page."""

import importlib.util
import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from brainwright.datasets.suites.lif80 import lif80
from brainwright.emulator.baselines import mean_rate
from brainwright.recipes import emulate
from brainwright.recipes._emulate import design, lorenz, spiking, work
from brainwright.recipes._emulate.analysis import analyse
from brainwright.recipes._emulate.design import SEEDLESS, SHARES, SPIKING, TRAINED

pytestmark = pytest.mark.slow
CONFIG = emulate.Config(quick=True, workers=1)
TINY = replace(
    design.setup_of(CONFIG),
    updates=1,
    diffusion_updates=1,
    network_updates={"bi_gru": 1, "transformer": 1},
    library=200,
    spiking_updates={"all": 1, "scarce": 1},
)


def silent(*_args, **_event) -> None:
    pass


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    """The regressions have their own tests; here mean rates stand for them."""
    folder = tmp_path_factory.mktemp("emulate")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(lorenz, "GRIDS", dict.fromkeys(lorenz.GRIDS, (mean_rate, [{}])))
        result = analyse(TINY, work.run_all(TINY, CONFIG, folder, silent))
    (folder / "result.json").write_text(json.dumps(result))
    return folder, result


def test_every_arm_is_there(finished):
    _, result = finished
    assert set(result["lz40"]) == {*SEEDLESS, *TRAINED}
    assert set(result["lif80"]) == {f"{amount}/{kind}" for amount in SHARES for kind in SPIKING}
    assert result["primary"]["verdict"] in ("cannot tell", "no difference")  # two seeds cannot decide
    assert result["oracles"]["lz40"]["co_bps"] == pytest.approx(0.4495, abs=1e-4)


def test_gates_that_are_missed_say_so(finished):
    """Untrained, the model reaches nothing; a gate that held all the same would be no gate."""
    held = {check["name"]: check["holds"] for check in finished[1]["checks"]}
    for name in (
        "LZ40: unseen units, share of the oracle",
        "LZ40: log-rate R²",
        "LZ40: forecast of 20 bins, share of the oracle",
        "LIF80: all data, share of the oracle",
        "LIF80: 5 % of the data, share of the oracle",
    ):
        assert not held[name]


def test_a_finished_run_is_not_done_again(finished, monkeypatch):
    def fail(*_args):
        raise AssertionError("done again")

    monkeypatch.setattr(work, "work", fail)
    found = work.run_all(TINY, CONFIG, finished[0], silent)
    assert found.trained.arms == list(TRAINED)


def test_the_page_leads_with_the_verdict_and_shows_every_model(finished):
    page = emulate.page(finished[0])
    assert page.startswith('<header class="verdict')
    for words in (
        "attainable oracle",
        "bidirectional GRU",
        "rewired",
        "does not hold",
        "What this run is not",
    ):
        assert words in page


def test_the_published_page_holds_the_tables_and_every_gate(finished):
    path = Path(__file__).parents[2] / "scripts" / "emulate_page.py"
    spec = importlib.util.spec_from_file_location("emulate_page", path)
    script = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(script)
    result = json.loads((finished[0] / "result.json").read_text())
    text = script.text(result)
    for check in result["checks"]:
        assert f"| {check['name']} | {'yes' if check['holds'] else '**no**'} |" in text
    for words in ("## LZ40", "### Calibration", "## LIF80", "## A new session", "| attainable oracle"):
        assert words in text


def test_calibration_is_told_for_model_control_and_ideal_observer(finished):
    table = finished[1]["lz40"]
    for arm in ("untrained", "emulator", "attainable"):
        assert {"count_coverage", "window_coverage", "total_crps_gain"} <= set(table[arm])
    assert "count_coverage" not in table["bi_gru"]


def test_nulls_keep_degrees_and_move_synapses():
    data = lif80(0, n_bins=10)
    moved = spiking.rewired(data, 1)
    np.testing.assert_array_equal(moved.sum(0), data.adjacency.sum(0))
    np.testing.assert_array_equal(moved.sum(1), data.adjacency.sum(1))
    assert not moved.diagonal().any()
    assert (moved & data.adjacency).sum() < 0.5 * data.adjacency.sum()


@pytest.mark.parametrize("wrong", [{"seeds": 0}, {"draws": 1}, {"workers": -1}])
def test_what_cannot_work_is_refused(wrong):
    with pytest.raises(ValueError, match="must be at least"):
        emulate.check(emulate.Config(**wrong))
