"""Expected free energy by hand, its two decompositions, and the dark room."""

import numpy as np
import pytest

from brainwright.steering.planning import foreseen, maze_shares
from brainwright.steering.planning.maze import MIDDLE, RIGHT, SIGN, likelihood, transition, wanted


def test_by_hand():
    """Two states, a sensor that is right 3 times in 4, a move that changes nothing, an even belief."""
    sensor, still, even = np.array([[0.75, 0.25], [0.25, 0.75]]), np.eye(2), np.array([0.5, 0.5])
    ahead = foreseen(sensor, still, even, np.array([0.9, 0.1]))
    noise = -(0.75 * np.log(0.75) + 0.25 * np.log(0.25))
    assert ahead.ambiguity == pytest.approx(noise)
    assert ahead.surprise == pytest.approx(np.log(2))
    assert ahead.epistemic == pytest.approx(np.log(2) - noise)
    assert ahead.pragmatic == pytest.approx(0.5 * np.log(0.9) + 0.5 * np.log(0.1))
    assert ahead.risk == pytest.approx(-np.log(2) - ahead.pragmatic)


def test_both_decompositions_are_the_same_number():
    rng = np.random.default_rng(0)
    for _ in range(20):
        sensor, moves = rng.dirichlet(np.ones(5), 4).T, rng.dirichlet(np.ones(4), 4).T
        ahead = foreseen(sensor, moves, rng.dirichlet(np.ones(4)), rng.dirichlet(np.ones(5)))
        assert ahead.free_energy == pytest.approx(-ahead.epistemic - ahead.pragmatic)
        assert min(ahead.risk, ahead.epistemic) >= 0


def test_in_the_maze_the_sign_tells_all_and_an_arm_nearly_all():
    belief = np.zeros((5, 2))
    belief[MIDDLE] = 0.5
    at_sign, at_arm = (
        foreseen(likelihood(), transition(to), belief.reshape(-1), wanted()) for to in (SIGN, RIGHT)
    )
    assert at_sign.epistemic == pytest.approx(np.log(2))
    assert at_sign.ambiguity == pytest.approx(0)
    doubt = -(0.98 * np.log(0.98) + 0.02 * np.log(0.02))
    assert at_arm.epistemic == pytest.approx(np.log(2) - doubt)
    assert at_arm.pragmatic == pytest.approx(at_sign.pragmatic), "food and pain are as likely: worth nothing"


def test_least_surprise_hides_in_the_dark_and_free_energy_looks_first():
    shares = maze_shares(7, episodes=30)
    assert shares["least surprise"]["dark room"] == 1
    assert shares["least surprise, no dark room"]["dark room"] == 0
    free = shares["expected free energy"]
    assert free["sign first"] == 1
    assert free["food"] == 1
    assert shares["preferences alone"]["food"] < 1
