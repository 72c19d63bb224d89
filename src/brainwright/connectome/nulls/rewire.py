"""Applies the swap chain to each kind of connection apart, with or without groups of edges that may mix."""

import numpy as np

from brainwright.connectome.edges import ELECTRICAL, Edges
from brainwright.connectome.nulls import small, swap
from brainwright.connectome.nulls.invariants import (
    no_repeats,
    same_autapses,
    same_degrees,
    same_out_weights,
    same_size,
)


def rewire(connectome, seed: int, group_of, swaps_per_edge: float, note: str):
    """It returns a rewired copy; it asserts degrees, sent counts, autapses and the absence of repeats.

    Args:
        group_of: function (edges, kind) → (E,) integer group of each edge; only edges of one group exchange
            targets, negative groups stay as they are. For gap junctions a group must not depend on the order
            of the ends after a swap.
        swaps_per_edge: proposed moves per movable edge; see `small.attempts` for graphs of few edges.
    """
    streams = np.random.SeedSequence(seed).spawn(len(connectome.kinds))
    parts, moves, movable = [], 0, 0
    for kind, stream in zip(connectome.kinds, streams, strict=True):
        edges = connectome.edges_of(kind)
        state = stream.generate_state(1, np.uint64)
        chain = _undirected if kind == ELECTRICAL else _directed
        group = group_of(edges, kind)
        rewired, exchanged = chain(edges, connectome.n_cells, group, swaps_per_edge, state)
        parts.append(rewired)
        moves += exchanged
        movable += int(((edges.pre != edges.post) & (group >= 0)).sum())
    little = small.hardly_mixed(moves, movable)
    after = connectome.with_edges(joined(parts), f"{note}, seed {seed}: {moves} exchanges{little}")
    check(connectome, after)
    return after


def check(before, after) -> None:
    """It demands everything that any rewiring keeps."""
    same_size(before, after)
    same_degrees(before, after)
    same_out_weights(before, after)
    same_autapses(before, after)
    no_repeats(after)


def joined(parts: list[Edges]) -> Edges:
    """It joins edges of several kinds in one set of arrays."""
    if len(parts) == 1:
        return parts[0]
    pre, post, count, kind = (np.concatenate(column) for column in list(zip(*parts, strict=True))[:4])
    signs = [part.sign for part in parts if part.sign is not None]
    return Edges(pre, post, count, kind, np.concatenate(signs) if signs else None)


def grouped(edges: Edges, group: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """It returns the movable edges sorted by group, and for each the bounds of its group; the bounds come
    once where many edges form a single group.
    """
    eligible = np.flatnonzero((edges.pre != edges.post) & (group >= 0)).astype(np.int32)
    code = group[eligible]
    if code.size and code.min() != code.max():
        order = np.argsort(code, kind="stable")
        eligible, code = eligible[order], code[order]
    bounds = (
        np.flatnonzero(np.concatenate([[True], code[1:] != code[:-1], [True]]))
        if code.size
        else np.zeros(1, int)
    )
    width = np.diff(bounds)
    if width.size == 1 and eligible.size >= small.EDGES:
        width = np.ones(1, int)
    return (
        eligible,
        np.repeat(bounds[:-1].astype(np.int32), width),
        np.repeat(bounds[1:].astype(np.int32), width),
    )


def row_starts(sorted_cells: np.ndarray, n: int) -> np.ndarray:
    """It returns the (n + 1,) int64 starts of each cell's row."""
    return np.searchsorted(sorted_cells, np.arange(n + 1)).astype(np.int64)


def _directed(edges: Edges, n: int, group, swaps_per_edge, state) -> tuple[Edges, int]:
    eligible, start, stop = grouped(edges, group)
    post = edges.post.copy()
    if eligible.size < 2:
        return edges, 0
    attempts = small.attempts(swaps_per_edge, eligible.size)
    rows = row_starts(edges.pre, n)
    if eligible.size >= small.EDGES:
        exchanged = swap.rewire_directed(rows, edges.pre, post, eligible, start, stop, attempts, state)
    else:
        mobile = np.where(edges.pre != edges.post, group, -1).astype(np.int64)
        places = small.NO_POSITIONS, small.NO_BINS
        exchanged = small.rewire_small(
            rows, edges.pre, post, mobile, eligible, start, stop, *places, attempts, state
        )
    return edges._replace(post=post), exchanged


def _undirected(edges: Edges, n: int, group, swaps_per_edge, state) -> tuple[Edges, int]:
    eligible, start, stop = grouped(edges, group)
    if eligible.size < 2:
        return edges, 0
    m = edges.pre.size
    ends, other = np.concatenate([edges.pre, edges.post]), np.concatenate([edges.post, edges.pre])
    order = np.argsort(ends, kind="stable")
    place = np.empty(2 * m, np.int64)
    place[order] = np.arange(2 * m)
    low, high = edges.pre.copy(), edges.post.copy()
    exchanged = swap.rewire_undirected(
        row_starts(ends[order], n),
        other[order].copy(),
        low,
        high,
        place[:m].copy(),
        place[m:].copy(),
        eligible,
        start,
        stop,
        small.attempts(swaps_per_edge, eligible.size),
        state,
    )
    return edges._replace(pre=low, post=high), exchanged
