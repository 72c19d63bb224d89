"""The decoder-leak audit on made-up probes: green for tissue that learned, red for each way of cheating."""

from dataclasses import replace

import numpy as np
import pytest

from brainwright.loop import AFTER, IdentityReadout, Periods, Probed, Saline, audit_decoder
from brainwright.signal import tune

K, DISHES, TRIALS, CHANNELS = 6, 6, 300, 24
OWNER = np.arange(CHANNELS) % K
STREAM = tune()


def spikes(answer, rng, gain=1.0):
    """Counts [dish, trial, channel] in which the electrodes of `answer` fire more (-1: of none)."""
    return rng.poisson(0.3 + gain * (answer[..., None] == OWNER))


def some(share, answer, rng):
    """`answer` in a share of the trials, nothing in the others."""
    return np.where(rng.random(answer.shape) < share, answer, -1)


@pytest.fixture
def sound():
    """What the audit of tissue that learned is given: no leak anywhere."""
    rng = np.random.default_rng(0)
    heard, probe = (rng.integers(0, K, (DISHES, n)) for n in (400, TRIALS))
    counts = np.zeros((*heard.shape, 4, CHANNELS))
    counts[:, :, 0] = spikes(heard, rng, 2.0)
    counts[:, :, AFTER] = spikes(np.full_like(heard, -1), rng)
    calibration = Periods(heard, heard, counts, heard[..., None])
    readout = IdentityReadout.fit(calibration, K)
    after = spikes(some(0.7, STREAM.successor[probe], rng), rng, 2.0)
    naive = readout.answers(spikes(np.full_like(probe, -1), rng))
    return {
        "readout": readout,
        "probed": Probed(probe, STREAM.successor, after, readout.answers(after), naive),
        "calibration": calibration,
        "saline": Saline(np.zeros((DISHES, TRIALS, CHANNELS)), spikes(probe, rng, 5.0)),
        "constant": STREAM.constant_level,
    }


def failed(given, **changes):
    """Names of the checks that do not hold, up to the colon."""
    changed = given | {"probed": replace(given["probed"], **changes)}
    return [
        check.name.split(":")[0]
        for check in audit_decoder(**changed, rng=np.random.default_rng([0, 707]))
        if not check.holds
    ]


def heard(readout, after):
    return {"after": after, "answers": readout.answers(after)}


def guesses(share, successor, rng):
    """Answers that are right in a share of the trials and guessed in the others."""
    told = some(share, successor, rng)
    return np.where(told < 0, rng.integers(0, K, told.shape), told)


def test_tissue_that_learned_passes(sound):
    probed = sound["probed"]
    assert probed.share(probed.answers).mean() > probed.share(probed.naive_answers).mean() + 0.3
    assert failed(sound) == []


def test_one_dish_is_audited_too(sound):
    probed, saline = sound["probed"], sound["saline"]
    readout = IdentityReadout(sound["readout"].weight[:1], sound["readout"].offset[:1])
    one = {name: getattr(probed, name)[:1] for name in ("symbols", "after", "answers", "naive_answers")}
    calibration = Periods(
        *(getattr(sound["calibration"], n)[:1] for n in ("symbols", "targets", "counts", "written"))
    )
    alone = {
        "readout": readout,
        "calibration": calibration,
        "saline": Saline(saline.after[:1], saline.stimulus[:1]),
    }
    assert failed(sound | alone, **one) == []


def test_tissue_that_learned_nothing_passes_too(sound):
    after = spikes(np.full_like(sound["probed"].symbols, -1), np.random.default_rng(1))
    assert failed(sound, **heard(sound["readout"], after)) == []


def test_a_decoder_that_reads_the_successor_from_naive_tissue_is_found(sound):
    probed = sound["probed"]
    answers = guesses(0.3, STREAM.successor[probed.symbols], np.random.default_rng(2))
    assert probed.share(answers).mean() < probed.share(probed.answers).mean() - 0.1  # the leak alone is less
    assert failed(sound, naive_answers=answers) == ["naive tissue"]


def test_a_decoder_that_counts_spikes_wherever_they_are_is_found(sound):
    """Its score survives a permutation of the channels."""
    probed, k = sound["probed"], np.arange(K)
    weight = np.tile(k[None, :, None], (DISHES, 1, CHANNELS)).astype(float)
    counter = IdentityReadout(weight, np.tile(-(k**2) / 2, (DISHES, 1)))
    after = np.zeros((DISHES, TRIALS, CHANNELS))
    after[:, :, 0] = guesses(0.15, STREAM.successor[probed.symbols], np.random.default_rng(3))
    assert probed.share(counter.answers(after)).mean() < STREAM.constant_level
    assert failed(sound | {"readout": counter}, **heard(counter, after)) == ["channels permuted"]


def test_an_artifact_in_the_window_that_is_read_is_found(sound):
    leak = spikes(sound["probed"].symbols, np.random.default_rng(4), 0.5)
    assert failed(sound | {"saline": Saline(leak, sound["saline"].stimulus)}) == ["saline, after window"]


def test_an_amplifier_that_shows_no_artifact_is_found(sound):
    nothing = np.zeros((DISHES, TRIALS, CHANNELS))
    assert failed(sound | {"saline": Saline(nothing, nothing)}) == ["saline, stimulus window"]


def test_a_score_that_drifts_within_the_probe_is_found(sound):
    answers = sound["probed"].answers.copy()
    answers[:, TRIALS // 2 :] = np.random.default_rng(5).integers(0, K, (DISHES, TRIALS // 2))
    assert failed(sound, answers=answers) == ["time blocks"]


def test_the_level_of_independence_is_that_of_shuffled_answers(sound):
    """A decoder that favours the answer that is asked most is not called a leak: the level moves with it."""
    probed, rng = sound["probed"], np.random.default_rng(6)
    lopsided = np.where(rng.random((DISHES, TRIALS)) < 0.8, 2, rng.integers(0, K, (DISHES, TRIALS)))
    shuffled = [probed.share(rng.permuted(lopsided, axis=1)).mean() for _ in range(200)]
    assert probed.by_marginals(lopsided).mean() == pytest.approx(np.mean(shuffled), abs=0.003)  # 3 errors
