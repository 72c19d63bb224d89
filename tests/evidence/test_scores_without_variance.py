"""Scores where a unit, a column, a fold or everything stands still: left out and said, or refused."""

import warnings

import numpy as np
import pytest
import torch
from sklearn.linear_model import Ridge
from sklearn.metrics import r2_score

from brainwright.emulator.dish.skill import gain_over_training_mean as dish_bits
from brainwright.evidence import scores
from brainwright.evidence.scores import LeftOut, NothingVaries


@pytest.fixture
def rng():
    return np.random.default_rng(0)


@pytest.mark.parametrize("level", [0.0, 0.1, 7.3])
def test_a_still_unit_is_left_out_of_the_psth(rng, level):
    rates, psth = rng.random((6, 10, 3)), rng.random((2, 10, 3))
    rates[:, :, 2] = psth[:, :, 2] = level
    groups = [np.array([0, 1, 2]), np.array([3, 4, 5])]
    predicted, true = np.concatenate([rates[g].mean(0) for g in groups]), np.concatenate(list(psth))
    with pytest.warns(LeftOut, match="1 of 3 units"):
        found = scores.psth_r2(rates, groups, psth)
    assert found == pytest.approx(np.mean([r2_score(true[:, i], predicted[:, i]) for i in (0, 1)]))
    rates[:, 0, 2] += 1  # a wrong prediction of a still unit is -inf by the formula, and no score either
    with pytest.warns(LeftOut):
        assert scores.psth_r2(rates, groups, psth) == pytest.approx(found)
    with pytest.raises(NothingVaries, match="psth_r2"):
        scores.psth_r2(rates, groups, np.full(psth.shape, level))


def test_a_still_axis_is_left_out_of_decoding(rng):
    x = rng.random((200, 5))
    moving = x @ rng.normal(size=5) + 0.3 * rng.normal(size=200)
    behaviour = np.stack([moving, np.full(200, 0.1)], 1)
    with pytest.warns(LeftOut, match="1 of 2 columns"):
        both = scores.decoding_r2(x[:150], behaviour[:150], x[150:], behaviour[150:])
    alone = scores.decoding_r2(x[:150], behaviour[:150, :1], x[150:], behaviour[150:, :1])
    assert both == pytest.approx(alone, rel=1e-12)
    reference = max(
        r2_score(moving[150:], Ridge(a).fit(x[:150], moving[:150]).predict(x[150:]))
        for a in np.logspace(-4, 0, 9)
    )
    assert both == pytest.approx(reference, abs=0.01)
    with pytest.raises(NothingVaries, match="decoding_r2"):
        scores.decoding_r2(x[:150], behaviour[:150, 1:], x[150:], behaviour[150:, 1:])
    with pytest.raises(ValueError, match="at least 5 training rows"):
        scores.decoding_r2(x[:4], behaviour[:4], x[150:], behaviour[150:])


def test_a_still_fold_does_not_choose_the_penalty(rng):
    x = rng.random((100, 3))
    y = (x @ [1.0, 2.0, 3.0])[:, None] + 0.1 * rng.normal(size=(100, 1))
    y[:20] = 0.5  # the first of five folds
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found = scores.decoding_r2(x[:80], y[:80], x[80:], y[80:])
    assert 0 < found <= 1


def test_columns_and_log_rates(rng):
    truth, predicted = rng.random((50, 3)), rng.random((50, 3))
    truth[:, 1] = 0.1
    expected = [r2_score(truth[:, i], predicted[:, i]) for i in (0, 2)]
    with pytest.warns(LeftOut):
        assert scores.r2(predicted, truth) == pytest.approx(expected)
    silent = truth.copy()
    silent[:, 1] = rng.random(50) * 1e-6  # below the floor of log rates
    with pytest.warns(LeftOut, match="log_rate_r2: 1 of 3"):
        assert np.isfinite(scores.log_rate_r2(predicted, silent)).all()
    for score in (scores.r2, scores.log_rate_r2):
        with pytest.raises(NothingVaries):
            score(predicted, np.ones((50, 3)))
    with pytest.raises(NothingVaries):
        scores.r2(predicted, np.full((50, 3), np.nan))


