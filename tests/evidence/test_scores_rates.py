"""Scores of rates, decoding, generated statistics and the off-line benchmark score."""

import numpy as np
import pytest

from brainwright.evidence.scores import (
    autocorrelation,
    bits_per_spike,
    decoding_r2,
    generative_statistics,
    log_rate_r2,
    psth_r2,
    score_submission,
    timing_correlation,
    weight_recovery,
)
from brainwright.evidence.scores.rates import RIDGES, _ridge
from brainwright.evidence.scores.statistics import interval_statistics, pairwise_correlations


def test_log_rate_r2_is_one_minus_residual_over_total_variance():
    rng = np.random.default_rng(0)
    truth, found = rng.gamma(1, 1, (6, 7, 3)), rng.gamma(1, 1, (6, 7, 3))
    error, total = np.log(found) - np.log(truth), np.log(truth)
    wanted = 1 - np.mean(error**2, (0, 1)) / np.var(total, (0, 1))
    np.testing.assert_allclose(log_rate_r2(found, truth), wanted)
    np.testing.assert_allclose(log_rate_r2(truth, truth), 1)
    assert np.isfinite(log_rate_r2(np.zeros_like(truth), truth)).all()


def test_ridge_is_least_squares_with_added_rows():
    rng = np.random.default_rng(1)
    x, y, at = rng.normal(size=(50, 6)), rng.normal(size=(50, 2)), rng.normal(size=(9, 6))
    for penalty, found in zip(RIDGES, _ridge(x, y, at, RIDGES), strict=True):
        rows = np.vstack([np.c_[x, np.ones(50)], np.c_[np.sqrt(penalty) * np.eye(6), np.zeros(6)]])
        solution = np.linalg.lstsq(rows, np.vstack([y, np.zeros((6, 2))]), rcond=None)[0]
        np.testing.assert_allclose(found, np.c_[at, np.ones(9)] @ solution, atol=1e-9)


def test_decoding_finds_a_linear_code_and_nothing_in_noise():
    rng = np.random.default_rng(2)
    rates, code = rng.gamma(2, 1, (600, 8)), rng.normal(size=(8, 2))
    behaviour = rates @ code
    behaviour[5] = np.nan
    split = (rates[:400], behaviour[:400], rates[400:], behaviour[400:])
    assert decoding_r2(*split) > 0.999
    noise = rng.normal(size=behaviour.shape)
    assert decoding_r2(rates[:400], noise[:400], rates[400:], noise[400:]) < 0.05


def test_psth_undoes_jitter():
    rng = np.random.default_rng(3)
    psth = rng.gamma(2, 1, (2, 12, 3))
    conditions = [np.arange(0, 5), np.arange(5, 10)]
    true = np.concatenate([np.repeat(psth[:1], 5, 0), np.repeat(psth[1:], 5, 0)])
    assert psth_r2(true, conditions, psth) == pytest.approx(1)
    shift = rng.integers(-2, 3, 10)
    moved = np.stack([np.roll(rate, -s, axis=0) for rate, s in zip(true, shift, strict=True)])
    inner = psth.copy()
    inner[:, :2] = inner[:, -2:] = np.nan
    assert psth_r2(moved, conditions, inner, shift) == pytest.approx(1)
    assert psth_r2(moved, conditions, inner) < 0.9


def test_timing_correlation_within_conditions():
    """Speed is set to 1 / interval, so the correlation is that of x with 1 / x, whatever the condition."""
    rng = np.random.default_rng(4)
    interval = rng.uniform(5, 9, 40)
    rates = np.arange(10)[None, :, None] / interval[:, None, None] * np.ones(3)
    condition = np.repeat([[0, 1, 0], [1, 0, 0]], 20, axis=0)
    period = np.tile([2, 8], (40, 1))
    halves = (slice(0, 20), slice(20, 40))
    wanted = np.mean([np.corrcoef(1 / interval[h], interval[h])[0, 1] for h in halves])
    assert timing_correlation(rates, period, interval, condition) == pytest.approx(wanted)


def test_absent_edges_flatter():
    rng = np.random.default_rng(5)
    mask = rng.random((40, 40)) < 0.15
    truth = mask * rng.gamma(3, 1 / 3, mask.shape)
    fitted = mask * rng.gamma(3, 1 / 3, mask.shape)
    found = weight_recovery(fitted, truth)
    assert abs(found["true_edges"]) < 0.25
    assert found["off_diagonal"] > 0.6


