"""Own history and stacked forecasts against closed forms and laws whose answer is known."""

import numpy as np
import pytest
from numpy.testing import assert_allclose

from brainwright.emulator.history import QUIET, TIME_CONSTANTS, fit_history, fit_stack, own_past

RNG = np.random.default_rng(0)


def test_the_past_is_a_weighted_mean_that_leaves_out_what_is_missing():
    seen = RNG.normal(size=(2, 9, 3))
    seen[0, 4, 1] = np.nan
    found = own_past(seen)
    weight = np.exp(-np.arange(9)[::-1] / TIME_CONSTANTS[1])
    kept = np.isfinite(seen[0, :, 1])
    assert_allclose(found[0, 1, 1], np.average(seen[0, kept, 1], weights=weight[kept]))
    assert_allclose(found[..., 0], seen[:, -1])
    assert not own_past(np.full((1, 4, 1), np.nan)).any()
    assert_allclose(own_past(np.ones((1, 5, 1)), counts=True), np.log(1 + QUIET))


def test_an_autoregression_is_recovered():
    """x' = 0.8 x + noise: from the last frame 0.8, 0.64, ... at the horizons."""
    x = np.zeros((6_000, 30))
    for t in range(1, 30):
        x[:, t] = 0.8 * x[:, t - 1] + RNG.normal(size=6_000)
    x = x[:, :, None]
    layer = fit_history(np.zeros((6_000, 3, 1)), own_past(x[:, :27]), x[:, 27:], counts=False, penalty=0.0)
    assert_allclose(layer.weights[:, 0, 0], 0.8 ** np.arange(1, 4), atol=0.06)
    assert_allclose(layer.weights[:, 0, 1:], 0, atol=0.1)


def test_a_poisson_law_of_the_past_is_recovered():
    past = RNG.normal(size=(20_000, 2, 3))
    true = np.array([[0.5, -0.3, 0.0, 0.2], [0.0, 0.4, 0.1, -0.2]])
    rate = 0.7 * np.exp(np.einsum("nuf,uf->nu", past, true[:, :3]) + true[:, 3])
    layer = fit_history(
        np.full((20_000, 1, 2), 0.7), past, RNG.poisson(rate)[:, None].astype(float), counts=True, penalty=0.0
    )
    assert_allclose(layer.weights[0], true, atol=0.03)
    assert_allclose(layer.forecast(np.full((20_000, 1, 2), 0.7), past)[:, 0], rate, rtol=0.25)


def test_a_large_penalty_makes_units_alike():
    past, coming = RNG.normal(size=(500, 3, 3)), RNG.normal(size=(500, 2, 3))
    weights = fit_history(np.zeros_like(coming), past, coming, counts=False, penalty=1e6).weights
    assert_allclose(weights, weights[:, :1].repeat(3, 1), atol=1e-5)
    shared = np.linalg.lstsq(
        np.concatenate([past, np.ones((500, 3, 1))], 2).reshape(-1, 4), coming[:, 0].ravel(), rcond=None
    )[0]
    assert_allclose(weights[0, 0], shared, atol=1e-4)


@pytest.mark.parametrize("counts", [False, True])
def test_a_stack_trusts_the_forecast_that_is_right(counts):
    good = RNG.gamma(2.0, 0.5, size=(3_000, 2, 4))
    bad = RNG.gamma(2.0, 0.5, size=good.shape)
    coming = RNG.poisson(good).astype(float) if counts else good + 0.1 * RNG.normal(size=good.shape)
    stack = fit_stack([bad, good], coming, counts=counts)
    assert_allclose(stack.weights[:, :2], [[0, 1]] * 2, atol=0.05)
    assert_allclose(stack.forecast([bad, good]), good, rtol=0.35 if counts else 0.2, atol=0.05)