def test_timing_leaves_out_still_conditions(rng):
    rates = rng.random((6, 8, 4)) * np.arange(1, 7)[:, None, None]
    period, condition = np.tile([0, 8], (6, 1)), np.repeat([[0], [1]], 3, axis=0)
    interval = np.array([1.0, 2, 4, 3, 3, 3])
    speed = np.linalg.norm(np.diff(rates, axis=1), axis=2).mean(1)
    with pytest.warns(LeftOut, match="1 of 2 conditions"):
        found = scores.timing_correlation(rates, period, interval, condition)
    assert found == pytest.approx(np.corrcoef(speed[:3], interval[:3])[0, 1])
    with pytest.raises(NothingVaries):
        scores.timing_correlation(rates, period, np.ones(6), condition)
    with pytest.raises(ValueError, match="two bins"):
        scores.timing_correlation(rates, np.tile([3, 4], (6, 1)), interval, condition)


def test_weights_that_are_all_the_same_have_no_correlation(rng):
    truth = rng.normal(size=(5, 5))
    with pytest.raises(NothingVaries, match="true_edges"):
        scores.weight_recovery(np.zeros((5, 5)), truth)
    assert scores.weight_recovery(2 * truth, truth)["true_edges"] == pytest.approx(1)


def test_deviance_and_crps_of_what_is_certain(rng):
    count = np.zeros((4, 5, 2))
    with pytest.raises(NothingVaries, match="poisson_d2"):
        scores.poisson_d2(np.ones(count.shape), count)
    with pytest.raises(NothingVaries):
        scores.poisson_d2(np.ones(count.shape), count + 3)
    count[..., 0] = rng.poisson(2, (4, 5))
    assert np.isfinite(
        scores.poisson_d2(np.ones(count.shape), count)
    )  # one silent unit beside one that fires
    assert np.isfinite(scores.bits_per_spike(np.zeros(count.shape), count))
    silent = np.zeros((3, 2))
    with pytest.raises(NothingVaries, match="crps_skill"):
        scores.crps_skill(np.ones((2, 3, 2)), silent, silent)
    with pytest.raises(ValueError, match="not missing"):
        scores.crps_skill(np.ones((2, 3, 2)), np.full((3, 2), np.nan), np.ones((3, 2)))
    for score in (scores.coverage, scores.kolmogorov_distance):
        with pytest.raises(ValueError, match="at least one transform"):
            score(np.zeros(0))


def test_statistics_of_silent_trains_leave_out_what_has_no_correlation(rng):
    counts = np.zeros((3, 40, 3), int)
    counts[..., 0] = rng.integers(0, 2, (3, 40))
    with pytest.warns(LeftOut, match="mean_interval_r"):
        found = scores.generative_statistics(counts, counts)
    assert "mean_interval_r" not in found
    assert found["population_kl"] == pytest.approx(0, abs=1e-5)
    assert np.isfinite(list(found.values())).all()
    with pytest.raises(NothingVaries, match="autocorrelation"):
        scores.autocorrelation(np.full((2, 10, 3), 0.1), 3)
    with pytest.raises(ValueError, match="at most 10 lags"):
        scores.autocorrelation(rng.random((2, 10, 3)), 11)


def test_dishes_that_are_silent_have_a_finite_gain():
    rate, null = torch.tensor([[[0.0, 0.5]], [[0.0, 0.5]]]), torch.full((2, 1, 2), 0.5)
    count = torch.tensor([[[1.0, 0.0]], [[0.0, 0.0]]])
    assert torch.isfinite(dish_bits(rate, count, null)).all()
    assert dish_bits(null, count, null).tolist() == [0, 0]
