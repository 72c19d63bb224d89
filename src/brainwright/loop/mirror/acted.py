"""Policies of the corridor acted out, body by body, in the two-agent grid."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from brainwright.world import Watched

from .corridor import EVEN, KINDS, PLACES, STEPS, WATCHED

STAY, RIGHT_MOVE, LEFT_MOVE = 0, 2, 4
"""Actions of the grid."""


class Acted(NamedTuple):
    """Mean over episodes, [network]."""

    reached: NDArray[np.float64]
    deceived: NDArray[np.float64]
    reward: NDArray[np.float64]
    """Of who knows."""
    taken: NDArray[np.float64]
    """Share of episodes in which who watches reaches the food."""


def acted(
    policy: NDArray[np.float64], right: NDArray[np.float64], kind: str, episodes: int, seed: int
) -> Acted:
    """Networks act in `brainwright.world.Watched`; who watches draws a side from its belief, and goes there.

    Args:
        policy: chances of left, stay, right, [network, kind, goal, place, step, action].
        right: belief of food on the right, [network, place of who knows after the watched steps].
        kind: "rival" or "friend".
        episodes: of each network.
        seed: of food and actions.
    """
    n, rng = len(policy), np.random.default_rng([seed, 90])
    pairs = np.repeat(np.arange(n), episodes)
    world = Watched(
        [seed + 1_000_003 * k for k in range(len(pairs))],
        other=kind,
        columns=PLACES,
        watches=WATCHED,
        limit=STEPS,
    )
    own, moves = policy[:, KINDS.index(kind)], np.array([LEFT_MOVE, STAY, RIGHT_MOVE])
    goes, belief, reward = np.zeros((3, len(pairs)))
    for step in range(STEPS):
        place = world.place[:, 0, 1]
        if step == WATCHED:
            belief = right[pairs, place]
            goes = rng.random(len(pairs)) < belief
        chances = own[pairs, world.right, place, step]
        picked = (chances.cumsum(1) < rng.random((len(pairs), 1)) * chances.sum(1, keepdims=True)).sum(1)
        other = np.where(goes, RIGHT_MOVE, LEFT_MOVE)
        moment = world.step(np.stack([moves[picked], other], 1).reshape(-1))
        reward += moment.reward[::2]
    at_food = (world.place == world.food[:, None]).all(-1)
    true = np.where(world.right == 1, belief, 1 - belief)
    told = (at_food[:, 0], true < 0.5 - EVEN, reward, at_food[:, 1])
    return Acted(*(part.reshape(n, episodes).mean(1).astype(float) for part in told))
