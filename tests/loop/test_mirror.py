"""The corridor by hand, networks side by side, overlap."""

import pytest
import torch

from brainwright.loop.mirror import Arm, Plan, lived, situations, taught
from brainwright.loop.mirror.corridor import COST, MIDDLE, PLACES, STEPS

LEFT, STAY, RIGHT = range(3)


def always(*moves):
    """A policy that makes these moves one after another, and then the last one."""
    policy = torch.zeros(1, 3, 2, PLACES, STEPS, 3)
    for step in range(STEPS):
        policy[..., step, moves[min(step, len(moves) - 1)]] = 1.0
    return policy


def test_the_straight_way_by_hand():
    ends = lived(always(RIGHT))
    assert ends.reached[0, :, 1].tolist() == [1, 1, 1]
    assert ends.reached[0, :, 0].tolist() == [0, 0, 0]
    assert ends.waited[0, 0, 1] == 3
    odds = (0.8 / 0.2) ** 3
    assert float(ends.believed[0, 1, 1]) == pytest.approx(odds / (1 + odds))
    assert ends.deceived[0, 1].tolist() == [1, 0], "of food on the left, it would be a lie"
    payoff = ends.payoff[0]
    assert float(payoff[0, 1]) == pytest.approx(1 - 3 * COST)
    assert float(payoff[1, 1]) == pytest.approx(1 - 3 * COST - odds / (1 + odds))
    assert float(payoff[2, 1]) == pytest.approx(-10 * COST)


def test_a_feint_is_a_lie_that_pays():
    feint = lived(always(*[LEFT] * 3, RIGHT))
    assert feint.deceived[0, 1].tolist() == [0, 1]
    assert feint.reached[0, 1, 1] == 1
    assert feint.payoff[0, 1, 1] > lived(always(RIGHT)).payoff[0, 1, 1]
    still = lived(always(STAY))
    assert float(still.believed[0, 1, 0]) == pytest.approx(0.5)
    assert not still.deceived.any(), "an even belief is not below chance"


def test_chances_stay_chances():
    policy = torch.rand(2, 3, 2, PLACES, STEPS, 3).softmax(-1)
    ends = lived(policy)
    assert ((ends.reached >= 0) & (ends.reached <= 1)).all()
    assert situations().shape == (3, 2, PLACES, STEPS, 3 + 2 + PLACES + STEPS)
    assert MIDDLE * 2 + 1 == PLACES


def test_arms_of_a_seed_do_not_depend_on_the_others_and_halves_are_apart():
    plan = Plan(alone=5, after=3)
    alone = taught([Arm("a", 8)], [3], plan)
    beside = taught([Arm("a", 8), Arm("b", 8, separate=True)], [3, 4], plan)
    torch.testing.assert_close(alone.ends.reached[0], beside.ends.reached[0])
    assert beside.overlap.shape == (4,)
    assert (beside.overlap[2:].abs() < 0.2).all(), "halves have nothing in common"


def test_overlap_makes_activity_alike():
    arms = [Arm("none", 8), Arm("overlap", 8, overlap=10.0)]
    alike = taught(arms, [1, 2], Plan(alone=30, after=60)).overlap
    assert (alike[2:] > alike[:2] + 0.2).all()
