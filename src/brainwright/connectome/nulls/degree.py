"""Nulls that rewire and keep every degree: plain, within blocks, within signs, inside the boundary, within
distances.
"""

import numpy as np
import pandas as pd

from brainwright.connectome.edges import ELECTRICAL
from brainwright.connectome.errors import ConnectomeError
from brainwright.connectome.nulls import small, swap
from brainwright.connectome.nulls.invariants import demand, each_kind, same_group_counts
from brainwright.connectome.nulls.rewire import check, grouped, joined, rewire, row_starts


def degree_preserving(connectome, seed: int = 0, *, swaps_per_edge: float = 10.0):
    """Rewires at random, keeping the in- and out-degree of every cell (Maslov & Sneppen 2002, Science
    296:910).

    Kept exactly, and asserted, kind by kind: in- and out-degree, the counts and signs that each cell sends
    (so out-strength and Dale's law), the multiset of counts, autapses; no autapse and no repeated edge is
    added. Not kept: in-strength, reciprocity, path lengths, blocks. In signed brains with read pools it
    makes shortcuts from sensory to output cells: see `boundary_preserving` and `block_preserving`.

    Args:
        connectome: any.
        seed: equal seeds give equal graphs.
        swaps_per_edge: proposed moves per edge; overlap with the original is at its floor from about 5.
            Graphs of fewer than 200 edges take more, so that every graph with these degrees is as likely; one
            that has little room to move says so in the notes.
    """
    return rewire(
        connectome,
        seed,
        lambda edges, kind: np.zeros(edges.pre.size, np.int32),
        swaps_per_edge,
        "degree-preserving null",
    )


def block_preserving(connectome, seed: int = 0, *, by: str = "type", swaps_per_edge: float = 10.0):
    """Rewires within each pair of blocks, keeping degrees and the number of edges from block to block.

    Kept exactly, and asserted: all that `degree_preserving` keeps, and the edges from every block to every
    block. Gap junctions between two blocks stay as they are; those within one are rewired.

    Args:
        by: cell column naming the block, "type", "class" or "pool" for instance; cells without one form a
            block.

    Raises:
        ConnectomeError: no such column.
    """
    block = codes(connectome, by)
    k = int(block.max(initial=-1)) + 1

    def group_of(edges, kind):
        a, b = block[edges.pre].astype(np.int64), block[edges.post].astype(np.int64)
        return _oriented_blocks(a, b, k) if kind == ELECTRICAL else a * k + b

    after = rewire(connectome, seed, group_of, swaps_per_edge, f"block-preserving null by {by}")
    same_group_counts(connectome, after, block, by)
    return after


def _oriented_blocks(a, b, k):
    """Gap junctions between two blocks could swap ends across them, so only those within one block move."""
    return np.where(a == b, a, -1)


def dale_preserving(connectome, seed: int = 0, *, swaps_per_edge: float = 10.0):
    """Rewires excitatory edges among themselves and inhibitory ones among themselves.

    Kept exactly, and asserted: all that `degree_preserving` keeps (hence Dale's law), and for every cell the
    number of excitatory and of inhibitory edges that it receives.

    Raises:
        ConnectomeError: no signs, on edges or in the cell column `sign`.
    """

    def group_of(edges, kind):
        return np.zeros(edges.pre.size, np.int8) if kind == ELECTRICAL else edge_signs(connectome, edges) + 1

    after = rewire(connectome, seed, group_of, swaps_per_edge, "Dale-preserving null")
    for kind, old, new in each_kind(connectome, after):
        for sign in (-1, 0, 1) if kind != ELECTRICAL else ():
            received = [
                np.bincount(e.post[edge_signs(connectome, e) == sign], minlength=connectome.n_cells)
                for e in (old, new)
            ]
            demand(
                np.array_equal(received[0], received[1]),
                f"{kind} edges of sign {sign} received by each cell stay as many",
            )
    return after


def edge_signs(connectome, edges) -> np.ndarray:
    """It returns the (E,) int8 signs of edges: their own, or those of their presynaptic cells (rounded away
    from 0).
    """
    if edges.sign is not None:
        return edges.sign
    if "sign" not in connectome.cells:
        raise ConnectomeError("this null needs signs: set them by connectome.signed(policy) first")
    return np.sign(np.nan_to_num(connectome.cells["sign"].to_numpy(float))).astype(np.int8)[edges.pre]


