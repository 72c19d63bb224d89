"""The rewiring chain: random exchanges of targets that keep every in- and out-degree.

Directed kinds: two edges a→b, c→d become a→d, c→b; one move in eight rotates the targets of three edges,
which also reverses directed triangles and so makes every graph with these degrees reachable (Roberts & Coolen
2012, Phys. Rev. E 85:046103). Moves that would make an autapse or a repeated edge are refused; each move is
as likely as its inverse, so the chain tends to the uniform distribution. An edge keeps its source, count and
sign.
"""

import numpy as np

from brainwright.compiled import njit
from brainwright.prefetch import prefetch

TRIPLE = 8
"""One attempt of so many rotates three edges: any share reaches every graph, and a rotation needs three free
pairs where an exchange needs two, so that more of them is refused.
"""
AHEAD = 64
"""Attempts whose edges are called near together before they are decided one after another: at eight cache
lines an attempt they fit a first-level cache of 48 kB. It changes no result: which edges are drawn depends on
the random stream alone.
"""
SLOTS = 64
"""Marks for each edge of a row, one bit each: twice the memory of the targets. A pair that is not joined
meets an unset one some 61 times in 64 or more, and then its row need not be read.
"""
STALE = 1.0
"""Moves for each edge after which the marks are set anew. A move sets two (a rotation three) and takes none
back, so that 1 in 64 are set at first and some 3 at last.
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


def rewire_directed(rows, pre, post, eligible, start, stop, attempts, seed):
    """Rewires `post` in place, exchanging only among edges of one group.

    Args:
        rows: (N + 1,) row starts, edges sorted by pre.
        pre, post: (E,) int32.
        eligible: (M,) edges that may move, grouped; group of position p is [start[p], stop[p]), or
            [start[0], stop[0]) where there is but one.
        attempts: number of proposed moves.
        seed: (1,) uint64, the state of the random stream.

    Returns:
        number of moves made.
    """
    # NumPy's own memory, which comes in large pages: at random places small ones cost as much as the reading
    marks = np.empty(SLOTS // 8 * post.size, np.uint8)
    all_move = eligible.size == post.size and start.size == 1
    where = eligible[:0] if all_move else eligible
    return _rewire(rows, pre, post, where, start, stop, attempts, seed, marks)


@njit(cache=True)
def _rewire(rows, pre, post, where, start, stop, attempts, seed, marks):
    """An empty `where` stands for all edges in their order."""
    moves = fresh = 0
    drawn = np.empty((AHEAD, 3), np.int64)
    _mark_all(rows, pre, post, marks)
    for first in range(0, attempts, AHEAD):
        if moves - fresh > STALE * post.size:
            _mark_all(rows, pre, post, marks)
            fresh = moves
        n = min(AHEAD, attempts - first)
        _draw_ahead(first, n, where, start, stop, seed, drawn)
        _call_near(first, n, rows, pre, post, where, marks, drawn)
        for m in range(n):
            i, j = drawn[m, 0], drawn[m, 1]
            if (first + m) % TRIPLE == 0:
                moves += _rotate(marks, rows, pre, post, i, j, drawn[m, 2])
            else:
                moves += _exchange(marks, rows, pre, post, i, j)
    return moves


@njit
def _draw_ahead(first, n, where, start, stop, seed, drawn):
    """It draws the positions of `n` attempts as (p, q, r), in the order of the random stream."""
    one = start.size == 1
    size = where.size if where.size else stop[0]
    for m in range(n):
        p = _draw(seed, size)
        drawn[m, 0] = p
        begin, width = start[0 if one else p], stop[0 if one else p] - start[0 if one else p]
        for way in range(1, 3 if (first + m) % TRIPLE == 0 else 2):
            drawn[m, way] = begin + _draw(seed, width)
        if where.size:
            for way in range(3 if (first + m) % TRIPLE == 0 else 2):
                prefetch(where, drawn[m, way])  # ty: ignore[missing-argument] - an intrinsic


@njit
def _call_near(first, n, rows, pre, post, where, marks, drawn):
    """It asks for all that `n` attempts will touch: edges first, then the marks of the pairs they propose."""
    for m in range(n):
        for way in range(3 if (first + m) % TRIPLE == 0 else 2):
            if where.size:
                drawn[m, way] = where[drawn[m, way]]
            prefetch(pre, drawn[m, way])  # ty: ignore[missing-argument]
            prefetch(post, drawn[m, way])
    for m in range(n):
        ways = 3 if (first + m) % TRIPLE == 0 else 2
        for way in range(ways):
            slot = _slot(rows, pre[drawn[m, way]], post[drawn[m, (way + 1) % ways]])
            prefetch(marks, slot >> 3)  # ty: ignore[missing-argument]


@njit(inline="always")
def _slot(rows, source, target):
    """Where a target is marked among the bits of a source's row (multiplicative hashing)."""
    width = np.uint64(SLOTS * (rows[source + 1] - rows[source]))
    mixed = (np.uint64(target) * np.uint64(0x9E3779B1)) & np.uint64(0xFFFFFFFF)
    return SLOTS * rows[source] + np.int64((mixed * width) >> np.uint64(32))


@njit
def _mark_all(rows, pre, post, marks):
    """It marks the targets of all rows, and nothing else."""
    marks[:] = 0
    for k in range(post.size):
        _mark(marks, _slot(rows, pre[k], post[k]))


@njit(inline="always")
def _mark(marks, slot):
    marks[slot >> 3] |= np.uint8(1) << np.uint8(slot & 7)


@njit
def _joined(marks, rows, post, source, target):
    """It says whether an edge from source to target exists; the row is read only where the pair is marked."""
    slot = _slot(rows, source, target)
    if (marks[slot >> 3] >> np.uint8(slot & 7)) & 1 == 0:
        return False
    return _has(post, rows[source], rows[source + 1], target)


@njit
def _retarget(marks, rows, pre, post, edge, target):
    """An edge goes from its source to another target."""
    _mark(marks, _slot(rows, pre[edge], target))
    post[edge] = target


@njit
def _rotate(marks, rows, pre, post, i, j, k):
    """Three edges hand their targets on; whether the graph allows it."""
    a, b, c, d, e, f = pre[i], post[i], pre[j], post[j], pre[k], post[k]
    if a in (c, e, d) or c in (e, f) or e == b:
        return False
    if (
        _joined(marks, rows, post, a, d)
        or _joined(marks, rows, post, c, f)
        or _joined(marks, rows, post, e, b)
    ):
        return False
    _retarget(marks, rows, pre, post, i, d)
    _retarget(marks, rows, pre, post, j, f)
    _retarget(marks, rows, pre, post, k, b)
    return True


@njit
def _exchange(marks, rows, pre, post, i, j):
    """Two edges exchange their targets; whether the graph changed."""
    a, b, c, d = pre[i], post[i], pre[j], post[j]
    if a == c:  # same source: the counts change places, the graph stays
        post[i], post[j] = d, b
        return False
    if a == d or c == b:
        return False
    if _joined(marks, rows, post, a, d) or _joined(marks, rows, post, c, b):
        return False
    _retarget(marks, rows, pre, post, i, d)
    _retarget(marks, rows, pre, post, j, b)
    return True


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
        own = 0 if start.size == 1 else p
        i, j = eligible[p], eligible[start[own] + _draw(seed, stop[own] - start[own])]
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
