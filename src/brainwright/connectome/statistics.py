"""Numbers that describe a graph: reciprocity, spectral radius, shares of shortcuts, distances of
distributions.
"""

import numpy as np
from scipy import sparse

from brainwright.connectome.radius import spectral_radius

__all__ = ["degrees", "distinct_pairs", "ks_distance", "reciprocity", "shortcut_share", "spectral_radius"]


def reciprocity(connectome) -> float:
    """It is the share of directed edges a→b (a ≠ b, synapse kinds merged) for which b→a exists too; NaN
    without edges.
    """
    pre, post = distinct_pairs(connectome)
    pre, post = pre[pre != post], post[pre != post]
    if not pre.size:
        return float("nan")
    n = connectome.n_cells
    rows = np.searchsorted(pre, np.arange(n + 1))
    adjacency = sparse.csr_array((np.ones(pre.size, np.int8), post, rows), shape=(n, n))
    return adjacency.multiply(adjacency.T.tocsr()).nnz / pre.size


def distinct_pairs(connectome) -> tuple[np.ndarray, np.ndarray]:
    """It returns the ordered pairs (pre, post) joined by any synapse kind, sorted, none repeated."""
    edges = connectome.edges_of("chemical")
    first = np.ones(edges.pre.size, bool)
    first[1:] = (edges.pre[1:] != edges.pre[:-1]) | (edges.post[1:] != edges.post[:-1])
    return (edges.pre, edges.post) if first.all() else (edges.pre[first], edges.post[first])


def degrees(connectome) -> tuple[np.ndarray, np.ndarray]:
    """It returns the (n_cells,) out- and in-degrees over distinct pairs, synapse kinds merged, autapses
    counted.
    """
    pre, post = distinct_pairs(connectome)
    return np.bincount(pre, minlength=connectome.n_cells), np.bincount(post, minlength=connectome.n_cells)


def shortcut_share(connectome) -> float:
    """It is the share of synapse edges that lead straight from a sensory to an output cell."""
    pools = connectome.pools
    sensory, output = (
        np.isin(np.arange(connectome.n_cells), pools.get(name, [])) for name in ("sensory", "output")
    )
    edges = connectome.edges_of("chemical")
    return float((sensory[edges.pre] & output[edges.post]).mean()) if edges.pre.size else float("nan")


def ks_distance(a, b) -> float:
    """It is the Kolmogorov–Smirnov distance: the largest gap between two empirical distribution functions."""
    a, b = np.sort(np.asarray(a)), np.sort(np.asarray(b))
    if not (a.size and b.size):
        return float("nan")
    at = np.concatenate([a, b])
    gap = np.searchsorted(a, at, side="right") / a.size - np.searchsorted(b, at, side="right") / b.size
    return float(np.abs(gap).max())
