"""Nulls that forget the graph: random pairs, and rings."""

import numpy as np

from brainwright.connectome.edges import ELECTRICAL, Edges
from brainwright.connectome.errors import ConnectomeError
from brainwright.connectome.nulls.invariants import (
    demand,
    no_repeats,
    same_autapses,
    same_out_weights,
    same_size,
)
from brainwright.connectome.nulls.rewire import joined
from brainwright.connectome.signs import dale_violations


def erdos_renyi(connectome, seed: int = 0):
    """It draws as many edges between pairs drawn uniformly, carrying the same counts in random order.

    Kept exactly, and asserted, kind by kind: cells, number of edges, multiset of counts, autapses; no
    repeated edge; Dale's law where the original obeys it. Signs of cells stay with the cells. Signs of
    single edges become those of the presynaptic cell (one drawn from the others where it sent nothing);
    where the original breaks Dale's law they travel with the counts. Degrees are not kept.
    """
    rng = np.random.default_rng(seed)
    parts = [
        _random_pairs(rng, connectome.edges_of(kind), connectome.n_cells, kind == ELECTRICAL)
        for kind in connectome.kinds
    ]
    edges = joined(parts)
    obeys_dale = connectome.is_signed and not dale_violations(connectome).size
    if obeys_dale:
        edges = edges._replace(sign=_cell_signs(rng, connectome)[edges.pre])
    after = connectome.with_edges(edges, f"Erdős–Rényi null, seed {seed}")
    same_size(connectome, after)
    same_autapses(connectome, after)
    no_repeats(after)
    demand(not obeys_dale or not dale_violations(after).size, "Dale's law holds")
    return after


def _cell_signs(rng, connectome) -> np.ndarray:
    """It returns the (n_cells,) int8 signs of the cells' edges; cells that send nothing draw one from the
    others.
    """
    signs = np.zeros(connectome.n_cells, np.int8)
    signs[connectome.edges.pre] = connectome.edges.sign
    silent = signs == 0
    if not silent.all():
        signs[silent] = rng.choice(signs[~silent], int(silent.sum()))
    return signs


def _random_pairs(rng, edges: Edges, n: int, undirected: bool) -> Edges:
    loop = edges.pre == edges.post
    moving, still = edges.take(~loop), edges.take(loop)
    pairs = n * (n - 1) // (2 if undirected else 1)
    number = distinct(rng, pairs, moving.pre.size)
    pre, post = unordered(number) if undirected else off_diagonal(number, n)
    order = rng.permutation(number.size)
    drawn = moving.take(order)._replace(pre=pre.astype(np.int32), post=post.astype(np.int32))
    return joined([drawn, still]) if still.pre.size else drawn


def distinct(rng, below: int, size: int) -> np.ndarray:
    """It draws `size` different numbers in [0, below), uniformly, in increasing order."""
    if size > below:
        raise ConnectomeError(f"expected at most {below} edges, got {size}")
    if 3 * size > below:
        return np.sort(rng.permutation(below)[:size])
    drawn = np.empty(0, np.int64)
    while drawn.size < size:
        # a tenth more than wanted, since some repeat; the rest is taken away again, at random
        draws = rng.integers(below, size=int(1.1 * (size - drawn.size)) + 16)
        drawn = np.unique(np.concatenate([drawn, draws]))
    return np.delete(drawn, rng.choice(drawn.size, drawn.size - size, replace=False, shuffle=False))


def off_diagonal(number: np.ndarray, n: int) -> tuple[np.ndarray, np.ndarray]:
    """It returns the ordered pairs of different cells, numbered 0 .. n (n - 1) - 1."""
    pre, post = np.divmod(number, n - 1)
    return pre, post + (post >= pre)


