"""An emulator of trials and every baseline by name: what may not be seen changes nothing."""

import numpy as np
import pytest

from brainwright.emulator import (
    Question,
    adapted_emulator,
    blank_emulator,
    forecasting_emulator,
    smoothed,
    smoothing_emulator,
)
from brainwright.emulator.baselines import GRIDS, NETWORKS, baseline


@pytest.fixture(scope="module")
def question():
    rng = np.random.default_rng(0)
    phase = rng.uniform(0, 2 * np.pi, (60, 1, 1))
    counts = rng.poisson(np.exp(np.cos(phase + 0.1 * np.arange(70)[:, None] + np.arange(8)) - 0.5))
    parts = np.split(counts.astype(np.float32), (40, 50))
    return Question(*parts, n_seen=60, n_unseen=2)


def test_an_answer_is_the_point_where_seen_and_the_ensemble_beyond(question):
    answer = smoothed(forecasting_emulator(question, 1, 1, 0), question, question.test, members=3, steps=2)
    assert answer.ensemble.shape == (3, *question.test.shape)
    np.testing.assert_array_equal(answer.rates[:, :60], answer.point[:, :60])
    np.testing.assert_allclose(answer.rates[:, 60:], answer.ensemble.mean(0)[:, 60:])
    changed = question.test.copy()
    changed[:, 60:], changed[:, :, 6:] = 9, 9
    again = smoothed(forecasting_emulator(question, 1, 1, 0), question, changed, members=3, steps=2)
    np.testing.assert_array_equal(answer.rates, again.rates)


def test_an_untrained_emulator_says_the_mean(question):
    answer = smoothed(blank_emulator(question, 0).eval(), question, question.test, members=2, steps=2)
    ratio = answer.point.mean((0, 1)) / question.train.mean((0, 1))
    assert ((ratio > 0.6) & (ratio < 1.6)).all()  # initial weights are random, but small


def test_of_another_session_embeddings_alone_are_trained(question):
    emulator = smoothing_emulator(question, 1, 0)
    other = adapted_emulator(emulator, question, 2, 0)
    embeddings = {id(parameter) for parameter in other.trainable()}
    before = dict(emulator.named_parameters())
    kept = [name for name, parameter in other.named_parameters() if id(parameter) not in embeddings]
    assert kept
    for name in kept:
        np.testing.assert_array_equal(before[name].detach(), other.get_parameter(name).detach())


@pytest.mark.parametrize("name", ["mean", "persistence", *NETWORKS])
def test_every_baseline_has_a_name(question, name):
    rates = baseline(question, name, updates=1, whole_grid=False)(question.seen(question.test))
    assert rates.shape == question.test.shape
    assert (rates > 0).all()


def test_an_unknown_baseline_is_refused(question):
    with pytest.raises(ValueError, match="got 'lstm'"):
        baseline(question, "lstm")
    assert "mean" in GRIDS
