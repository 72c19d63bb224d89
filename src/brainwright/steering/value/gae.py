"""Generalised advantage estimation: how much better it went than was expected, with traces."""

import numpy as np
from numpy.typing import NDArray

from .td import Array


def gae(
    rewards: Array,
    values: Array,
    next_values: Array,
    terminated: NDArray[np.bool_],
    over: NDArray[np.bool_],
    *,
    discount: float = 0.99,
    decay: float = 0.95,
) -> Array:
    """Advantages, [time, ...] (Schulman et al. 2016, arXiv:1506.02438):

        delta_t = r_t + gamma V(x_t+1) - V(x_t),   A_t = delta_t + gamma lambda A_t+1

    Nothing follows a terminated step; of a step at which an episode was cut, its last state's value stands
    for what would have come, and the sum ends.

    Args:
        rewards, values: [time, ...].
        next_values: of what each step arrived at, before any restart.
        terminated: where an episode came to its end.
        over: where it ended or was cut.
        discount, decay: gamma and lambda.
    """
    deltas = rewards + discount * np.where(terminated, 0.0, next_values) - values
    advantages, after = np.zeros_like(deltas), np.zeros(deltas.shape[1:])
    for t in reversed(range(len(deltas))):
        after = deltas[t] + discount * decay * np.where(over[t], 0.0, after)
        advantages[t] = after
    return advantages


def lambda_returns(
    rewards: Array,
    values: Array,
    next_values: Array,
    terminated: NDArray[np.bool_],
    over: NDArray[np.bool_],
    *,
    discount: float = 0.99,
    decay: float = 0.95,
) -> Array:
    """The lambda-returns are values plus advantages, [time, ...]: what a critic learns. See `gae`."""
    return values + gae(rewards, values, next_values, terminated, over, discount=discount, decay=decay)
