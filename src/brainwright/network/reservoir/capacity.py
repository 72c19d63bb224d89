"""How much of a random input a reservoir remembers (Jaeger 2001, GMD report 152)."""

import numpy as np
from jaxtyping import Float

from .ridge import ridge


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

    Raises:
        ValueError: steps that begin before the longest lag.
    """
    if min(train.start, test.start) < lags:
        raise ValueError(f"expected to begin after {lags} lags, got {train.start} and {test.start}")
    delayed = np.stack([np.roll(u, lag) for lag in range(1, lags + 1)], axis=1)
    ((weights, offset),) = ridge(states[train], delayed[train], [strength])
    guessed, wanted = states[test] @ weights + offset, delayed[test]
    guessed, wanted = guessed - guessed.mean(0), wanted - wanted.mean(0)
    spread = (guessed**2).sum(0) * (wanted**2).sum(0)
    return float(np.sum((guessed * wanted).sum(0) ** 2 / np.where(spread > 0, spread, 1.0)))
