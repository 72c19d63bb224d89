"""The decoder-leak audit on made-up probes: green for tissue that learned, red for each way of cheating."""

from types import SimpleNamespace

import numpy as np
import pytest

from brainwright.loop import IdentityReadout, Periods
from brainwright.loop.present import AFTER
from brainwright.recipes._organoid import audit
from brainwright.signal import tune

K, DISHES, TRIALS, CHANNELS = 6, 6, 300, 24
OWNER = np.arange(CHANNELS) % K


def spikes(answer, rng, gain=1.0):
    """Counts [dish, trial, channel] in which the electrodes of `answer` fire more (-1: of none)."""
    return rng.poisson(0.3 + gain * (answer[..., None] == OWNER))


def some(share, answer, rng):
    """`answer` in a share of the trials, nothing in the others."""
    return np.where(rng.random(answer.shape) < share, answer, -1)


@pytest.fixture
def run():
    """(experiment, naive, taught) of a tissue that learned: no leak anywhere."""
    rng = np.random.default_rng(0)
    stream = tune()
    heard, probe = (rng.integers(0, K, (DISHES, n)) for n in (400, TRIALS))
    counts = np.zeros((*heard.shape, 4, CHANNELS))
    counts[:, :, 0] = spikes(heard, rng, 2.0)
    counts[:, :, AFTER] = spikes(np.full_like(heard, -1), rng)
    readout = IdentityReadout.fit(Periods(heard, heard, counts, heard[..., None]), K)
    nothing = np.zeros((DISHES, TRIALS, CHANNELS))
    naive = {
        "calibration_symbols": heard,
        "calibration_counts": counts,
        "saline_probe_after": nothing,
        "saline_probe_stimulus": spikes(probe, rng, 5.0),
    } | scored(readout, spikes(np.full_like(probe, -1), rng), probe, stream)
    after = spikes(some(0.7, stream.successor[probe], rng), rng, 2.0)
    taught = {"probe_after": after} | scored(readout, after, probe, stream)
    config = SimpleNamespace(seed=0)
    return (
        SimpleNamespace(probe_symbols=probe, stream=stream, config=config, readout=readout),
        naive,
        taught,
    )


def scored(readout, after, probe, stream):
    answers = readout.answers(after)
    return {"answers": answers, "share": (answers == stream.successor[probe]).mean(1)}


def failed(experiment, naive, taught):
    return [row["name"].split(":")[0] for row in audit.checks(experiment, naive, taught) if not row["holds"]]


def test_tissue_that_learned_passes(run):
    _, naive, taught = run
    assert taught["share"].mean() > naive["share"].mean() + 0.3
    assert failed(*run) == []


def test_tissue_that_learned_nothing_passes_too(run):
    experiment, naive, _ = run
    rng = np.random.default_rng(1)
    after = spikes(np.full_like(experiment.probe_symbols, -1), rng)
    untaught = {"probe_after": after}
    untaught |= scored(experiment.readout, after, experiment.probe_symbols, experiment.stream)
    assert failed(experiment, naive, untaught) == []


def test_a_decoder_that_reads_the_successor_from_naive_tissue_is_found(run):
    experiment, naive, taught = run
    rng = np.random.default_rng(2)
    answers = some(0.3, experiment.stream.successor[experiment.probe_symbols], rng)
    answers = np.where(answers < 0, rng.integers(0, K, answers.shape), answers)
    share = (answers == experiment.stream.successor[experiment.probe_symbols]).mean(1)
    assert share.mean() < taught["share"].mean() - 0.1  # the leak alone would not reach the taught score
    assert failed(experiment, naive | {"answers": answers, "share": share}, taught) == ["naive tissue"]


def test_a_decoder_that_counts_spikes_wherever_they_are_is_found(run):
    """Its score survives a permutation of the channels."""
    experiment, naive, _ = run
    rng = np.random.default_rng(3)
    probe, successor = experiment.probe_symbols, experiment.stream.successor
    k = np.arange(K)
    counter = IdentityReadout(
        np.tile(k[None, :, None], (DISHES, 1, CHANNELS)).astype(float), np.tile(-(k**2) / 2, (DISHES, 1))
    )
    told = some(0.15, successor[probe], rng)
    total = np.where(told < 0, rng.integers(0, K, told.shape), told)
    after = np.zeros((DISHES, TRIALS, CHANNELS))
    after[:, :, 0] = total
    experiment.readout = counter
    taught = {"probe_after": after} | scored(counter, after, probe, experiment.stream)
    assert taught["share"].mean() < experiment.stream.constant_level
    assert failed(experiment, naive, taught) == ["channels permuted"]


def test_an_artifact_in_the_window_that_is_read_is_found(run):
    experiment, naive, taught = run
    leaked = naive | {"saline_probe_after": spikes(experiment.probe_symbols, np.random.default_rng(4), 0.5)}
    assert failed(experiment, leaked, taught) == ["saline, after window"]


def test_an_amplifier_that_shows_no_artifact_is_found(run):
    experiment, naive, taught = run
    silent = naive | {"saline_probe_stimulus": np.zeros((DISHES, TRIALS, CHANNELS))}
    assert failed(experiment, silent, taught) == ["saline, stimulus window"]


def test_a_score_that_drifts_within_the_probe_is_found(run):
    experiment, naive, taught = run
    answers = taught["answers"].copy()
    answers[:, TRIALS // 2 :] = np.random.default_rng(5).integers(0, K, (DISHES, TRIALS // 2))
    drifting = taught | {"answers": answers}
    assert failed(experiment, naive, drifting) == ["time blocks"]
