"""The wiring as a prior: ridge in closed form, rewirings that keep numbers of partners, a search for each."""

import numpy as np
import pytest

from brainwright.connectome import Connectome
from brainwright.datasets.activity import Activity
from brainwright.emulator.forecast import (
    PRIORS,
    allowed,
    by_time,
    fit_partners,
    moments,
    named,
    partner_skill,
    prior_scores,
)
from brainwright.emulator.forecast.partners import OWN_PENALTY, PARTNER_FILTER
from brainwright.emulator.history import own_past

NAMES = ("AVAL", "AVAR", "AVBL", "AVBR", "AVEL", "AVER", "RIML", "RIMR")


@pytest.fixture(scope="module")
def wiring() -> Connectome:
    return Connectome.load("celegans/varshney2011")


@pytest.fixture(scope="module")
def animals():
    """Slow signals, each neuron driven by another."""
    questions = []
    for seed, animal in enumerate(("p", "q")):
        rng = np.random.default_rng(seed)
        x = np.zeros((260, len(NAMES)))
        for t in range(1, len(x)):
            x[t] = 0.8 * x[t - 1] + 0.15 * np.roll(x[t - 1], 1) + rng.normal(size=len(NAMES))
        whole = Activity(x[None].astype(np.float32), 0.6, NAMES, counts=False)
        questions.append(by_time(animal, whole, n_seen=12, n_ahead=2, stride=8))
    return questions


def test_coupling_is_ridge_on_those_who_may_speak(animals):
    question, names = animals[0], NAMES[:4]
    sums = moments(question, np.zeros_like(question.train), question.train, names)
    pairs = np.zeros((4, 4), bool)
    pairs[1, 3] = True
    weights = fit_partners([sums], pairs, 0.5)
    past = own_past(question.train[:, :12].astype(float))
    x = np.column_stack([past[:, 1], past[:, 3, PARTNER_FILTER]])
    y = question.train[:, 12:, 1]
    cost = np.diag([OWN_PENALTY] * 3 + [0.5]) + 1e-6 * np.eye(4)
    expected = np.linalg.solve(x.T @ x / len(x) + cost, x.T @ y / len(x))
    np.testing.assert_allclose(weights[1].values, expected, rtol=1e-6)
    assert [len(each.kept) for each in weights] == [3, 4, 3, 3]
    error = sum(
        np.square(
            question.train[:, 12:, i]
            - np.column_stack([past[:, i], *([past[:, 3, 1]] if i == 1 else [])]) @ each.values
        ).sum()
        for i, each in enumerate(weights)
    )
    total = np.square(question.train[:, 12:, :4]).sum()
    assert partner_skill(weights, sums) == pytest.approx(1 - error / total)


def test_nulls_keep_the_number_of_partners(wiring):
    names = tuple(sorted(wiring.cells["id"].tolist())[:60])
    real, null = (allowed(wiring, prior, 0, names) for prior in ("wiring", "null"))
    assert not (real == null).all()
    # kinds are rewired apart, and may overlap
    assert abs(int(real.sum()) - int(null.sum())) < 0.15 * real.sum()
    assert not allowed(wiring, "none", 0, names).any()
    assert allowed(wiring, "free", 0, names).sum() == 60 * 59


def test_every_prior_forecasts_the_same_neurons(wiring, animals):
    names = named(animals, wiring)
    assert set(names) == set(NAMES)
    parts = {
        part: [moments(q, np.zeros_like(getattr(q, part)), getattr(q, part), names) for q in animals]
        for part in ("train", "validation", "test")
    }
    scores = {prior: prior_scores(parts, wiring, names, ("p", "q"), prior) for prior in PRIORS}
    for row in scores.values():
        assert row["skill"] == pytest.approx((row["skill@p"] + row["skill@q"]) / 2)
    assert scores["none"]["pairs"] == 0
    assert scores["biased"]["pairs"] == scores["wiring"]["pairs"]
    assert scores["free"]["skill"] > scores["none"]["skill"]  # every neuron is driven by another
