"""Effect sizes against closed forms and scipy; intervals against simulation."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from brainwright.evidence import Arm, bootstrap, compare, difference, holm, paired_dz, pooled_d, tost


def pair(seed: int = 0, n: int = 16, shift: float = 1.0) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    base = rng.normal(size=n)
    return base + shift + 0.5 * rng.normal(size=n), base


def test_effects_by_hand():
    a, b = np.array([2.0, 4.0, 6.0]), np.array([1.0, 1.0, 4.0])
    assert difference(a, b) == 2.0
    assert pooled_d(a, b) == pytest.approx(2 / np.sqrt((4 + 3) / 2))
    assert paired_dz(a, b) == pytest.approx(2 / 1.0)  # differences 1, 3, 2


def test_effects_agree_with_t_tests():
    a, b = pair()
    n = len(a)
    assert paired_dz(a, b) * np.sqrt(n) == pytest.approx(stats.ttest_rel(a, b).statistic)
    assert pooled_d(a, b) * np.sqrt(n / 2) == pytest.approx(stats.ttest_ind(a, b).statistic)


@given(st.integers(0, 1000), st.floats(0.1, 10), st.floats(-5, 5))
def test_standardised_effects_ignore_unit_and_origin_and_turn_with_the_arms(seed, scale, shift):
    a, b = pair(seed)
    for effect in (pooled_d, paired_dz):
        assert effect(a * scale + shift, b * scale + shift) == pytest.approx(float(effect(a, b)))
        assert effect(b, a) == pytest.approx(-float(effect(a, b)))


@pytest.mark.parametrize("effect", [pooled_d, paired_dz])
def test_without_spread_effects_are_zero_or_infinite(effect):
    flat = np.full(5, 0.1 + 0.2)
    assert effect(flat, flat) == 0
    assert effect(flat + 1, flat) == np.inf
    assert effect(flat - 1, flat) == -np.inf
    same = bootstrap(effect, flat, flat)
    assert (same.value, same.low, same.high, same.method) == (0, 0, 0, "percentile")
    apart = bootstrap(effect, flat + 1, flat)
    assert (apart.value, apart.low, apart.high) == (np.inf, np.inf, np.inf)


def test_identical_paired_arms_with_spread_have_a_zero_effect():
    a, _ = pair()
    assert bootstrap(paired_dz, a, a).high == 0
    assert bootstrap(difference, a, a).low == 0


def test_the_interval_is_scipys_and_repeats_with_its_seed():
    a, b = pair()
    ours = bootstrap(difference, a, b, seed=4, n_resamples=2000)
    theirs = stats.bootstrap((a - b,), np.mean, n_resamples=20_000, rng=np.random.default_rng(1))
    assert ours.method == "BCa"
    assert ours.low == pytest.approx(theirs.confidence_interval.low, abs=0.03)
    assert ours.high == pytest.approx(theirs.confidence_interval.high, abs=0.03)
    assert ours == bootstrap(difference, a, b, seed=4, n_resamples=2000)
    assert ours != bootstrap(difference, a, b, seed=5, n_resamples=2000)


def test_pairing_is_kept_in_the_resampling():
    rng = np.random.default_rng(0)
    base = rng.normal(scale=10, size=16)
    close = bootstrap(difference, base + 1 + 0.1 * rng.normal(size=16), base)
    assert close.high - close.low < 0.2  # unpaired it would be about 14


@pytest.mark.parametrize(
    ("effect", "truth"), [(difference, 1.0), (paired_dz, 2.0), (pooled_d, 1 / np.sqrt((1.25 + 1) / 2))]
)
def test_the_interval_covers_the_truth_about_as_often_as_it_says(effect, truth):
    hits = 0
    for seed in range(200):
        found = bootstrap(effect, *pair(seed, n=24), n_resamples=500, seed=seed)
        hits += found.low <= truth <= found.high
    assert 0.88 <= hits / 200 <= 0.995


@pytest.mark.parametrize(
    ("a", "b", "message"),
    [
        ([1.0], [1.0], "two units"),
        ([1.0, 2.0], [1.0], "paired by unit"),
        ([1.0, np.nan], [1.0, 2.0], "finite"),
    ],
)
def test_unusable_values_are_refused(a, b, message):
    for test in (lambda: bootstrap(difference, a, b), lambda: tost(a, b, 1.0)):
        with pytest.raises(ValueError, match=message):
            test()


def test_tost_agrees_with_two_one_sided_t_tests():
    a, b = pair(shift=0.1)
    found = tost(a, b, margin=0.5)
    above = stats.ttest_1samp(a - b, -0.5, alternative="greater").pvalue
    below = stats.ttest_1samp(a - b, 0.5, alternative="less").pvalue
    assert found.p == pytest.approx(max(above, below))
    interval = stats.ttest_1samp(a - b, 0).confidence_interval(0.90)
    assert (found.ci_low, found.ci_high) == pytest.approx((interval.low, interval.high))
    assert found.mean_difference == pytest.approx((a - b).mean())


@given(st.integers(0, 500), st.floats(-1, 1), st.floats(0.05, 1.0))
def test_equivalence_is_a_p_below_alpha(seed, shift, margin):
    found = tost(*pair(seed, shift=shift), margin=margin)
    assert found.equivalent == (found.p < 0.05)


@pytest.mark.parametrize("n", [2, 3, 4, 5, 6, 12])
def test_equivalence_without_spread_is_a_sign_test(n):
    """Were the median difference beyond the margin, each unit would lie within it with a probability of a
    half at most; so n that all do have p = 2^-n, and two or four identical units show nothing.
    """
    flat = np.full(n, 0.1 + 0.2)  # no binary fraction: its differences may round
    found = tost(flat, flat, 0.1)
    assert found.p == stats.binomtest(n, n, 0.5, alternative="greater").pvalue
    assert found.equivalent == (n >= 5)
    assert tost(flat + 0.01, flat, 0.1).equivalent == (n >= 5)
    assert not tost(flat + 1, flat, 0.1).equivalent
    assert tost(flat + 1, flat, 0.1).p == 1


def test_a_margin_is_above_0():
    with pytest.raises(ValueError, match="margin > 0"):
        tost(np.zeros(4), np.zeros(4), 0.0)


def test_two_identical_zeros_tell_nothing():
    two, six = (compare(Arm("a", np.zeros(n)), Arm("b", np.zeros(n)), "x", margin=0.05) for n in (2, 6))
    assert (two.verdict, six.verdict) == ("cannot tell", "no difference")


@pytest.mark.parametrize("n", [2, 4, 5, 8])
def test_fewer_than_five_units_are_never_no_difference(n):
    """The least number of which all lie within the margin by chance in 5 % at most is five."""
    enough = stats.binomtest(n, n, 0.5, alternative="greater").pvalue <= 0.05
    close = np.linspace(0, 1e-6, n)
    verdict = compare(Arm("a", close), Arm("b", np.zeros(n)), "x", kind="difference", margin=0.05).verdict
    assert (verdict == "cannot tell") == (not enough)


def test_equivalence_is_rarely_claimed_at_the_margin():
    claims = sum(tost(*pair(seed, shift=0.5), margin=0.5).equivalent for seed in range(400))
    assert 0.02 <= claims / 400 <= 0.08  # alpha = 0.05


def test_holm_by_hand():
    assert holm([0.01, 0.04, 0.03]).tolist() == pytest.approx([0.03, 0.06, 0.06])
    assert holm([0.9, 0.8]).tolist() == [1.0, 1.0]
    assert holm([]).shape == (0,)
    with pytest.raises(ValueError, match="between 0 and 1"):
        holm([1.2])
