"""What reservoirs are asked: to remember a random input, and to predict a chaotic one."""

import numpy as np
from jaxtyping import Float

from .ridge import ridge

LORENZ = (10.0, 28.0, 8.0 / 3.0)
"""sigma, rho, beta (Lorenz 1963)."""


def lorenz(n: int, dt: float, rng: np.random.Generator, discard: int = 500) -> Float[np.ndarray, "time 3"]:
    """The Lorenz system by the classical Runge-Kutta method (time without unit), from a random start, after
    `discard` steps; each coordinate with mean 0 and deviation 1.
    """
    x, found = rng.normal(0, 1, 3) + np.array([0.0, 0.0, 25.0]), np.empty((n, 3))
    for t in range(-discard, n):
        x = runge_kutta(x, dt)
        if t >= 0:
            found[t] = x
    return (found - found.mean(0)) / found.std(0)


def runge_kutta(x: Float[np.ndarray, " 3"], dt: float) -> Float[np.ndarray, " 3"]:
    """One step of order 4."""
    a = _slope(x)
    b = _slope(x + dt / 2 * a)
    c = _slope(x + dt / 2 * b)
    return x + dt / 6 * (a + 2 * b + 2 * c + _slope(x + dt * c))


def _slope(x: np.ndarray) -> np.ndarray:
    sigma, rho, beta = LORENZ
    return np.array([sigma * (x[1] - x[0]), x[0] * (rho - x[2]) - x[1], x[0] * x[1] - beta * x[2]])


def memory_capacity(
    states: Float[np.ndarray, "time cell"],
    u: Float[np.ndarray, " time"],
    *,
    lags: int,
    train: slice,
    test: slice,
    strength: float = 1e-8,
) -> float:
    """Sum over lags 1, 2, ... of the squared correlation between u(t - lag) and its ridge reconstruction from
    the states at t, on test steps (Jaeger 2001, GMD report 152). For a linear reservoir driven by independent
    input it is at most the number of cells.

    Args:
        states, u: of all steps; u[t] is the input of step t.
        lags: how many.
        train, test: steps; none before `lags`.
        strength: of `ridge`.
    """
    if min(train.start, test.start) < lags:
        raise ValueError(f"expected to begin after {lags} lags, got {train.start} and {test.start}")
    delayed = np.stack([np.roll(u, lag) for lag in range(1, lags + 1)], axis=1)
    ((weights, offset),) = ridge(states[train], delayed[train], [strength])
    found, wanted = states[test] @ weights + offset, delayed[test]
    found, wanted = found - found.mean(0), wanted - wanted.mean(0)
    spread = (found**2).sum(0) * (wanted**2).sum(0)
    return float(np.sum((found * wanted).sum(0) ** 2 / np.where(spread > 0, spread, 1.0)))


def prediction_errors(
    states: Float[np.ndarray, "time cell"],
    series: Float[np.ndarray, "time value"],
    *,
    ahead: int,
    train: slice,
    test: slice,
    strengths: tuple[float, ...],
) -> list[float]:
    """Root mean squared error, over test steps, of predicting the series `ahead` steps later from the states,
    in units of its deviation, for each strength of the ridge.
    """
    later = np.roll(series, -ahead, axis=0)
    if max(train.stop, test.stop) + ahead > len(series):
        raise ValueError(f"expected {ahead} steps after {test.stop}, got a series of {len(series)}")
    spread = np.sqrt((series**2).mean())
    fits = ridge(states[train], later[train], strengths)
    return [float(np.sqrt(((states[test] @ w + b - later[test]) ** 2).mean()) / spread) for w, b in fits]
