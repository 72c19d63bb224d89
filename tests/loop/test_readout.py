"""The identity readout on activity whose content is known."""

import numpy as np
import pytest
from scripted import Echo

from brainwright.loop import IdentityReadout, Layout, Periods, Timing, successor_share
from brainwright.loop.present import AFTER, EARLY
from brainwright.tissue import usable_channels

K, CHANNELS = 4, 24


def periods(symbols, replayed, rng, gain=0.8):
    """Early counts show each symbol, after counts a weak copy of `replayed` (noise where it is -1)."""
    owner = np.arange(CHANNELS) % K
    counts = np.zeros((*symbols.shape, 4, CHANNELS), np.float32)
    counts[:, :, EARLY] = rng.poisson(np.where(owner == symbols[..., None], 2.0, 0.1))
    counts[:, :, AFTER] = rng.poisson(0.3 + gain * (owner == replayed[..., None]))
    return Periods(symbols, symbols, counts, np.full((*symbols.shape, 1), -1))


def test_it_names_the_replayed_pattern_and_not_the_presented_one():
    rng = np.random.default_rng(0)
    naive = rng.integers(0, K, (2, 400))
    readout = IdentityReadout.fit(periods(naive, np.full_like(naive, -1), rng), K)
    shown = rng.integers(0, K, (2, 400))
    taught = periods(shown, (shown + 1) % K, rng)
    answers = readout.answers(taught.counts[:, :, AFTER])
    assert successor_share(answers, shown, (np.arange(K) + 1) % K).min() > 0.7
    assert (answers == shown).mean() < 0.15


def test_naive_activity_favours_no_symbol():
    rng = np.random.default_rng(1)
    naive = rng.integers(0, K, (3, 2000))
    data = periods(naive, np.full_like(naive, -1), rng)
    answers = IdentityReadout.fit(data, K).answers(data.counts[:, :, AFTER])
    shares = np.stack([np.bincount(row, minlength=K) for row in answers]) / 2000
    assert np.abs(shares - 1 / K).max() < 0.05


def test_scores_are_standardised_on_the_calibration():
    rng = np.random.default_rng(2)
    naive = rng.integers(0, K, (1, 500))
    data = periods(naive, np.full_like(naive, -1), rng)
    scores = IdentityReadout.fit(data, K).scores(data.counts[:, :, AFTER])
    np.testing.assert_allclose(scores.mean(1), 0, atol=1e-5)
    np.testing.assert_allclose(scores.std(1), 1, rtol=1e-5)


def test_probabilities_sum_to_one():
    rng = np.random.default_rng(3)
    naive = rng.integers(0, K, (2, 100))
    data = periods(naive, naive, rng)
    p = IdentityReadout.fit(data, K).probabilities(data.counts[:, :, AFTER])
    np.testing.assert_allclose(p.sum(2), 1)
    assert p.min() > 0


def test_a_symbol_that_was_never_presented_is_refused():
    rng = np.random.default_rng(4)
    naive = rng.integers(0, K - 1, (1, 100))
    with pytest.raises(ValueError, match=r"symbols \[3\] were never presented"):
        IdentityReadout.fit(periods(naive, naive, rng), K)


def test_the_share_of_successors_by_hand():
    answers, shown = np.array([[1, 2, 0, 0]]), np.array([[0, 1, 2, 1]])
    assert successor_share(answers, shown, np.array([1, 2, 0])).tolist() == [0.75]


def test_an_echo_holds_no_successor():
    """A tissue that only echoes its pulses gives the readout nothing after the stimulus window."""
    from brainwright.loop import present

    layout = Layout.random([5, 6], 6, usable_channels(), Timing())
    heard = present(Echo(), layout, np.random.default_rng(0).integers(0, 6, (2, 60)))
    assert heard.counts[:, :, AFTER].sum() == 0
