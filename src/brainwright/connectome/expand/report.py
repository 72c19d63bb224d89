"""How well an expansion keeps the statistics of its original."""

import time

import numpy as np
import pandas as pd

from brainwright.connectome.expand.block_model import block_model
from brainwright.connectome.nulls.degree import codes
from brainwright.connectome.radius import spectral_radius
from brainwright.connectome.signs import dale_violations
from brainwright.connectome.statistics import degrees, ks_distance, reciprocity

LEAST_EDGES = 50
"""Of a pair of blocks that is judged: with fewer the density moves by more than 14 % (1 / sqrt(50)) by
chance.
"""


def compare(before, after, *, by: str | None = None, growth: float | None = None) -> dict[str, float]:
    """It returns statistics of one expansion beside its original.

    Args:
        before, after: the original and its expansion.
        by: block column, for block densities.
        growth: factor by which the degrees of new cells should exceed their parents'; 1 when degree is kept.

    Returns:
        cells, edges, edge_ratio; ks_out, ks_in (degrees of new cells against their parents'), ks_weight;
        block_low, block_high (range over block pairs with 50 edges or more of edges per pair of cells,
        relative to the original and to the overall change); reciprocity, radius (unsigned); dale_violations.
    """
    n = before.n_cells
    parent = np.arange(n) if after.n_cells == n else before.locate(after.cells["parent"])
    new = slice(n, None) if after.n_cells > n else slice(None)
    old, now = degrees(before), degrees(after)
    low, high = _block_range(before, after, by) if by else (float("nan"), float("nan"))
    return {
        "cells": after.n_cells,
        "edges": after.n_edges,
        "edge_ratio": after.n_edges / before.n_edges,
        "ks_out": ks_distance(now[0][new], (growth or 1) * old[0][parent[new]]),
        "ks_in": ks_distance(now[1][new], (growth or 1) * old[1][parent[new]]),
        "ks_weight": ks_distance(after.edges_of("chemical").count, before.edges_of("chemical").count),
        "block_low": low,
        "block_high": high,
        "reciprocity": reciprocity(after),
        "radius": spectral_radius(after.weights()),
        "dale_violations": dale_violations(after).size,
    }


def _block_range(before, after, by: str) -> tuple[float, float]:
    block = codes(before, by)
    k = int(block.max()) + 1
    parent = (
        np.arange(before.n_cells) if "parent" not in after.cells else before.locate(after.cells["parent"])
    )
    old, new = (_between(c, b, k) for c, b in ((before, block), (after, block[parent])))
    enough = old >= LEAST_EDGES
    if not enough.any():
        return float("nan"), float("nan")
    sizes = [np.bincount(b, minlength=k).astype(float) for b in (block, block[parent])]
    pairs_old, pairs_new = (np.outer(size, size).ravel() for size in sizes)
    density = (new[enough] / pairs_new[enough]) / (old[enough] / pairs_old[enough])
    overall = (new.sum() / pairs_new.sum()) / (old.sum() / pairs_old.sum())
    return float(density.min() / overall), float(density.max() / overall)


def _between(connectome, block: np.ndarray, k: int) -> np.ndarray:
    edges = connectome.edges_of("chemical")
    return np.bincount(block[edges.pre] * k + block[edges.post], minlength=k * k)


def report(
    connectome,
    factors=(1, 1.5, 2, 3, 5),
    *,
    seed: int = 0,
    by: str = "type",
    expansion=block_model,
    preserve: str = "degree",
) -> pd.DataFrame:
    """It returns one row of `compare` for each factor, with the seconds that the expansion took.

    Args:
        expansion: `block_model`, `clone` or another function of the same arguments.
    """
    rows = []
    for factor in factors:
        start_s = time.perf_counter()
        larger = expansion(connectome, factor, seed, by=by, preserve=preserve)
        seconds = time.perf_counter() - start_s
        growth = 1.0 if preserve == "degree" else larger.n_cells / connectome.n_cells
        rows.append(
            {"factor": factor, **compare(connectome, larger, by=by, growth=growth), "seconds": seconds}
        )
    return pd.DataFrame(rows).set_index("factor")
