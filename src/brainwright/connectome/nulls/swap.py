"""The rewiring chain: random exchanges of targets that keep every in- and out-degree.

Directed kinds: two edges a→b, c→d become a→d, c→b; one move in eight rotates the targets of three edges,
which also reverses directed triangles and so makes every graph with these degrees reachable (Roberts & Coolen
2012, Phys. Rev. E 85:046103). Moves that would make an autapse or a repeated edge are refused; each move is
as likely as its inverse, so the chain tends to the uniform distribution. An edge keeps its source, count and
sign.
"""

import numpy as np

from brainwright.compiled import njit

TRIPLE = 8
"""One attempt of so many rotates three edges: any share reaches every graph, and a rotation needs three free
pairs where an exchange needs two, so that more of them is refused.
"""


@njit(inline="always")
def _draw(state, n):
    """It draws the next number of a splitmix64 stream, below n."""
    state[0] += np.uint64(0x9E3779B97F4A7C15)
    z = state[0]
    z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    z = z ^ (z >> np.uint64(31))
    return np.int64(((z >> np.uint64(32)) * np.uint64(n)) >> np.uint64(32))


@njit
def _has(post, start, stop, target):
    """It says whether a target stands in a row: counted over a slice without early exit, the form that
    vectorises.
    """
    row = post[start:stop]
    hits = 0
    for k in range(row.size):
        hits += row[k] == target
    return hits != 0


@njit(cache=True)
def rewire_directed(rows, pre, post, eligible, start, stop, attempts, seed):
    """Rewires `post` in place, exchanging only among edges of one group.

    Args:
        rows: (N + 1,) row starts, edges sorted by pre.
        pre, post: (E,) int32.
        eligible: (M,) edges that may move, grouped; group of position p is [start[p], stop[p]).
        attempts: number of proposed moves.
        seed: (1,) uint64, the state of the random stream.

    Returns:
        number of moves made.
    """
    moves = 0
    for attempt in range(attempts):
        p = _draw(seed, eligible.size)
        width = stop[p] - start[p]
        i = eligible[p]
        j = eligible[start[p] + _draw(seed, width)]
        a, b, c, d = pre[i], post[i], pre[j], post[j]
        if attempt % TRIPLE == 0:
            k = eligible[start[p] + _draw(seed, width)]
            e, f = pre[k], post[k]
            if a in (c, e, d) or c in (e, f) or e == b:
                continue
            if _has(post, rows[a], rows[a + 1], d) or _has(post, rows[c], rows[c + 1], f):
                continue
            if _has(post, rows[e], rows[e + 1], b):
                continue
            post[i], post[j], post[k] = d, f, b
            moves += 1
            continue
        if a == c:  # same source: the counts change places, the graph stays
            post[i], post[j] = d, b
            continue
        if a == d or c == b:
            continue
        if _has(post, rows[a], rows[a + 1], d) or _has(post, rows[c], rows[c + 1], b):
            continue
        post[i], post[j] = d, b
        moves += 1
    return moves


@njit(cache=True)
def rewire_within_distance(rows, pre, post, eligible, position_um, bins_um, attempts, seed):
    """It does as `rewire_directed` with pairs only, refusing moves that change the histogram of edge
    lengths.
    """
    moves = 0
    for _ in range(attempts):
        i, j = eligible[_draw(seed, eligible.size)], eligible[_draw(seed, eligible.size)]
        a, b, c, d = pre[i], post[i], pre[j], post[j]
        if a in (c, d) or c == b:
            continue
        old_1, old_2 = _bin(position_um, bins_um, a, b), _bin(position_um, bins_um, c, d)
        new_1, new_2 = _bin(position_um, bins_um, a, d), _bin(position_um, bins_um, c, b)
        if min(old_1, old_2) != min(new_1, new_2) or max(old_1, old_2) != max(new_1, new_2):
            continue
        if _has(post, rows[a], rows[a + 1], d) or _has(post, rows[c], rows[c + 1], b):
            continue
        post[i], post[j] = d, b
        moves += 1
    return moves


@njit(inline="always")
def _bin(position_um, bins_um, a, b):
    squared = 0.0
    for axis in range(position_um.shape[1]):
        squared += (position_um[a, axis] - position_um[b, axis]) ** 2
    return np.searchsorted(bins_um, np.sqrt(squared), side="right")


@njit(cache=True)
def rewire_undirected(
    rows, neighbour, low, high, place_low, place_high, eligible, start, stop, attempts, seed
):
    """Rewires gap junctions in place: u–v, x–y become u–y, x–v.

    Args:
        rows, neighbour: (N + 1,), (2M,) adjacency in both directions.
        low, high: (E,) ends. place_low, place_high: (E,) where each edge stands in the row of its low or high
            end.
        eligible, start, stop: as in `rewire_directed`.

    Returns:
        number of moves made.
    """
    moves = 0
    for _ in range(attempts):
        p = _draw(seed, eligible.size)
        i, j = eligible[p], eligible[start[p] + _draw(seed, stop[p] - start[p])]
        if i == j:
            continue
        if _draw(seed, 2) == 1:
            low[j], high[j] = high[j], low[j]
            place_low[j], place_high[j] = place_high[j], place_low[j]
        u, v, x, y = low[i], high[i], low[j], high[j]
        if u in (x, y) or v == y or x == v:
            continue
        if _has(neighbour, rows[u], rows[u + 1], y) or _has(neighbour, rows[x], rows[x + 1], v):
            continue
        neighbour[place_low[i]], neighbour[place_high[j]] = y, u
        neighbour[place_low[j]], neighbour[place_high[i]] = v, x
        high[i], high[j] = y, v
        place_high[i], place_high[j] = place_high[j], place_high[i]
        moves += 1
    return moves
