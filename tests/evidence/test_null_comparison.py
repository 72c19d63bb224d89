"""The real graph against nulls: calibration without an effect, detection with one, and the words."""

import numpy as np
import pytest
from scipy import stats

from brainwright.evidence import Trials, against_nulls, draws_needed, two_level_bootstrap
from brainwright.evidence.trials import Trial


def made(real, **nulls) -> Trials:
    """Trials from arrays: real [seed], nulls [draw, seed]."""
    arms = {"real": np.asarray(real)[None], **{name: np.asarray(v) for name, v in nulls.items()}}
    return Trials(
        {
            Trial(arm, s, d): {"accuracy": float(v[d, s])}
            for arm, v in arms.items()
            for d in range(v.shape[0])
            for s in range(v.shape[1])
        }
    )


def graphs(rng, n_draws, n_seeds=4, between=1.0, within=0.5):
    """Each graph has a mean of its own, each seed a shift shared by all graphs, each run its noise."""
    shared = rng.normal(0, within, n_seeds)
    return shared + rng.normal(0, between, (n_draws, 1)) + rng.normal(0, within, (n_draws, n_seeds))


def test_without_an_effect_p_is_uniform():
    rng = np.random.default_rng(0)
    found = []
    for _ in range(300):
        every = graphs(rng, 40)
        one = against_nulls(made(every[0], null=every[1:]), "real", ["null"], "accuracy")[0]
        found.append(one.p + rng.uniform(-1, 1) / 40)  # spread the steps of a rank p
    assert stats.kstest(np.clip(found, 0, 1), "uniform").pvalue > 0.01
    assert (np.array(found) <= 0.05).mean() < 0.09


def test_without_an_effect_a_fair_margin_gives_no_difference():
    rng = np.random.default_rng(1)
    every = 97 + graphs(rng, 21, n_seeds=6, between=0.05, within=0.05)
    (one,) = against_nulls(made(every[0], null=every[1:]), "real", ["null"], "accuracy", margin=0.5)
    assert one.verdict == "no difference"
    assert abs(one.difference.value) < 0.5


@pytest.mark.parametrize(("shift", "verdict"), [(8.0, "supported"), (-8.0, "against")])
def test_a_planted_effect_is_found(shift, verdict):
    every = graphs(np.random.default_rng(2), draws_needed(2) + 1)
    trials = made(every[0] + shift, a=every[1:], b=every[1:] + 0.1)
    for one in against_nulls(trials, "real", ["a", "b"], "accuracy"):
        assert one.verdict == verdict
        assert one.percentile in (0.0, 100.0)
        assert one.p == pytest.approx(2 / (len(every)))
        assert one.p_holm <= 0.05
        assert np.sign(one.effect_size) == np.sign(shift)


def test_few_draws_cannot_make_a_claim_and_say_how_many_could():
    every = graphs(np.random.default_rng(3), 11)
    (one,) = against_nulls(made(every[0] + 9, null=every[1:]), "real", ["null"], "accuracy")
    assert one.verdict == "cannot tell"
    assert one.why.endswith("draw 39")
    assert one.difference.low > 0


def test_seeds_do_not_stand_in_for_graphs():
    rng = np.random.default_rng(4)
    null = graphs(rng, 40, n_seeds=200, within=0.01)
    real = np.full(200, np.sort(null.mean(1))[30]) + rng.normal(0, 0.01, 200)  # an ordinary graph
    (one,) = against_nulls(made(real, null=null), "real", ["null"], "accuracy")
    assert one.verdict == "cannot tell"


def test_the_interval_covers_the_truth():
    rng, hits = np.random.default_rng(5), 0
    for _ in range(200):
        every = graphs(rng, 20, n_seeds=8, between=1.0, within=0.5)
        own = rng.normal(0, 0.5, 8)  # the seeds' shift and noise of the real graph
        (interval,) = two_level_bootstrap(own, every, (0.95,))
        hits += interval.low <= 0 <= interval.high
    assert 0.85 <= hits / 200 <= 0.99


def test_resampling_agrees_with_the_plain_loop():
    rng = np.random.default_rng(6)
    real, null = rng.normal(size=5), rng.normal(size=(7, 5))
    (fast,) = two_level_bootstrap(real, null, (0.95,))
    slow = []
    for _ in range(20_000):
        draws, seeds = rng.integers(0, 7, 7), rng.integers(0, 5, 5)
        slow.append((real[seeds] - null[draws][:, seeds].mean(0)).mean())
    assert [fast.low, fast.high] == pytest.approx(np.quantile(slow, [0.025, 0.975]).tolist(), abs=0.12)
    assert fast.value == pytest.approx(real.mean() - null.mean())


def test_refusals():
    values = np.zeros((4, 3))
    with pytest.raises(ValueError, match="one draw of the real graph, got 4"):
        against_nulls(made(values[0], null=values), "null", ["real"], "accuracy")
    with pytest.raises(ValueError, match="arms share seeds"):
        against_nulls(made(values[0], null=np.zeros((4, 2))), "real", ["null"], "accuracy")
    with pytest.raises(ValueError, match="not finite"):
        against_nulls(made(values[0], null=values + np.nan), "real", ["null"], "accuracy")
    with pytest.raises(ValueError, match="margin > 0"):
        against_nulls(made(values[0], null=values), "real", ["null"], "accuracy", margin=0.0)
