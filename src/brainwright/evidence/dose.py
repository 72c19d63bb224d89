"""How much of something it takes."""

from collections.abc import Sequence

import numpy as np


def dose_at(level: float, doses: Sequence[float], values: Sequence[float], start: float = 1.0) -> float:
    """The first dose at which a falling curve is at a level, straight between two doses; infinite where it
    stays above it.

    Args:
        level: below `start`.
        doses: growing, above 0.
        values: of the curve at each dose.
        start: value without any.

    Example:
        >>> dose_at(0.75, [0.25, 0.5], [1.0, 0.5])
        0.375

    Raises:
        ValueError: doses that do not grow from 0, a level that is not below the start.
    """
    x, y = np.array([0.0, *doses]), np.array([start, *values])
    if x.shape != y.shape or not (np.diff(x) > 0).all() or not level < start:
        raise ValueError(
            f"expected growing doses above 0, a value for each, and a level below {start}; "
            f"got doses {doses}, {len(values)} values, level {level}"
        )
    below = np.flatnonzero(y < level)
    if not below.size:
        return float("inf")
    k = below[0]
    return float(x[k - 1] + (x[k] - x[k - 1]) * (y[k - 1] - level) / (y[k - 1] - y[k]))
