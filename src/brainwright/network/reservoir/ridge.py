"""Ridge regression by its normal equations, primal or dual, for many strengths of the penalty at once."""

from collections.abc import Sequence

import numpy as np
from jaxtyping import Float
from scipy import linalg

ROWS = 8_192
"""Samples whose products are taken at a time: 8,192 rows of a few thousand features in float64 fit into
memory, all of them would not.
"""


def ridge(
    x: Float[np.ndarray, "sample feature"],
    y: Float[np.ndarray, "sample target"],
    strengths: Sequence[float],
) -> list[tuple[Float[np.ndarray, "feature target"], Float[np.ndarray, " target"]]]:
    """Weights and offset for each strength: the least |y - x w - b|^2 + strength × (mean feature variance ×
    samples) × |w|^2, with b not penalised. Scaling features changes nothing, so strengths are plain numbers.

    Args:
        x, y: samples; more features than samples are solved by the dual.
        strengths: > 0.

    Returns:
        (weights, offset) for each strength, in their order.

    Raises:
        ValueError: values that are not finite, or no strength above 0.
    """
    if not strengths or min(strengths) <= 0:
        raise ValueError(f"expected strengths > 0, got {list(strengths)}")
    x_mean, y_mean = x.mean(0, dtype=np.float64), y.mean(0, dtype=np.float64)
    x, y = x - x_mean.astype(x.dtype), y - y_mean
    dual = x.shape[0] < x.shape[1]
    gram = _products(x.T if dual else x, x.T if dual else x)
    if not np.isfinite(gram).all():
        raise ValueError("expected finite features, got NaN or infinity: the reservoir diverged")
    # features that never change have variance 0: the smallest number there is keeps the system solvable
    unit = max(np.trace(gram) / x.shape[1], np.finfo(np.float64).tiny)
    right = y if dual else _products(x, y)
    fits = []
    for strength in strengths:
        damped = gram + strength * unit * np.eye(len(gram))
        solved = linalg.solve(damped, right, assume_a="pos")
        weights = x.T @ solved if dual else solved
        fits.append((weights, y_mean - x_mean @ weights))
    return fits


def _products(a: np.ndarray, b: np.ndarray) -> Float[np.ndarray, "row column"]:
    """a^T b in float64, where weak ridges need it, without a copy of all rows in float64."""
    total = np.zeros((a.shape[1], b.shape[1]))
    for first in range(0, len(a), ROWS):
        part = slice(first, first + ROWS)
        total += a[part].T.astype(np.float64) @ b[part].astype(np.float64)
    return total
