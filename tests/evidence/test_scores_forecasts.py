"""Probabilistic scores against closed forms, brute force and calibrated forecasts."""

import numpy as np
import pytest
from scipy import stats

from brainwright.evidence.scores import (
    coverage,
    crps_skill,
    energy_score,
    kolmogorov_distance,
    mixture_cdf,
    mixture_crps,
    randomised_pit,
    sample_crps,
    summed,
)


def test_mixture_cdf_is_the_mean_of_poisson_cdfs():
    ensemble = np.array([[0.2], [1.7], [4.0]])
    for k in range(5):
        wanted = stats.poisson.cdf(k, ensemble[:, 0]).mean()
        assert mixture_cdf(np.array([k]), ensemble)[0] == pytest.approx(wanted, rel=1e-12)
    assert mixture_cdf(np.array([-1]), ensemble)[0] == 0


def test_crps_of_a_poisson_law_has_its_closed_form():
    """E|X - y| - E|X - X'| / 2 summed by brute force over the law."""
    rate, k = 2.3, np.arange(60)
    p = stats.poisson.pmf(k, rate)
    between = (p[:, None] * p * np.abs(k[:, None] - k)).sum()
    for y in (0, 2, 9):
        wanted = (p * np.abs(k - y)).sum() - between / 2
        assert mixture_crps(np.array([[rate]]), np.array([y]))[0] == pytest.approx(wanted, rel=1e-8)


def test_a_certain_forecast_scores_its_absolute_error():
    assert mixture_crps(np.zeros((1, 3)), np.array([0.0, 1.0, 4.0])) == pytest.approx([0, 1, 4])


def test_missing_counts_have_no_score():
    found = mixture_crps(np.ones((2, 2)), np.array([1.0, np.nan]))
    assert np.isfinite(found[0])
    assert np.isnan(found[1])


def test_the_true_mixture_beats_its_mean():
    rng = np.random.default_rng(1)
    members = np.array([0.1, 5.0])
    truth = rng.choice(members, 4_000)
    count = rng.poisson(truth).astype(float)
    ensemble = np.broadcast_to(members[:, None], (2, 4_000))
    assert crps_skill(ensemble, count, np.full(4_000, members.mean())) > 0.1
    assert crps_skill(np.full((1, 4_000), members.mean()), count, np.full(4_000, members.mean())) == 0


def test_sample_crps_is_the_pairwise_sum():
    rng = np.random.default_rng(2)
    x, y = rng.normal(size=(7, 3)), rng.normal(size=3)
    pairs = np.abs(x[:, None] - x[None]).sum((0, 1)) / (2 * 7 * 6)
    np.testing.assert_allclose(sample_crps(x, y), np.abs(x - y).mean(0) - pairs)


def test_sample_crps_approaches_the_normal_closed_form():
    """Gneiting & Raftery 2007: CRPS(N(0, 1), y) = y (2 Phi(y) - 1) + 2 phi(y) - 1 / sqrt(pi)."""
    x = stats.norm.ppf((np.arange(4_000) + 0.5) / 4_000)[:, None]
    y = np.array([0.7])
    wanted = y * (2 * stats.norm.cdf(y) - 1) + 2 * stats.norm.pdf(y) - 1 / np.sqrt(np.pi)
    assert sample_crps(x, y) == pytest.approx(wanted, abs=1e-3)


def test_energy_score_in_one_dimension_is_the_crps():
    rng = np.random.default_rng(4)
    x, y = rng.normal(size=(9, 5, 1)), rng.normal(size=(5, 1))
    np.testing.assert_allclose(energy_score(x, y), sample_crps(x[..., 0], y[..., 0]))


def test_the_transform_is_uniform_for_the_true_law_alone():
    rng = np.random.default_rng(5)
    rate = rng.gamma(1.0, 0.2, 20_000)
    count = rng.poisson(rate).astype(float)
    u = randomised_pit(rate[None], count)
    assert kolmogorov_distance(u) < 0.015
    assert coverage(u) == pytest.approx(0.9, abs=0.01)
    narrow = randomised_pit(np.full((1, 20_000), rate.mean()), count)
    assert kolmogorov_distance(narrow) > 0.015


def test_kolmogorov_distance_agrees_with_scipy():
    u = np.random.default_rng(0).beta(2, 2, 300)
    assert kolmogorov_distance(u) == pytest.approx(stats.kstest(u, "uniform").statistic)


def test_persistent_errors_show_in_window_sums():
    """A level shared by all bins of a trial, unknown to the forecast: sums are over-dispersed."""
    rng = np.random.default_rng(6)
    level = rng.choice([0.25, 1.75], (300, 1, 1))
    count = rng.poisson(np.broadcast_to(level, (300, 20, 4))).astype(float)
    point = np.ones((1, 300, 20, 4))
    ensemble = np.broadcast_to(np.array([0.25, 1.75])[:, None, None, None], (2, 300, 20, 4))
    covered = coverage(randomised_pit(*summed(ensemble, count, bins=True)))
    assert coverage(randomised_pit(*summed(point, count, bins=True))) < 0.6
    assert covered == pytest.approx(0.9, abs=0.04)
    population = summed(ensemble, count, bins=True, units=True)
    assert population[1].shape == (300,)
    each_bin = summed(ensemble, count, units=True)
    np.testing.assert_array_equal(each_bin[1], count.sum(2))
    assert coverage(randomised_pit(*population)) == pytest.approx(0.9, abs=0.08)


def test_missing_counts_cannot_be_summed():
    with pytest.raises(ValueError, match="no missing counts"):
        summed(np.ones((1, 2, 3, 4)), np.full((2, 3, 4), np.nan))
    with pytest.raises(ValueError, match="at least two"):
        sample_crps(np.ones((1, 2)), np.ones(2))
