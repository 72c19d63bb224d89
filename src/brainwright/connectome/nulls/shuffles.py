"""Nulls that keep the graph and move what lies on it: counts, signs, or whole cells within their type."""

from dataclasses import replace

import numpy as np

from brainwright.connectome.edges import ELECTRICAL
from brainwright.connectome.errors import ConnectomeError
from brainwright.connectome.nulls.degree import codes
from brainwright.connectome.nulls.invariants import (
    demand,
    each_kind,
    no_repeats,
    same_group_counts,
    same_out_weights,
    same_size,
    same_topology,
    strengths,
)
from brainwright.connectome.nulls.rewire import joined
from brainwright.connectome.signs import Given


def shuffle_weights(connectome, seed: int = 0, *, within: str | None = None):
    """Deals the counts out anew over the edges.

    Kept exactly, and asserted, kind by kind: the graph, the multiset of counts, and the sign of every
    edge; with `within="pre"` also the counts that each cell sends. In-strength is not kept.

    Args:
        within: None over all edges of a kind, "pre" among the edges of one presynaptic cell.

    Raises:
        ConnectomeError: another value of `within`.
    """
    if within not in (None, "pre"):
        raise ConnectomeError(f'expected within=None or within="pre", got {within!r}')
    rng = np.random.default_rng(seed)
    count = connectome.edges.count.copy()
    for code, kind in enumerate(connectome.kinds):
        rows = np.flatnonzero(connectome.edges.kind == code)
        if within == "pre" and kind != ELECTRICAL:
            dealt = rows[np.lexsort((rng.random(rows.size), connectome.edges.pre[rows]))]
        else:
            dealt = rng.permutation(rows)
        count[rows] = connectome.edges.count[dealt]
    after = replace(connectome, edges=connectome.edges._replace(count=count)).noted(
        f"weight-shuffle null{' within each cell' if within else ''}, seed {seed}"
    )
    same_topology(connectome, after)
    same_size(connectome, after)
    if within and not connectome.is_signed:
        same_out_weights(connectome, after)
    return after


def shuffle_signs(connectome, seed: int = 0, *, within: str | None = None):
    """Deals the signs out anew over the presynaptic cells.

    Kept exactly, and asserted: the graph, all magnitudes, Dale's law, the multiset of signs over the cells
    that send synapses (with `within` also of every group). Excitation and inhibition per target are not
    kept.

    Args:
        within: cell column; signs are then dealt within each of its values.

    Raises:
        ConnectomeError: no signs, or edge signs that break Dale's law.
    """
    signs = Given(unknown=0.0)(connectome).values
    senders = np.flatnonzero(
        np.bincount(connectome.edges_of("chemical").pre, minlength=connectome.n_cells) > 0
    )
    group = np.zeros(senders.size) if within is None else codes(connectome, within)[senders]
    rng = np.random.default_rng(seed)
    grouped, dealt = np.argsort(group, kind="stable"), np.lexsort((rng.random(senders.size), group))
    values = signs.copy()
    values[senders[grouped]] = signs[senders[dealt]]
    after = connectome.with_cells(sign=values).noted(f"sign-shuffle null, seed {seed}")
    if connectome.is_signed:
        edge_sign = values[connectome.edges.pre].astype(np.int8)
        after = replace(after, edges=after.edges._replace(sign=edge_sign))
    same_topology(connectome, after)
    demand(np.array_equal(connectome.edges.count, after.edges.count), "magnitudes stay as they are")
    for code in np.unique(group):
        members = senders[group == code]
        demand(
            np.array_equal(np.sort(signs[members]), np.sort(values[members])),
            "the multiset of signs stays the same",
        )
    return after


def clone(connectome, seed: int = 0, *, by: str = "type", rounds: int = 20):
    """Gives every cell the outgoing wiring of another cell of its type: is it the cell, or only its type?

    The cells of a type trade their outgoing rows, whole, by a random permutation that makes no autapse; signs
    of single edges travel with the row, signs of cells stay. Kept exactly, and asserted, kind by kind:
    in-degree and in-strength of every cell, edges and counts from type to type, the multiset of counts.
    Autapses stay with their cells,
    gap junctions stay as they are. Not kept: which cell sends what.

    Args:
        by: cell column within whose values rows are traded.
        rounds: rounds of random trades.

    Raises:
        ConnectomeError: no such column.
    """
    block = codes(connectome, by)
    taker = _permuted(np.random.default_rng(seed), connectome, block, rounds)
    parts = []
    for kind in connectome.kinds:
        edges = connectome.edges_of(kind)
        moving = (edges.pre != edges.post) & (kind != ELECTRICAL)
        parts.append(edges._replace(pre=np.where(moving, taker[edges.pre], edges.pre).astype(np.int32)))
    traded = int((taker != np.arange(taker.size)).sum())
    after = connectome.with_edges(
        joined(parts), f"clone null by {by}, seed {seed}: {traded} cells traded rows"
    )
    same_size(connectome, after)
    no_repeats(after)
    same_group_counts(connectome, after, block, by)
    for kind, old, new in each_kind(connectome, after):
        n = connectome.n_cells
        demand(
            np.array_equal(np.bincount(old.post, minlength=n), np.bincount(new.post, minlength=n)),
            f"{kind} in-degrees stay the same",
        )
        demand(np.allclose(strengths(old, n)[1], strengths(new, n)[1]), f"{kind} in-strengths stay the same")
        between = [np.bincount(block[e.pre] * n + block[e.post], e.count) for e in (old, new)]
        demand(np.allclose(between[0], between[1]), f"{kind} counts from {by} to {by} stay the same")
    return after


def _permuted(rng, connectome, block: np.ndarray, rounds: int) -> np.ndarray:
    """It says, (n_cells,), which cell takes over the row of each cell: a permutation within blocks that makes
    no autapse.
    """
    n = connectome.n_cells
    edges = connectome.edges_of("chemical")
    key = np.unique(edges.pre.astype(np.int64) * n + edges.post)
    owner = np.arange(n)  # owner[place] = whose row the cell at `place` has now
    for _ in range(rounds):
        order = np.lexsort((rng.random(n), block))
        first, second = order[:-1:2], order[1::2]
        # half of them at random: if all traded, an even number of rounds gave even permutations alone
        pair = (block[first] == block[second]) & (rng.random(first.size) < 0.5)
        first, second = first[pair], second[pair]
        loops = _known(key, owner[second] * n + first, owner[second] != first)
        loops |= _known(key, owner[first] * n + second, owner[first] != second)
        first, second = first[~loops], second[~loops]
        owner[first], owner[second] = owner[second], owner[first]
    taker = np.empty(n, np.int64)
    taker[owner] = np.arange(n)
    return taker


def _known(key: np.ndarray, wanted: np.ndarray, counts: np.ndarray) -> np.ndarray:
    """It says whether an edge exists, its being an autapse of an unmoved row aside."""
    if not key.size:
        return np.zeros(wanted.size, bool)
    at = np.minimum(np.searchsorted(key, wanted), key.size - 1)
    return (key[at] == wanted) & counts