def test_generated_statistics_are_perfect_for_the_same_data():
    counts = np.random.default_rng(6).poisson(np.linspace(0.1, 0.6, 5), (20, 50, 5))
    found = generative_statistics(counts, counts)
    for name in ("mean_interval_r", "sd_interval_r", "correlation_r", "population_r"):
        assert found[name] == pytest.approx(1)
    assert found["correlation_rmse"] == 0
    assert found["population_kl"] == pytest.approx(0, abs=1e-4)


def test_intervals_of_a_known_train():
    counts = np.zeros((1, 10, 2))
    counts[0, [1, 3, 6], 0] = 1
    counts[0, 4, 1] = 2
    counts[0, 8, 1] = 1
    mean, sd = interval_statistics(counts)
    np.testing.assert_allclose(mean, [2.5, 2.0])
    np.testing.assert_allclose(sd, [0.5, 2.0])


def test_correlations_agree_with_numpy():
    counts = np.random.default_rng(7).poisson(1.0, (5, 30, 4))
    wanted = np.corrcoef(counts.reshape(-1, 4).T)[np.triu_indices(4, 1)]
    np.testing.assert_allclose(pairwise_correlations(counts), wanted)


def test_autocorrelation_of_a_known_process():
    rng = np.random.default_rng(8)
    x = np.zeros((200, 100, 2))
    for t in range(1, 100):
        x[:, t] = 0.8 * x[:, t - 1] + 0.6 * rng.normal(size=(200, 2))
    np.testing.assert_allclose(autocorrelation(x[:, 20:], 4), 0.8 ** np.arange(4), atol=0.02)


def arrays_of_a_benchmark(rng):
    rate = rng.gamma(2, 0.3, (30, 12, 6))
    forward = rng.gamma(2, 0.3, (10, 4, 6))
    target = {
        "eval_spikes_heldout": rng.poisson(rate[20:, :, 4:]).astype(float),
        "eval_spikes_heldin_forward": rng.poisson(forward[..., :4]).astype(float),
        "eval_spikes_heldout_forward": rng.poisson(forward[..., 4:]).astype(float),
        "train_behavior": rate[:20] @ np.eye(6)[:, :2],
        "eval_behavior": rate[20:] @ np.eye(6)[:, :2],
    }
    submission = {
        "train_rates_heldin": rate[:20, :, :4],
        "train_rates_heldout": rate[:20, :, 4:],
        "eval_rates_heldin": rate[20:, :, :4],
        "eval_rates_heldout": rate[20:, :, 4:],
        "eval_rates_heldin_forward": forward[..., :4],
        "eval_rates_heldout_forward": forward[..., 4:],
    }
    return submission, target


def test_a_submission_is_scored_as_its_parts():
    submission, target = arrays_of_a_benchmark(np.random.default_rng(9))
    found = score_submission(submission, target, "mc_maze_20")
    wanted = bits_per_spike(submission["eval_rates_heldout"], target["eval_spikes_heldout"])
    assert found.co_bps == wanted
    assert found.fp_bps is not None
    assert found.velocity_r2 == pytest.approx(1, abs=1e-6)
    assert found.psth_r2 is None
    assert found.timing_r is None


def test_each_decode_mask_has_its_decoder():
    """The sign of the code differs between the masks: one decoder for all could not follow."""
    submission, target = arrays_of_a_benchmark(np.random.default_rng(10))
    for side, n in (("train", 20), ("eval", 10)):
        mask = np.arange(n) % 2 == 0
        target[f"{side}_decode_mask"] = np.stack([mask, ~mask], axis=1)
        target[f"{side}_behavior"] = target[f"{side}_behavior"] * np.where(mask, 1, -1)[:, None, None]
    assert score_submission(submission, target, "area2_bump_20").velocity_r2 == pytest.approx(1, abs=1e-6)


def test_an_incomplete_submission_is_named():
    submission, target = arrays_of_a_benchmark(np.random.default_rng(11))
    with pytest.raises(ValueError, match="eval_rates_heldin_forward"):
        score_submission(
            {k: v for k, v in submission.items() if k != "eval_rates_heldin_forward"}, target, "mc_rtt"
        )
    submission["eval_rates_heldout"] = submission["eval_rates_heldout"][:, :5]
    with pytest.raises(ValueError, match="shape"):
        score_submission(submission, target, "mc_rtt")
