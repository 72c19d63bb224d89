"""Baselines: regressions at their stationary point, features in closed form, no look at what is hidden."""

import numpy as np
import pytest

from brainwright.emulator import Masks, Plan, Question
from brainwright.emulator.baselines import (
    BiGRU,
    PlainTransformer,
    fit_glm,
    lagged_glm,
    mean_rate,
    pca_glm,
    persistence,
    search,
    smoothing_glm,
    trained,
)
from brainwright.emulator.baselines.linear import boxcars, exponential_edge


@pytest.fixture(scope="module")
def question():
    rng = np.random.default_rng(0)
    phase = rng.uniform(0, 2 * np.pi, (100, 1, 1))
    angle = phase + 0.3 * np.arange(30)[:, None] + np.linspace(0, 6, 10)
    counts = rng.poisson(np.exp(np.cos(angle) - 0.5)).astype(np.float32)
    return Question(counts[:60], counts[60:90], counts[90:], n_seen=24, n_unseen=3)


def test_glm_is_at_its_stationary_point():
    rng = np.random.default_rng(1)
    x = rng.normal(size=(400, 5))
    y = rng.poisson(np.exp(x @ rng.normal(size=(5, 3)) * 0.3)).astype(float)
    fitted = fit_glm(x, y, 0.05)
    z = (x - x.mean(0)) / x.std(0)
    gradient = z.T @ (fitted.rates(x) - y) / 400 + 0.05 * fitted.weights
    np.testing.assert_allclose(gradient, 0, atol=2e-4)
    np.testing.assert_allclose((fitted.rates(x) - y).mean(0), 0, atol=2e-4)


def test_glm_recovers_what_made_the_counts():
    rng = np.random.default_rng(2)
    x, weights = rng.normal(size=(20_000, 3)), np.array([[0.5], [-0.3], [0.0]])
    fitted = fit_glm(x, rng.poisson(np.exp(x @ weights - 1)).astype(float), 1e-6)
    np.testing.assert_allclose(fitted.weights, weights, atol=0.03)


def test_features_in_closed_form():
    x = np.arange(40.0)[None, :, None]
    found = boxcars(x)[0, 20]
    np.testing.assert_allclose(found, [20 - 9.5, 20 - 4.5, 20, 20 + 4.5, 20 + 9.5])
    np.testing.assert_allclose(exponential_edge(np.ones((2, 30, 3))), 1)
    impulse = np.zeros((1, 30, 1))
    impulse[0, -3] = 1
    weights = np.exp(-np.arange(30) / 4)
    assert exponential_edge(impulse)[0, 1] == pytest.approx(weights[2] / weights.sum())


FITS = {
    "mean": mean_rate,
    "persistence": persistence,
    "smoothing": smoothing_glm,
    "pca": pca_glm,
    "lagged": lagged_glm,
    "gru": lambda q: trained(
        q, lambda mean: BiGRU(mean, 8, 4), Masks(shortest=6, longest=6), Plan(updates=3)
    ),
    "transformer": lambda q: trained(
        q, lambda mean: PlainTransformer(mean, 8), Masks(shortest=6, longest=6), Plan(updates=3)
    ),
}


@pytest.mark.parametrize("name", FITS)
def test_every_baseline_answers_from_what_is_seen_alone(question, name):
    predict = FITS[name](question)
    rates = predict(question.seen(question.validation))
    assert rates.shape == question.validation.shape
    assert np.isfinite(rates).all()
    assert (rates > 0).all()
    scores = question.scores(rates, question.validation)
    if name in ("smoothing", "pca", "lagged"):
        assert scores["co_bps"] > 0.1
        assert scores["fp_bps"] > 0.05
    if name == "mean":
        assert scores["co_bps"] <= 0


def test_what_is_hidden_is_hidden(question):
    hidden = question.seen(question.validation)
    assert np.isnan(hidden[:, 24:]).all()
    assert np.isnan(hidden[:, :, 7:]).all()
    assert (hidden[:, :24, :7] == question.validation[:, :24, :7]).all()


def test_a_search_takes_the_best_on_validation_trials(question):
    _, chosen = search(question, pca_glm, [{"penalty": 100.0}, {"penalty": 1e-3}])
    assert chosen == {"penalty": 1e-3}
    with pytest.raises(ValueError, match="at least one setting"):
        search(question, pca_glm, [])