def boundary_preserving(connectome, seed: int = 0, *, swaps_per_edge: float = 10.0):
    """Rewires only edges between internal cells: what the world drives and what it reads stays as it is.

    Kept exactly, and asserted: all that `degree_preserving` keeps, and every edge that touches a sensory or
    output cell, so no new shortcut from sensory to output cells can arise.

    Raises:
        ConnectomeError: no `pool` column with sensory or output cells.
    """
    pools = connectome.pools
    if not {"sensory", "output"} & set(pools):
        raise ConnectomeError("this null needs sensory or output cells: give the cells a 'pool' column")
    outer = np.zeros(connectome.n_cells, bool)
    for name in ("sensory", "output"):
        outer[pools.get(name, np.empty(0, int))] = True

    def group_of(edges, kind):
        return np.where(outer[edges.pre] | outer[edges.post], -1, 0).astype(np.int32)

    after = rewire(connectome, seed, group_of, swaps_per_edge, "boundary-preserving null")
    for kind, old, new in each_kind(connectome, after):
        fixed = [e.take(outer[e.pre] | outer[e.post]) for e in (old, new)]
        same = all(np.array_equal(a, b) for a, b in zip(*(f[:3] for f in fixed), strict=True))
        demand(same, f"{kind} edges of sensory and output cells stay as they are")
    return after


def distance_preserving(connectome, seed: int = 0, *, bins: int = 20, swaps_per_edge: float = 50.0):
    """Rewires while the histogram of edge lengths stays as it is.

    Kept exactly, and asserted: all that `degree_preserving` keeps, and the number of edges in each of `bins`
    bins of equal occupancy of the distance between the two cells. Gap junctions stay as they are.

    Args:
        bins: number of length bins; more bins keep lengths better and mix less.

    Raises:
        ConnectomeError: a cell without `x_um`, `y_um` or `z_um` (columns that are absent count as flat; one
            must be).
    """
    position_um = positions(connectome)
    streams = np.random.SeedSequence(seed).spawn(len(connectome.kinds))
    parts, edges_um, moves, movable = [], [], 0, 0
    for kind, stream in zip(connectome.kinds, streams, strict=True):
        edges = connectome.edges_of(kind)
        limits = np.unique(np.quantile(lengths(position_um, edges), np.linspace(0, 1, bins + 1)[1:-1]))
        edges_um.append(limits)
        if kind != ELECTRICAL:
            edges, exchanged = _within(edges, connectome.n_cells, position_um, limits, swaps_per_edge, stream)
            moves, movable = moves + exchanged, movable + int((edges.pre != edges.post).sum())
        parts.append(edges)
    note = f"distance-preserving null, {bins} bins, seed {seed}: {moves} exchanges"
    after = connectome.with_edges(joined(parts), note + small.hardly_mixed(moves, movable))
    check(connectome, after)
    for (kind, old, new), limits in zip(each_kind(connectome, after), edges_um, strict=True):
        histogram = [
            np.bincount(
                np.searchsorted(limits, lengths(position_um, e), side="right"), minlength=limits.size + 1
            )
            for e in (old, new)
        ]
        demand(
            np.array_equal(histogram[0], histogram[1]), f"the histogram of {kind} edge lengths stays the same"
        )
    return after


def _within(edges, n, position_um, limits, swaps_per_edge, stream):
    together = np.zeros(edges.pre.size, np.int32)
    eligible, start, stop = grouped(edges, together)
    if eligible.size < 2:
        return edges, 0
    post, rows = edges.post.copy(), row_starts(edges.pre, n)
    attempts = small.attempts(swaps_per_edge, eligible.size)
    state = stream.generate_state(1, np.uint64)
    if eligible.size >= small.EDGES:
        exchanged = swap.rewire_within_distance(
            rows, edges.pre, post, eligible, position_um, limits, attempts, state
        )
    else:
        mobile = np.where(edges.pre != edges.post, 0, -1).astype(np.int64)
        exchanged = small.rewire_small(
            rows, edges.pre, post, mobile, eligible, start, stop, position_um, limits, attempts, state
        )
    return edges._replace(post=post), exchanged


def positions(connectome) -> np.ndarray:
    """It returns the (n_cells, 1 to 3) float64 positions in micrometres."""
    columns = [name for name in ("x_um", "y_um", "z_um") if name in connectome.cells]
    if not columns:
        raise ConnectomeError("this needs positions: give the cells columns x_um, y_um, z_um")
    values = connectome.cells[columns].to_numpy(np.float64)
    if not np.isfinite(values).all():
        raise ConnectomeError(
            f"{int((~np.isfinite(values)).any(axis=1).sum())} cells have no position: drop them first"
        )
    return np.ascontiguousarray(values)


def lengths(position_um: np.ndarray, edges) -> np.ndarray:
    """It returns the (E,) distance in micrometres between the two cells of each edge."""
    squared = np.zeros(edges.pre.size)
    for axis in range(position_um.shape[1]):
        squared += (position_um[edges.pre, axis] - position_um[edges.post, axis]) ** 2
    return np.sqrt(squared)


def codes(connectome, by: str) -> np.ndarray:
    """It returns the (n_cells,) block number from a cell column; cells without a value share one block."""
    if by not in connectome.cells:
        raise ConnectomeError(
            f"the cells have no column {by!r}: pass by= one of {list(connectome.cells.columns)}"
        )
    block, names = pd.factorize(connectome.cells[by], sort=False)
    return np.where(block < 0, len(names), block).astype(np.int64)
