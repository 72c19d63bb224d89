"""Recordings as questions: no leaks, every baseline, networks beside own history, bands, unseen units."""

import numpy as np
import pytest

from brainwright.datasets.activity import Activity
from brainwright.datasets.errors import DatasetError
from brainwright.emulator.forecast import (
    LINEAR,
    NETWORKS,
    UNSEEN_MODELS,
    Pool,
    Size,
    beside_baselines,
    by_time,
    by_trial,
    co_smoothing,
    fit_network,
    linear_scores,
    network_scores,
    score,
    searched,
    with_dynamics,
)

NAMES = ("AVAL", "AVAR", "AVBL", "AVBR", "AVEL", "AVER", "RIML", "RIMR")
TINY = Size(updates=2, network_updates=2, size=1, n_latent=2, dynamics_updates=2)


def ramp(n_bins=200, n_units=3, counts=False):
    values = np.arange(n_bins * n_units, dtype=np.float32).reshape(1, n_bins, n_units)
    return Activity(values, 0.1, tuple("abcdefghij"[:n_units]), counts=counts)


def worm(animal, seed):
    """Slow signals, each named neuron driven by another; one more that no other animal has."""
    rng = np.random.default_rng(seed)
    x = np.zeros((260, len(NAMES) + 1))
    for t in range(1, len(x)):
        x[t] = 0.8 * x[t - 1] + 0.15 * np.roll(x[t - 1], 1) + rng.normal(size=x.shape[1])
    return Activity(x[None].astype(np.float32), 0.6, (*NAMES, f"{animal}/8"), counts=False)


def spikes(seed=0):
    values = np.random.default_rng(seed).poisson(0.5, (1, 260, 4)).astype(np.float32)
    return Activity(values, 0.1, tuple("abcd"), counts=True)


