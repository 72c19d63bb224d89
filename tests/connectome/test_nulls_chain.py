"""The compiled rewiring chain makes the very moves of the same chain in plain Python."""

import numpy as np
import pytest

from brainwright.connectome.edges import Edges
from brainwright.connectome.nulls import swap
from brainwright.connectome.nulls.rewire import grouped, row_starts

MASK = (1 << 64) - 1


def plain_chain(pre, post, eligible, start, stop, attempts, state):
    """Moves by sets of pairs, in whole numbers; returns the targets and the number of moves."""
    post, moves = post.tolist(), 0
    pre, pairs = pre.tolist(), set(zip(pre.tolist(), post, strict=True))

    def draw(n):
        nonlocal state
        state = (state + 0x9E3779B97F4A7C15) & MASK
        z = ((state ^ (state >> 30)) * 0xBF58476D1CE4E5B9) & MASK
        z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & MASK
        return (((z ^ (z >> 31)) >> 32) * n) >> 32

    for attempt in range(attempts):
        p = draw(len(eligible))
        own = 0 if len(start) == 1 else p
        others = 2 if attempt % swap.TRIPLE == 0 else 1
        places = [p, *(start[own] + draw(stop[own] - start[own]) for _ in range(others))]
        edges = [int(eligible[place]) for place in places]
        sources, targets = [pre[e] for e in edges], [post[e] for e in edges]
        after = [*targets[1:], targets[0]]
        if others == 1 and sources[0] == sources[1]:
            post[edges[0]], post[edges[1]] = after
            continue
        new = list(zip(sources, after, strict=True))
        repeated = len(set(sources)) < len(sources) or any(pair in pairs for pair in new)
        if repeated or any(a == b for a, b in new):
            continue
        pairs -= set(zip(sources, targets, strict=True))
        pairs |= set(new)
        for edge, target in zip(edges, after, strict=True):
            post[edge] = target
        moves += 1
    return post, moves


@pytest.mark.parametrize("groups", [1, 3])
@pytest.mark.parametrize("density", [0.05, 0.5, 0.9])
def test_chain_in_plain_python(groups, density):
    """Sparse rows and full ones, with autapses that stay, over more attempts than are called near at once."""
    n, rng = 40, np.random.default_rng(int(100 * density) + groups)
    pre, post = np.nonzero(rng.random((n, n)) < density)
    pre, post = pre.astype(np.int32), post.astype(np.int32)
    edges = Edges(pre, post, np.ones(pre.size, np.int32), np.zeros(pre.size, np.uint8))
    eligible, start, stop = grouped(edges, (post % groups).astype(np.int32))
    expected = plain_chain(pre, post, eligible, start.tolist(), stop.tolist(), 4_001, 5)
    rewired = post.copy()
    moves = swap.rewire_directed(
        row_starts(pre, n), pre, rewired, eligible, start, stop, 4_001, np.array([5], np.uint64)
    )
    assert (rewired.tolist(), moves) == expected
    assert moves > 0


def test_every_edge_stays_marked_and_marks_are_set_anew():
    """A joined pair without a mark would be taken for free; marks that are never set anew fill up."""
    n, rng = 60, np.random.default_rng(8)
    pre, post = (x.astype(np.int32) for x in np.nonzero(rng.random((n, n)) < 0.1))
    rows, marks = row_starts(pre, n), np.empty(swap.SLOTS // 8 * pre.size, np.uint8)
    whole = np.array([0]), np.array([pre.size])
    moves = swap._rewire(rows, pre, post, whole[0][:0], *whole, 6_000, np.array([5], np.uint64), marks)
    assert moves > 5 * pre.size
    slots = np.array([swap._slot(rows, *pair) for pair in zip(pre, post, strict=True)])
    set_bits = np.unpackbits(marks, bitorder="little")
    assert set_bits[slots].all()
    assert set_bits.mean() < 4 / swap.SLOTS
