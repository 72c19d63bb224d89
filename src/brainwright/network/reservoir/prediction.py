"""How well a reservoir predicts the series that drives it."""

from collections.abc import Sequence

import numpy as np
from jaxtyping import Float

from .ridge import ridge


def prediction_errors(
    states: Float[np.ndarray, "time cell"],
    series: Float[np.ndarray, "time value"],
    *,
    ahead: int,
    train: slice,
    test: slice,
    strengths: Sequence[float],
) -> list[float]:
    """Root mean squared error, over test steps, of predicting the series `ahead` steps later from the states,
    in units of its deviation from zero, for each strength of the ridge.

    Args:
        states, series: of all steps; series[t] is what drives step t.
        ahead: steps, at least 1.
        train, test: steps; after each of them the series goes on for `ahead` steps.
        strengths: of `ridge`.

    Raises:
        ValueError: a series that ends too early.
    """
    later = np.roll(series, -ahead, axis=0)
    if max(train.stop, test.stop) + ahead > len(series):
        raise ValueError(f"expected {ahead} steps after {test.stop}, got a series of {len(series)}")
    spread = np.sqrt((series**2).mean())
    fits = ridge(states[train], later[train], strengths)
    return [float(np.sqrt(((states[test] @ w + b - later[test]) ** 2).mean()) / spread) for w, b in fits]