def test_blocks_of_time_do_not_meet():
    question = by_time("r", ramp(counts=True), n_seen=12, n_ahead=4, stride=1)
    first = [part[..., 0] // 3 for part in (question.train, question.validation, question.test)]
    for before, after in ((first[0], first[1]), (first[1], first[2])):
        assert after.min() - before.max() > question.n_ahead
    assert question.n_ahead == 4
    assert np.isnan(question.seen(question.test)[:, 12:]).all()
    assert not np.isnan(question.seen(question.test)[:, :12]).any()


def test_trials_are_not_shared():
    values = np.random.default_rng(0).poisson(1.0, (20, 10, 4)).astype(np.float32)
    values[:, 0, 0] = np.arange(20)  # the trial's number
    question = by_trial("r", Activity(values, 0.1, tuple("abcd"), counts=True), n_seen=6)
    numbers = [set(part[:, 0, 0]) for part in (question.train, question.validation, question.test)]
    assert [len(part) for part in numbers] == [13, 3, 4]
    assert not numbers[0] & numbers[1]
    assert max(numbers[0] | numbers[1]) < min(numbers[2])


def test_a_continuous_window_is_seen_about_its_own_mean():
    question = by_time("r", worm("w", 0), n_seen=12, n_ahead=4, stride=4)
    np.testing.assert_allclose(question.test[:, :12].mean(1), 0, atol=1e-5)


@pytest.mark.parametrize(
    ("cut", "words"),
    [
        (
            lambda: by_time("r", ramp(40), n_seen=12, n_ahead=4, stride=1),
            "validation block of 2 bins is shorter",
        ),
        (lambda: by_trial("r", ramp(), n_seen=12), "10 trials or more"),
    ],
)
def test_what_is_too_short_is_refused(cut, words):
    with pytest.raises(DatasetError, match=words):
        cut()


def test_units_of_one_name_are_one_unit():
    questions = [by_time(a, worm(a, i), n_seen=12, n_ahead=4, stride=8) for i, a in enumerate(("p", "q"))]
    pool = Pool.of(questions)
    assert len(pool.unit_names) == len(NAMES) + 2
    wide = pool.spread(questions[1], questions[1].test)
    np.testing.assert_array_equal(wide[:, :, pool.columns["q"]], questions[1].test)
    assert np.isnan(wide[:, :, pool.unit_names.index("p/8")]).all()


def test_a_forecaster_sees_what_there_is_to_see():
    """The signals are autoregressive and coupled in a ring: history beats the mean, partners beat history."""
    x = np.zeros((4_000, 5))
    rng = np.random.default_rng(0)
    for t in range(1, len(x)):
        x[t] = 0.3 * x[t - 1] + 0.6 * np.roll(x[t - 1], 1) + rng.normal(size=5)
    whole = Activity(x[None].astype(np.float32), 1.0, tuple("abcde"), counts=False)
    question = by_time("r", whole, n_seen=16, n_ahead=1, stride=3)
    scores = beside_baselines([question], ("mean", "own_history", "lagged"))
    mean, history, lagged = (scores[model]["r"] for model in ("mean", "own_history", "lagged"))
    assert abs(mean) < 0.05
    assert mean + 0.05 < history < lagged - 0.05


@pytest.mark.parametrize("whole", [worm("w", 0), spikes()], ids=["continuous", "counts"])
def test_forecasts_do_not_look_ahead(whole):
    question = by_time("r", whole, n_seen=12, n_ahead=4, stride=6)
    for kind in LINEAR:
        forecast = LINEAR[kind](question)[0](question.seen(question.test))
        assert np.isfinite(forecast).all(), kind  # from windows that are NaN wherever it may not look
        assert forecast.shape == question.coming(question.test).shape


def test_scores_of_a_baseline_are_means_over_recordings_and_horizons():
    questions = [by_time(a, worm(a, i), n_seen=12, n_ahead=2, stride=6) for i, a in enumerate(("p", "q"))]
    scores = linear_scores(questions, "persistence")
    assert scores["skill"] == pytest.approx((scores["skill@p"] + scores["skill@q"]) / 2)
    forecasts = [searched(q, "persistence")(q.seen(q.test)) for q in questions]
    second = [
        score(forecast[:, 1:], q.coming(q.test)[:, 1:], counts=False)
        for q, forecast in zip(questions, forecasts, strict=True)
    ]
    assert scores["skill_at_2"] == pytest.approx(np.mean(second))


@pytest.mark.parametrize("whole", [worm("w", 0), spikes()], ids=["continuous", "counts"])
def test_a_network_is_scored_alone_and_beside_own_history(whole):
    question = by_time("r", whole, n_seen=12, n_ahead=2, stride=16)
    for kind in NETWORKS:
        fitted = fit_network(Pool.of([question]), kind, TINY, 0)
        scores = network_scores(fitted)
        better = max("plain", "history", key=lambda part, s=scores: s[f"validation_{part}"])
        assert scores["skill@r"] == scores[f"{better}@r"]
        alone = score(
            fitted.alone(question, question.test), question.coming(question.test), counts=question.counts
        )
        assert scores["plain@r"] == alone
    drawn = with_dynamics(fitted, TINY, 0)
    band = drawn.band(question, question.test[:2])
    assert (band.low <= band.high).all()
    assert band.point.shape == (2, 2, question.n_units)
    assert band.inside.dtype == bool
    assert drawn.latents(question, question.test[:2]).shape == (2, 14, 2)


def test_a_baseline_has_no_bands():
    question = by_time("r", spikes(), n_seen=12, n_ahead=2, stride=16)
    with pytest.raises(ValueError, match="expected a fitted emulator"):
        with_dynamics(fit_network(Pool.of([question]), "bi_gru", TINY, 0), TINY, 0)


def test_wrong_questions_are_refused():
    short, long = (by_time("r", spikes(), n_seen=n, n_ahead=2, stride=9) for n in (12, 13))
    with pytest.raises(ValueError, match="got lstm"):
        beside_baselines([short], ["lstm"])
    with pytest.raises(ValueError, match="windows of one length"):
        beside_baselines([short, long])


def test_unseen_units_follow_from_those_that_drive_them():
    """Units share one drive; without it the mean is all there is."""
    rng = np.random.default_rng(0)
    drive = rng.normal(size=(1_200, 1))
    counts = rng.poisson(np.exp(0.8 * drive + np.zeros(8)))[:, None].astype(np.float32)
    whole = Activity(counts, 0.045, tuple("abcdefgh"), counts=True)
    scores = {model: co_smoothing(whole, model, updates=2) for model in UNSEEN_MODELS}
    assert scores["mean"] < 0.01
    assert min(scores["lagged"], scores["pca"]) > 0.15
    assert all(np.isfinite(value) for value in scores.values())
