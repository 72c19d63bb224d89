"""The Lorenz system (Lorenz 1963, J Atmos Sci 20:130) by classical fourth-order Runge-Kutta steps."""

import numpy as np
from jaxtyping import Float

BURN_IN = 1_000
BURN_IN_DT = 0.01
"""Ten units of time: volumes shrink by exp(-13.7) in one, so that a path is on the attractor after two."""


def velocity(state: Float[np.ndarray, "*batch 3"]) -> Float[np.ndarray, "*batch 3"]:
    """It is x' = 10 (y - x), y' = x (28 - z) - y, z' = x y - (8/3) z."""
    x, y, z = np.moveaxis(state, -1, 0)
    # Lorenz's own: sigma 10, r 28, b 8/3
    return np.stack([10 * (y - x), x * (28 - z) - y, x * y - (8 / 3) * z], axis=-1)


def step(state: Float[np.ndarray, "*batch 3"], dt: float) -> Float[np.ndarray, "*batch 3"]:
    """It makes one Runge-Kutta step of length `dt` (the system has no unit of time)."""
    k1 = velocity(state)
    k2 = velocity(state + dt / 2 * k1)
    k3 = velocity(state + dt / 2 * k2)
    k4 = velocity(state + dt * k3)
    return state + dt / 6 * (k1 + 2 * k2 + 2 * k3 + k4)


def trajectories(initial: Float[np.ndarray, "batch 3"], steps: int, dt: float) -> np.ndarray:
    """It returns the states after each of `steps` steps, [batch, step, 3], once a burn-in has reached the
    attractor.
    """
    state = initial
    for _ in range(BURN_IN):
        state = step(state, BURN_IN_DT)
    path = np.empty((len(initial), steps, 3))
    for t in range(steps):
        state = step(state, dt)
        path[:, t] = state
    return path


def initial_states(rng: np.random.Generator, n: int) -> Float[np.ndarray, "n 3"]:
    """It returns (0, 0, 25) + 5 N(0, I): between the two wings of the attractor."""
    return np.array([0.0, 0.0, 25.0]) + 5 * rng.standard_normal((n, 3))


def standardised_series(
    n: int, dt: float, rng: np.random.Generator, discard: int = 500
) -> Float[np.ndarray, "n 3"]:
    """It returns one path of `n` steps of length `dt` from a random start, after `discard` steps, each
    coordinate with mean 0 and deviation 1: a chaotic series to be predicted.
    """
    state, path = rng.normal(0, 1, 3) + np.array([0.0, 0.0, 25.0]), np.empty((n, 3))
    for t in range(-discard, n):
        state = step(state, dt)
        if t >= 0:
            path[t] = state
    return (path - path.mean(0)) / path.std(0)
