"""Laws of forgetting are found again, intervals cover, spacing and savings."""

import numpy as np
import pytest

from brainwright.memory import RecallError
from brainwright.memory.forgetting import LAWS, Curve, Traces, fitted, forgetting, savings

TRUE = {"exponential": [10.0], "power": [0.5], "power-exponential": [2.0, 0.4, 0.03]}
LAGS = np.linspace(0.2, 40, 200)


def drawn(law, trials, seed):
    chance = LAWS[law].retained(LAGS, np.array(TRUE[law]))
    return Curve.of(LAGS, np.random.default_rng(seed).binomial(trials, chance) / trials, trials)


@pytest.mark.parametrize("law", LAWS)
def test_parameters_are_found_again_within_a_tenth(law):
    """Of 100,000 items a lag: with 30 the three parameters of the last law are known to a fifth."""
    found = fitted(drawn(law, 100_000, 1), law).parameters
    for (value, low, high), true in zip(found.values(), TRUE[law], strict=True):
        assert abs(value / true - 1) < 0.1
        assert low < value < high


@pytest.mark.parametrize("law", LAWS)
def test_the_right_law_is_chosen(law):
    """Of 200 lags with 30 items each; all of 100 draws are in the log."""
    chosen = [forgetting(drawn(law, 30, seed))[0].law for seed in range(5)]
    assert sum(name == law for name in chosen) >= 4


def test_intervals_cover_what_is_true():
    inside = []
    for seed in range(60):
        _, low, high = fitted(drawn("exponential", 5, seed), "exponential").parameters["tau"]
        inside.append(low <= 10 <= high)
    # of 60 intervals of 95 %, fewer than 52 cover once in a thousand
    assert sum(inside) >= 52


def test_shares_of_unknown_error_and_a_level():
    rng = np.random.default_rng(3)
    shares = 0.8 * np.exp(-LAGS / 6) + 0.01 * rng.normal(size=200)
    best = forgetting(Curve.of(LAGS, shares.clip(0, 1)), level=True, laws=("exponential", "power"))[0]
    assert best.law == "exponential"
    assert best.parameters["tau"][0] == pytest.approx(6, rel=0.05)
    assert best.parameters["level"][0] == pytest.approx(0.8, rel=0.05)
    np.testing.assert_allclose(best.retained(LAGS), 0.8 * np.exp(-LAGS / 6), atol=0.02)


def test_spaced_practice_is_kept_longer_and_massed_practice_is_better_at_once():
    traces, day = Traces(), 86_400.0
    massed, spaced = [0.0, 30.0, 60.0], [0.0, day, 2 * day]
    assert traces.strength(massed, massed[-1] + 7 * day) < traces.strength(spaced, spaced[-1] + 7 * day)
    assert traces.strength(massed, massed[-1] + 60) > traces.strength(spaced, spaced[-1] + 60)


def test_one_trace_is_a_power_law():
    traces = Traces()
    assert traces.strength([0.0], 100.0) == pytest.approx(-0.177 * np.log(100))
    assert traces.chance([0.0], np.exp(0.7 / 0.177)) == pytest.approx(0.5)


def test_savings():
    assert savings(20, 5) == 0.75
    for wrong in (lambda: savings(0, 5), lambda: Traces().strength([], 1.0)):
        with pytest.raises(RecallError):
            wrong()


@pytest.mark.parametrize(
    ("lags", "shares"), [([1, 2, 3], [1, 1, 1]), ([1, 2, 3, 4], [1, 1, 1, 2]), ([0, 0, 0, 0], [1, 1, 1, 1])]
)
def test_curves_that_cannot_be_fitted_are_refused(lags, shares):
    with pytest.raises(RecallError):
        Curve.of(lags, shares)
    with pytest.raises(RecallError, match="expected one of"):
        fitted(Curve.of([1, 2, 3, 4], [0.9, 0.8, 0.7, 0.6]), "linear")
