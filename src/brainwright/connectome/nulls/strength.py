"""The null that keeps degrees exactly and strengths closely."""

import numpy as np
from numba import njit

from brainwright.connectome.edges import ELECTRICAL
from brainwright.connectome.nulls.degree import degree_preserving
from brainwright.connectome.nulls.invariants import demand, each_kind, strengths
from brainwright.connectome.nulls.rewire import check, joined, row_starts
from brainwright.connectome.nulls.swap import _draw


def strength_preserving(connectome, seed: int = 0, *, sweeps: int = 100, swaps_per_edge: float = 10.0):
    """Rewires by `degree_preserving`, then anneals which of its edges each cell gives which count.

    The energy is the sum over cells of the squared error of in-strength; a move exchanges the counts of two
    edges of one source, so that out-strength never changes (after Misic et al. 2015, Neuron 86:1518, and
    Rubinov & Sporns 2011, NeuroImage 56:2068).

    Kept exactly, and asserted: all that `degree_preserving` keeps. Kept closely: in-strength; the errors,
        which are
    asserted to be no larger than those of `degree_preserving`, stand in the notes and come from
    `strength_error`. Gap junctions keep degrees and the multiset of conductances only.

    Args:
        sweeps: proposed exchanges per edge.
    """
    plain = degree_preserving(connectome, seed, swaps_per_edge=swaps_per_edge)
    streams = np.random.SeedSequence([seed, 1]).spawn(len(connectome.kinds))
    parts = []
    for (kind, old, new), stream in zip(each_kind(connectome, plain), streams, strict=True):
        parts.append(new if kind == ELECTRICAL else _annealed(old, new, connectome.n_cells, sweeps, stream))
    after = plain.with_edges(joined(parts))
    check(connectome, after)
    worse = [np.abs(strength_error(connectome, null)).sum() for null in (after, plain)]
    demand(worse[0] <= worse[1], "in-strength errors do not grow")
    relative = relative_strength_error(connectome, after)
    note = f"counts annealed: in-strength error median {np.median(relative):.2%}, mean {relative.mean():.2%}"
    return after.noted(note)


def strength_error(before, after) -> np.ndarray:
    """(n_cells,) in-strength of `after` minus that of `before`, synapse kinds summed."""
    old, new = (strengths(c.edges_of("chemical"), c.n_cells)[1] for c in (before, after))
    return new - old


def relative_strength_error(before, after) -> np.ndarray:
    """|error| over in-strength, for the cells that receive anything."""
    target = strengths(before.edges_of("chemical"), before.n_cells)[1]
    return (np.abs(strength_error(before, after)) / np.where(target > 0, target, 1))[target > 0]


def _annealed(old, new, n: int, sweeps: int, stream):
    moving = new.take(new.pre != new.post)
    still = new.take(new.pre == new.post)
    if moving.pre.size < 2:
        return new
    count = moving.count.astype(np.float64)
    carried = np.arange(count.size)
    error = np.bincount(new.post, new.count, n) - np.bincount(old.post, old.count, n)
    anneal(
        row_starts(moving.pre, n),
        moving.pre,
        moving.post,
        count,
        carried,
        error,
        sweeps,
        stream.generate_state(1, np.uint64),
    )
    sign = None if moving.sign is None else moving.sign[carried]
    return joined([moving._replace(count=count.astype(moving.count.dtype), sign=sign), still])


@njit(cache=True)
def anneal(rows, pre, post, count, carried, error, sweeps, seed):
    """Exchanges counts between edges of one source, downhill and at first a little uphill.

    Args:
        rows: (N + 1,) row starts. pre, post: (E,). count: (E,) float64, changed in place.
        carried: (E,) which original edge each count came from, changed in place.
        error: (N,) in-strength error, changed in place.
        sweeps: exchanges proposed per edge; the first half is warm.
    """
    size = pre.size
    start = np.mean(count) ** 2
    for sweep in range(sweeps):
        heat = start * (1.0 - 2.0 * sweep / sweeps) if 2 * sweep < sweeps else 0.0
        for _ in range(size):
            i = _draw(seed, size)
            first = rows[pre[i]]
            j = first + _draw(seed, rows[pre[i] + 1] - first)
            shift = count[j] - count[i]
            if shift == 0.0:
                continue
            b, d = post[i], post[j]
            rise = 2.0 * shift * (error[b] - error[d]) + 2.0 * shift * shift
            if rise < 0.0 or (heat > 0.0 and (_draw(seed, 1 << 30) + 0.5) / (1 << 30) < np.exp(-rise / heat)):
                error[b] += shift
                error[d] -= shift
                count[i], count[j] = count[j], count[i]
                carried[i], carried[j] = carried[j], carried[i]