def unordered(number: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """It returns the pairs low < high, numbered by high (high - 1) / 2 + low."""
    high = ((1 + np.sqrt(8.0 * number + 1)) / 2).astype(np.int64)
    high -= high * (high - 1) // 2 > number
    high += high * (high + 1) // 2 <= number
    return number - high * (high - 1) // 2, high


def ring(connectome, seed: int = 0, *, order: str | None = None, rewired: float = 0.0):
    """It returns a ring lattice: every cell sends to its nearest neighbours, on both sides in turn.

    Kept exactly, and asserted: number of edges, out-degrees and the counts that each cell sends (in random
    order over its targets), hence out-strength and Dale's law; autapses. Gap junctions form a ring of as
    many junctions. Not kept: in-degree.

    Args:
        order: cell column that orders the ring ("x_um" for instance); random where None.
        rewired: share of synapses whose target is drawn anew (Watts & Strogatz 1998, Nature 393:440), 0 to 1.

    Raises:
        ConnectomeError: no such column, `rewired` outside [0, 1].
    """
    if not 0 <= rewired <= 1:
        raise ConnectomeError(f"expected rewired within [0, 1], got {rewired}")
    rng = np.random.default_rng(seed)
    cell_at = _ring_order(connectome, rng, order)
    parts = []
    for kind in connectome.kinds:
        edges = connectome.edges_of(kind)
        loop = edges.pre == edges.post
        moving, still = edges.take(~loop), edges.take(loop)
        if kind == ELECTRICAL:
            parts.append(joined([_gap_ring(rng, moving, cell_at), still]))
        else:
            parts.append(joined([_sent_to_neighbours(rng, moving, cell_at, rewired), still]))
    note = f"ring null{f' with {rewired:.0%} rewired' if rewired else ''}, seed {seed}"
    after = connectome.with_edges(joined(parts), note)
    same_size(connectome, after)
    same_out_weights(connectome, after)
    same_autapses(connectome, after)
    no_repeats(after)
    return after


def _ring_order(connectome, rng, order: str | None) -> np.ndarray:
    if order is None:
        return rng.permutation(connectome.n_cells)
    if order not in connectome.cells:
        raise ConnectomeError(f"the cells have no column {order!r}")
    return connectome.cells[order].argsort(kind="stable").to_numpy()


def _offset(rank: np.ndarray) -> np.ndarray:
    """It maps 0, 1, 2, 3, ... → 1, -1, 2, -2, ..."""
    return np.where(rank % 2 == 0, rank // 2 + 1, -(rank // 2 + 1))


def _sent_to_neighbours(rng, edges: Edges, cell_at: np.ndarray, rewired: float) -> Edges:
    n = cell_at.size
    place = np.empty(n, np.int64)
    place[cell_at] = np.arange(n)
    shuffled = edges.take(np.lexsort((rng.random(edges.pre.size), edges.pre)))
    rank = np.arange(edges.pre.size) - np.searchsorted(shuffled.pre, shuffled.pre)
    post = cell_at[(place[shuffled.pre] + _offset(rank)) % n]
    if rewired:
        post = _redrawn(rng, shuffled.pre, post, n, rewired)
    return shuffled._replace(post=post.astype(np.int32))


def _redrawn(rng, pre: np.ndarray, post: np.ndarray, n: int, share: float) -> np.ndarray:
    """It draws new targets for a share of the edges; draws that collide are made again, and given up after 50
    rounds.
    """
    post = post.copy()
    chosen = np.flatnonzero(rng.random(pre.size) < share)
    for _ in range(50):  # in sparse graphs two or three are enough
        if not chosen.size:
            break
        drawn = rng.integers(n, size=chosen.size)
        sources = pre[chosen].astype(np.int64)
        key = sources * n + drawn
        free = np.zeros(key.size, bool)
        free[np.unique(key, return_index=True)[1]] = True  # the first of equal draws
        free &= ~np.isin(key, pre.astype(np.int64) * n + post) & (drawn != sources)
        post[chosen[free]] = drawn[free]
        chosen = chosen[~free]
    return post


def _gap_ring(rng, edges: Edges, cell_at: np.ndarray) -> Edges:
    n, m = cell_at.size, edges.pre.size
    number = np.arange(m)
    step, place = number // n + 1, number % n
    shuffled = edges.take(rng.permutation(m))
    return shuffled._replace(
        pre=cell_at[place].astype(np.int32), post=cell_at[(place + step) % n].astype(np.int32)
    )
