"""Samples that are equal in a confound, and shuffles among them."""

import numpy as np
from numpy.typing import NDArray

ENOUGH = 4
"""Samples of a group, in the median: of fewer, a shuffle would leave most where they are."""
BINS = (20, 10, 5, 3, 2)
"""Of each column, finest first."""


def strata(table: NDArray[np.float64], fold: NDArray[np.int64]) -> NDArray[np.int64]:
    """Groups of samples with equal values in a table [sample, k], [sample]; where too few are equal, with
    values in the same quantiles, as fine as leaves four in a group. Columns of numbers that cannot even be
    halved so are taken together by their first principal component.

    Groups lie within a fold, so that what a decoder is trained on and what it is asked about do not mix.
    """
    exact = _groups(table, fold)
    if _median(exact) >= ENOUGH:
        return exact
    standard = (table - table.mean(0)) / np.where(table.std(0) > 0, table.std(0), 1.0)
    one = standard @ np.linalg.svd(standard, full_matrices=False)[2][:1].T
    for columns in (table, one):
        for n in BINS:
            groups = _groups(np.stack([_quantiles(column, n) for column in columns.T], axis=1), fold)
            if _median(groups) >= ENOUGH:
                return groups
    return fold


def within(groups: NDArray[np.int64], rng: np.random.Generator) -> NDArray[np.int64]:
    """A random order of samples, each in the place of one of its own group, [sample]."""
    order = np.arange(len(groups))
    shuffled = rng.permutation(len(groups))
    order[np.argsort(groups, kind="stable")] = shuffled[np.argsort(groups[shuffled], kind="stable")]
    return order


def _groups(table: NDArray, fold: NDArray[np.int64]) -> NDArray[np.int64]:
    rows = np.concatenate([fold[:, None], table], axis=1)
    return np.unique(rows, axis=0, return_inverse=True)[1].reshape(-1)


def _median(groups: NDArray[np.int64]) -> float:
    """Size of the group of the median sample."""
    return float(np.median(np.bincount(groups)[groups]))


def _quantiles(column: NDArray[np.float64], n: int) -> NDArray[np.float64]:
    return np.searchsorted(np.quantile(column, np.arange(1, n) / n), column, side="right").astype(float)
