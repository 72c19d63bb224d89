"""The real graph against nulls: calibration without an effect, detection with one, and the words."""

import numpy as np
import pytest
from scipy import stats

from brainwright.evidence import Rank, against_nulls, draws_needed, middle, two_by_two, two_level_bootstrap


def graphs(rng, n_draws, n_seeds=4, between=1.0, within=0.5):
    """Each graph has a mean of its own, each seed a shift shared by all graphs, each run its noise."""
    shared = rng.normal(0, within, n_seeds)
    return shared + rng.normal(0, between, (n_draws, 1)) + rng.normal(0, within, (n_draws, n_seeds))


def test_without_an_effect_p_is_uniform():
    rng = np.random.default_rng(0)
    found = []
    for _ in range(300):
        every = graphs(rng, 40)
        one = against_nulls(every[0], {"null": every[1:]}, "accuracy")[0]
        found.append(one.p + rng.uniform(-1, 1) / 40)  # spread the steps of a rank p
    assert stats.kstest(np.clip(found, 0, 1), "uniform").pvalue > 0.01
    assert (np.array(found) <= 0.05).mean() < 0.09


def test_without_an_effect_a_fair_margin_gives_no_difference():
    rng = np.random.default_rng(1)
    every = 97 + graphs(rng, 21, n_seeds=6, between=0.05, within=0.05)
    (one,) = against_nulls(every[0], {"null": every[1:]}, "accuracy", margin=0.5)
    assert one.verdict == "no difference"
    assert abs(one.difference.value) < 0.5


@pytest.mark.parametrize(("shift", "verdict"), [(8.0, "supported"), (-8.0, "against")])
def test_a_planted_effect_is_found(shift, verdict):
    every = graphs(np.random.default_rng(2), draws_needed(2) + 1)
    nulls = {"a": every[1:], "b": every[1:] + 0.1}
    for one in against_nulls(every[0] + shift, nulls, "accuracy"):
        assert one.verdict == verdict
        assert one.percentile in (0.0, 100.0)
        assert one.p == pytest.approx(2 / (len(every)))
        assert one.p_holm <= 0.05
        assert np.sign(one.effect_size) == np.sign(shift)


def test_few_draws_cannot_make_a_claim_and_say_how_many_could():
    every = graphs(np.random.default_rng(3), 11)
    (one,) = against_nulls(every[0] + 9, {"null": every[1:]}, "accuracy")
    assert one.verdict == "cannot tell"
    assert one.why.endswith("draw 39")
    assert one.difference.low > 0


def test_seeds_do_not_stand_in_for_graphs():
    rng = np.random.default_rng(4)
    null = graphs(rng, 40, n_seeds=200, within=0.01)
    real = np.full(200, np.sort(null.mean(1))[30]) + rng.normal(0, 0.01, 200)  # an ordinary graph
    (one,) = against_nulls(real, {"null": null}, "accuracy")
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
    with pytest.raises(ValueError, match="over the same seeds, got shapes"):
        against_nulls(values, {"null": values}, "accuracy")
    with pytest.raises(ValueError, match=r"over the same seeds, got shapes \(3,\) and \(4, 2\)"):
        against_nulls(values[0], {"null": np.zeros((4, 2))}, "accuracy")
    with pytest.raises(ValueError, match="not finite"):
        against_nulls(values[0], {"null": values + np.nan}, "accuracy")
    with pytest.raises(ValueError, match="margin > 0"):
        against_nulls(values[0], {"null": values}, "accuracy", margin=0.0)


def test_a_rank_counts_ties_half_and_allows_for_rounding():
    rank = Rank(0.3, np.array([0.1, 0.1 + 0.2, 0.4, 0.5]))  # 0.1 + 0.2 is 0.30000000000000004
    assert rank.percentile == 100 * (1 + 0.5) / 4
    assert rank.p_two_sided == min(1.0, 2 * (1 + 2) / 5)
    spread = Rank(3.0, np.array([0.0, 2.0]))
    assert spread.effect_size == pytest.approx((3 - 1) / np.sqrt(2))
    assert np.isnan(Rank(3.0, np.ones(4)).effect_size)
    assert Rank(1.0, np.linspace(2, 3, 39)).p_two_sided == pytest.approx(0.05)


def test_two_by_two_finds_main_effects_and_interaction():
    rng = np.random.default_rng(7)
    keys = [(a, b) for a in (True, False) for b in (True, False)]
    cells = {(a, b): 3 * a + 1 * b + 2 * (a and b) + rng.normal(0, 0.01, (20, 6)) for a, b in keys}
    effects = two_by_two(cells)
    for name, wanted in (("first", 3 + 1), ("second", 1 + 1), ("interaction", 2)):
        assert effects[name]["value"] == pytest.approx(wanted, abs=0.02)
        assert effects[name]["ci_low"] < wanted + 0.02
        assert effects[name]["ci_high"] > wanted - 0.02
        assert effects[name]["ci_high"] - effects[name]["ci_low"] < 0.05


def test_one_null_of_a_family_is_as_among_all():
    rng = np.random.default_rng(5)
    real, nulls = rng.normal(1, 1, 3), {name: rng.normal(0, 1, (9, 3)) for name in "abc"}
    every = against_nulls(real, nulls, "accuracy", margin=0.1)
    for row in every:
        assert against_nulls(real, nulls, "accuracy", margin=0.1, only=row.null) == [row]
    assert [row.null for row in every] == list("abc")
    with pytest.raises(ValueError, match="expected only to be one of a, b, c, got 'd'"):
        against_nulls(real, nulls, "accuracy", only="d")


def test_the_middle_of_graphs_and_of_the_seeds_of_one():
    values = np.arange(41.0)[:, None] + np.array([-1.0, 0.0, 1.0])
    assert middle(values) == {"mean": 20.0, "low": 1.0, "high": 39.0}
    assert middle(values.T[:1]) == {"mean": 19.0, "low": 0.0, "high": 38.0}
