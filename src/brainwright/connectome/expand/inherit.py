"""Counts of new edges, each that of an original edge of like standing."""

import numpy as np

from brainwright.compiled import njit
from brainwright.connectome.edges import in_order
from brainwright.connectome.expand.lottery import CHUNK
from brainwright.connectome.expand.plan import Plan


def inherited_counts(rng, edges, plan: Plan, pre: np.ndarray, post: np.ndarray) -> np.ndarray:
    """It returns the count of each new edge: of a random edge of the parent into the same block, else of that
    pair of blocks, else of any.

    Args:
        edges: original `Edges` to copy from. pre, post: ends of the new edges.
    """
    nowhere = np.zeros(plan.parent.size, np.int64)
    count, open_ = np.zeros(pre.size, edges.count.dtype), np.ones(pre.size, bool)
    for source, target in ((plan.parent, plan.block), (plan.block, plan.block), (nowhere, nowhere)):
        left = None if open_.all() else np.flatnonzero(open_)
        if left is not None and not left.size:
            break
        tables = _tables(source[edges.pre], target[edges.post], edges.count)
        for first in range(0, pre.size if left is None else left.size, CHUNK):
            if left is None:
                place = np.arange(first, min(first + CHUNK, pre.size))
            else:
                place = left[first : first + CHUNK]
            _copy(rng.random(place.size), source, target, pre, post, place, *tables, count, open_)
    return count


def _tables(major: np.ndarray, minor: np.ndarray, count: np.ndarray):
    """Original edges by (major, minor): where each major begins, the minors, and the counts."""
    width = int(minor.max(initial=0)) + 1
    starts = np.concatenate([[0], np.cumsum(np.bincount(major))])
    key, order = in_order(major * np.int64(width) + minor)
    key %= width
    return starts, key.astype(np.int32), count[order]


@njit(cache=True)
def _copy(chance, source, target, pre, post, place, starts, minor, count, copied, open_):
    """Each new edge at `place` copies one of the originals with its (source, target), where there is one."""
    for i in range(place.size):
        at, major = place[i], source[pre[place[i]]]
        if major + 1 >= starts.size:
            continue
        row = minor[starts[major] : starts[major + 1]]
        wanted = target[post[at]]
        low = np.searchsorted(row, wanted)
        high = low + np.searchsorted(row[low:], wanted, side="right")
        if high > low:
            copied[at] = count[starts[major] + low + np.int64(chance[i] * (high - low))]
            open_[at] = False
