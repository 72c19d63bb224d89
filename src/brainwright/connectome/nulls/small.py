"""The rewiring chain for graphs of few edges, where the way from graph to graph may hang on single moves.

Three kinds of move, each as likely as its inverse: two edges exchange targets, three edges rotate theirs, a
directed triangle turns round. The first and the last reach every graph with these degrees (Rao, Jana &
Bandyopadhyay 1996, Sankhya A 58:225); the triangle is looked for along its edges, since three edges drawn at
random seldom are one. Refused moves leave the graph as it is and count, or the draw would not be uniform.
"""

import numpy as np

from brainwright.compiled import njit
from brainwright.connectome.nulls.swap import _bin, _draw, _has

EDGES = 200  # below; larger graphs have moves enough, and keep the draws that they always had
LEAST_PAIRS = 300  # so that three edges too make some thousand moves


def attempts(swaps_per_edge: float, n_edges: int) -> int:
    """It returns the number of proposed moves: per edge, or per pair of edges where there are few, so that a
    single pair that alone may move does so too.
    """
    if n_edges >= EDGES:
        return int(swaps_per_edge * n_edges)
    return int(swaps_per_edge * max(n_edges * (n_edges - 1) / 2, LEAST_PAIRS))


def hardly_mixed(moves: int, movable: int) -> str:
    """It is what a note adds where a null had little room to move; empty elsewhere."""
    if moves >= movable:
        return ""
    if moves == 0 and movable:
        return f": none of {movable} edges could move, the null is the original"
    return f": few for {movable} edges, the null may be near the original"


@njit(cache=True)
def rewire_small(rows, pre, post, group, eligible, start, stop, position_um, bins_um, attempts, seed):
    """Rewires `post` in place; see `swap.rewire_directed`.

    Args:
        group: (E,) group of each edge, negative where it may not move.
        position_um: (N, axes) where moves must keep the histogram of lengths over `bins_um`; (0, 0) else.

    Returns:
        number of moves that changed the graph.
    """
    moves = 0
    for _ in range(attempts):
        p = _draw(seed, eligible.size)
        i = eligible[p]
        a, b = pre[i], post[i]
        way = _draw(seed, 4)
        if way == 3:
            j, k = _triangle(rows, post, a, b, seed)
            if k < 0 or group[j] != group[i] or group[k] != group[i]:
                continue
        else:
            j = eligible[start[p] + _draw(seed, stop[p] - start[p])]
            k = eligible[start[p] + _draw(seed, stop[p] - start[p])] if way == 2 else i
        c, d, e, f = pre[j], post[j], pre[k], post[k]
        if way < 2:
            if a == c:  # same source: the counts change places, the graph stays
                post[i], post[j] = d, b
                continue
            e, f = c, b  # the second edge takes what the first had
        elif a in (c, e) or c == e:
            continue
        if not _free(rows, post, a, d) or not _free(rows, post, c, f) or not _free(rows, post, e, b):
            continue
        if position_um.size:
            rotated = (e, f, b) if way >= 2 else (a, b, b)  # of a pair, the third edge is one that stays
            old = _lengths(position_um, bins_um, (a, c, rotated[0]), (b, d, rotated[1]))
            new = _lengths(position_um, bins_um, (a, c, rotated[0]), (d, f, rotated[2]))
            if old != new:
                continue
        post[i], post[j] = d, f
        if way >= 2:
            post[k] = b
        moves += 1
    return moves


@njit(inline="always")
def _triangle(rows, post, a, b, seed):
    """It returns an edge b→e drawn at random, and the edge e→a; -1 where there is none."""
    if rows[b] == rows[b + 1]:
        return -1, -1
    j = rows[b] + _draw(seed, rows[b + 1] - rows[b])
    e = post[j]
    if e in (a, b):
        return j, -1
    for k in range(rows[e], rows[e + 1]):
        if post[k] == a:
            return j, k
    return j, -1


@njit(inline="always")
def _free(rows, post, source, target):
    return source != target and not _has(post, rows[source], rows[source + 1], target)


@njit(inline="always")
def _lengths(position_um, bins_um, pre, post):
    """It returns (least, largest, sum) of the length bins of three edges: equal for equal sets alone."""
    first, second, third = (
        _bin(position_um, bins_um, pre[0], post[0]),
        _bin(position_um, bins_um, pre[1], post[1]),
        _bin(position_um, bins_um, pre[2], post[2]),
    )
    return min(first, second, third), max(first, second, third), first + second + third


NO_POSITIONS = np.zeros((0, 0))
NO_BINS = np.zeros(0)
