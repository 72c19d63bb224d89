"""Scores of counts against closed forms and scipy."""

import numpy as np
import pytest
from scipy import stats

from brainwright.evidence.scores import (
    bernoulli_bits_per_spike,
    bits_per_spike,
    mean_of_units,
    poisson_d2,
    poisson_nll,
)


@pytest.fixture
def data():
    rng = np.random.default_rng(3)
    rate = rng.gamma(2.0, 0.5, (4, 6, 5))
    return rate, rng.poisson(rate).astype(float)


def test_nll_agrees_with_scipy(data):
    rate, count = data
    assert poisson_nll(rate, count) == pytest.approx(-stats.poisson.logpmf(count, rate).sum(), rel=1e-12)


def test_bits_per_spike_is_zero_for_the_mean_and_matches_its_definition(data):
    rate, count = data
    null = np.broadcast_to(count.mean((0, 1)), count.shape)
    assert bits_per_spike(null, count) == pytest.approx(0, abs=1e-12)
    gain = stats.poisson.logpmf(count, rate).sum() - stats.poisson.logpmf(count, null).sum()
    assert bits_per_spike(rate, count) == pytest.approx(gain / np.log(2) / count.sum(), rel=1e-12)


def test_a_perfect_forecast_of_certain_counts_has_a_known_value():
    """One unit, half the bins 2 counts, half none: the null rate is 1, the gain 2 ln 2 + 0 per pair."""
    count = np.array([[2.0], [0.0]] * 5)
    gain = (2 * np.log(2) - 2) + 0 - (0 - 1 + 0 - 1)
    assert bits_per_spike(count, count) == pytest.approx(gain / np.log(2) / 2, rel=1e-6)


def test_missing_entries_count_nowhere(data):
    rate, count = data
    hidden = count.copy()
    hidden[0] = np.nan
    wild = rate.copy()
    wild[0] = 1e6
    assert bits_per_spike(wild, hidden) == pytest.approx(bits_per_spike(rate[1:], count[1:]), rel=1e-12)
    np.testing.assert_allclose(mean_of_units(hidden), count[1:].mean((0, 1)))


def test_the_null_comes_from_the_test_entries(data):
    """A training mean that differs scores below zero: it cannot flatter."""
    _, count = data
    assert bits_per_spike(np.broadcast_to(1.2 * count.mean((0, 1)), count.shape), count) < 0


def test_bernoulli_bits_agree_with_scipy():
    rng = np.random.default_rng(0)
    p = rng.uniform(0.05, 0.4, (200, 4))
    s = (rng.random(p.shape) < p).astype(float)
    gain = stats.bernoulli.logpmf(s, p).sum() - stats.bernoulli.logpmf(s, s.mean(0)).sum()
    assert bernoulli_bits_per_spike(p, s) == pytest.approx(gain / np.log(2) / s.sum(), rel=1e-9)
    assert np.isfinite(bernoulli_bits_per_spike(np.round(p), s))


def test_d2_is_one_for_the_counts_and_zero_for_the_mean(data):
    rate, count = data
    assert poisson_d2(count, count) == pytest.approx(1, abs=1e-6)
    assert poisson_d2(np.broadcast_to(count.mean((0, 1)), count.shape), count) == pytest.approx(0, abs=1e-12)
    assert 0 < poisson_d2(rate, count) < 1


@pytest.mark.parametrize(
    ("rate", "count", "words"),
    [
        (np.ones((2, 3)), np.ones((2, 2)), "shape"),
        (-np.ones((2, 2)), np.ones((2, 2)), "finite rates of 0 or more"),
        (np.full((2, 2), np.nan), np.ones((2, 2)), "finite rates of 0 or more"),
        (np.ones((2, 2)), -np.ones((2, 2)), "counts of 0 or more"),
    ],
)
def test_nonsense_is_refused(rate, count, words):
    with pytest.raises(ValueError, match=words):
        poisson_nll(rate, count)


def test_silence_has_no_bits():
    with pytest.raises(ValueError, match="at least one spike"):
        bits_per_spike(np.ones((3, 2)), np.zeros((3, 2)))
    with pytest.raises(ValueError, match="0 and 1"):
        bernoulli_bits_per_spike(np.full((3, 2), 0.5), np.full((3, 2), 2.0))
