"""Two sides with one list of kinds: does a pair of one kind do better than a mixed pair?"""

from dataclasses import dataclass
from itertools import islice, permutations

import numpy as np
from numpy.typing import NDArray

MOST = 5_040
"""Pairings that are looked at: all of up to seven kinds."""


@dataclass(frozen=True)
class Pairing:
    """What a square matrix says of its diagonal; rows and columns have the same kinds in the same order.

    Attributes:
        excess: mean of the diagonal less the mean of the rest, [unit]. What belongs to a row or to a column
            alone falls out of it: each is in both means alike.
        diagonal: mean of the diagonal, [unit].
        rows, columns, interaction: shares of the variance between cells, of means over units; a share of the
            interaction is the noise of these means.
        rank: share of all other one-to-one pairings of rows with columns whose mean is at least that of the
            diagonal.
    """

    excess: NDArray[np.float64]
    diagonal: NDArray[np.float64]
    rows: float
    columns: float
    interaction: float
    rank: float


def pairing(values: NDArray[np.float64]) -> Pairing:
    """Reads a square matrix.

    Args:
        values: [row, column, unit], with at least two rows.

    Raises:
        ValueError: another shape.
    """
    if values.ndim != 3 or values.shape[0] != values.shape[1] or len(values) < 2:
        raise ValueError(f"pairing: expected [row, column, unit] with as many rows as columns, at least two, "
                         f"got {values.shape}")  # fmt: skip
    n, cells = len(values), values.mean(2)
    diagonal = np.einsum("iiu->u", values) / n
    rest = (values.sum((0, 1)) - n * diagonal) / (n * (n - 1))
    centre = cells.mean()
    by_row, by_column = cells.mean(1) - centre, cells.mean(0) - centre
    left = cells - centre - by_row[:, None] - by_column
    parts = np.array([n * (by_row**2).sum(), n * (by_column**2).sum(), (left**2).sum()])
    shares = parts / parts.sum() if parts.sum() else np.zeros(3)
    others = islice(permutations(range(n)), 1, MOST)  # the first is the diagonal itself
    means = np.array([cells[np.arange(n), list(order)].mean() for order in others])
    rank = float((means >= cells.diagonal().mean() - 1e-12).mean())  # rounding of a sum in another order
    return Pairing(diagonal - rest, diagonal, *map(float, shares), rank)
