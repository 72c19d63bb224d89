"""Every arm is what it says, and the score is what it says: on a small run, piece by piece."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from brainwright.loop import (
    AFTER,
    EARLY,
    LATE,
    IdentityReadout,
    Layout,
    OracleWriter,
    Periods,
    Timing,
    present,
)
from brainwright.recipes import organoid
from brainwright.recipes._organoid import analysis, design, units
from brainwright.recipes._organoid import experiment as work
from brainwright.tissue import CultureParameters, SimulatedCulture, usable_channels

CONFIG = organoid.Config(seed=5, quick=True, dishes=3, neurons=64)


def an_experiment(folder: Path) -> work.Experiment:
    return work.Experiment(CONFIG, organoid.stream_of(CONFIG), folder, lambda *_, **__: None)


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> work.Experiment:
    """Naive tissue and the arms adaptive, oracle and yoked of the conditions `full` and `steered`, short."""
    experiment = an_experiment(tmp_path_factory.mktemp("arms"))
    experiment.sizes = design.Sizes(calibration=80, probe=60, short_probe=20, stream_probe=20, skill=40)
    experiment.probe_symbols = experiment.uniform(experiment.sizes.probe, work.PROBE)
    units.save(experiment.folder, "naive", experiment.naive(lambda *_, **__: None))
    naive = units.load(experiment.folder, "naive")
    experiment.state = units.of_prefix("state_", naive)
    short = [replace(c, taught=30, block=15) for c in experiment.conditions if c.name in ("full", "steered")]
    experiment.conditions = tuple(replace(c, arms=("adaptive", "oracle", "yoked")) for c in short)
    for condition in experiment.conditions:
        for arm in condition.arms:
            made = experiment.arm(condition, arm, lambda *_, **__: None)
            units.save(experiment.folder, f"{condition.name}-{arm}", made)
    return experiment


def test_a_probe_leaves_the_synapses_and_the_taught_tissue_alone(run):
    taught = run.culture(run.state, plasticity=True)
    twin = run.twin(taught)
    kept = taught.snapshot()
    present(twin, run.layout, run.probe_symbols[:, :20])
    np.testing.assert_array_equal(twin.snapshot()["weight"], kept["weight"])
    for name, array in taught.snapshot().items():
        np.testing.assert_array_equal(array, kept[name])
    present(taught, run.layout, run.probe_symbols[:, :20])
    assert not np.array_equal(taught.snapshot()["weight"], kept["weight"])


def test_naive_tissue_is_measured_as_it_was_born(run):
    born = SimulatedCulture(run.seeds, CultureParameters(n_neurons=CONFIG.neurons)).snapshot()
    np.testing.assert_array_equal(run.state["weight"], born["weight"])


@pytest.mark.parametrize("arm", design.CONTROLS)
def test_which_tissue_an_arm_teaches(run, arm, monkeypatch):
    class TaughtError(Exception):
        pass

    def stop(culture, *_, **__):
        raise TaughtError(culture.plasticity, culture.cells, culture.snapshot()["weight"])

    monkeypatch.setattr(work, "close_loop", stop)
    with pytest.raises(TaughtError) as found:
        run.arm(run.conditions[0], arm, lambda *_, **__: None)
    plasticity, cells, weight = found.value.args
    assert (plasticity, cells) == (arm not in ("frozen", "saline"), arm != "saline")
    np.testing.assert_array_equal(weight, run.state["weight"])


def test_the_readout_was_fixed_on_naive_tissue_and_is_the_same_in_every_arm(run):
    naive = units.load(run.folder, "naive")
    heard, counts = naive["calibration_symbols"], naive["calibration_counts"].astype(np.float32)
    np.testing.assert_array_equal(heard, run.uniform(run.sizes.calibration, work.CALIBRATE))
    again = IdentityReadout.fit(Periods(heard, heard, counts, heard[..., None]), run.stream.k)
    np.testing.assert_allclose(again.weight, naive["readout_weight"])
    for condition in run.conditions:
        for arm in condition.arms:
            unit = units.load(run.folder, f"{condition.name}-{arm}")
            answers = again.answers(unit["probe_after"])
            np.testing.assert_array_equal(answers, unit["answers"])
            right = answers == condition.stream.successor[run.probe_symbols]
            np.testing.assert_allclose(unit["share"], right.mean(1))


@pytest.mark.parametrize("condition", ["full", "steered"])
def test_what_is_written(run, condition):
    adaptive, oracle, yoked = (
        units.load(run.folder, f"{condition}-{arm}")["written"] for arm in ("adaptive", "oracle", "yoked")
    )
    np.testing.assert_array_equal(yoked, np.roll(adaptive, -1, axis=0))
    assert not any(np.array_equal(mine, theirs) for mine, theirs in zip(adaptive, yoked, strict=True))
    by_name = {c.name: c for c in run.conditions}[condition]
    n = by_name.recorded + by_name.taught + 1
    heard = run.uniform(n, work.RANDOM_STREAM) if by_name.steered else run.from_stream(n, work.STREAM)
    wanted = run.stream.successor[heard[:, :-1]] if by_name.steered else heard[:, 1:]
    for dish, row in enumerate(wanted[:, by_name.recorded :]):
        np.testing.assert_array_equal(oracle[dish], np.sort(run.layout.electrodes[dish, row], axis=1))


def test_every_draw_is_for_one_purpose(run):
    purposes = (
        work.CALIBRATE,
        work.PROBE,
        work.STREAM,
        work.RANDOM_STREAM,
        work.STREAM_PROBE,
        work.SKILL,
    )
    drawn = [run.uniform(60, purpose) for purpose in purposes]
    for i, one in enumerate(drawn):
        assert all((one == other).mean() < 0.5 for other in drawn[:i])


def test_the_score_is_the_change_from_before(run):
    naive, unit = units.load(run.folder, "naive"), units.load(run.folder, "full-oracle")
    before = analysis.before_of(naive, "oracle", run.probe_symbols, run.stream.successor)
    np.testing.assert_allclose(before, naive["share"])
    kept = analysis._arm(unit, before)
    np.testing.assert_allclose(kept["values"], np.subtract(kept["share_after"], kept["share_before"]))


def test_no_direct_spike_and_no_artifact_falls_into_the_windows_that_are_read():
    layout = Layout.random([1, 2], 6, usable_channels(), Timing())
    symbols = np.random.default_rng(0).integers(0, 6, (2, 40))
    for cells in (True, False):
        still = SimulatedCulture([1, 2], CultureParameters(kick_rate_hz=0), synapses=(0, 0), cells=cells)
        heard = present(still, layout, symbols)
        assert heard.counts[:, :, EARLY].sum() > 0
        assert heard.counts[:, :, (LATE, AFTER)].sum() == 0
        written = present(still, layout, symbols, OracleWriter(layout), targets=symbols)
        assert written.counts[:, :, LATE].sum() == 0
