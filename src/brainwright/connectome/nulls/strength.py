"""The null that keeps degrees exactly and strengths closely."""

import numpy as np

from brainwright.compiled import njit
from brainwright.connectome.edges import ELECTRICAL
from brainwright.connectome.nulls.degree import degree_preserving
from brainwright.connectome.nulls.invariants import demand, each_kind, strengths
from brainwright.connectome.nulls.rewire import check, joined, row_starts
from brainwright.connectome.nulls.swap import _draw, _has

COLDEST = 0.3  # last temperature, in squared smallest counts


def strength_preserving(connectome, seed: int = 0, *, sweeps: int = 100, swaps_per_edge: float = 10.0):
    """Rewires by `degree_preserving`, then anneals until every cell receives about as much as it did.

    The energy is the sum over cells of the squared error of in-strength; a move exchanges the targets of two
    edges, each keeping its source and count, so that degrees and out-strength never change (after Misic et
    al. 2015, Neuron 86:1518, and Rubinov & Sporns 2011, NeuroImage 56:2068). The temperature falls from the
    scale of the largest count to below one, so that large counts settle before small ones.

    Kept exactly, and asserted: all that `degree_preserving` keeps. Kept closely: in-strength; the errors,
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
    if not relative.size:
        return after
    note = f"annealed: in-strength error median {np.median(relative):.2%}, mean {relative.mean():.2%}"
    return after.noted(note)


def strength_error(before, after) -> np.ndarray:
    """It returns the (n_cells,) in-strength of `after` minus that of `before`, synapse kinds summed."""
    old, new = (strengths(c.edges_of("chemical"), c.n_cells)[1] for c in (before, after))
    return new - old


def relative_strength_error(before, after) -> np.ndarray:
    """It returns |error| over in-strength, for the cells that receive anything."""
    target = strengths(before.edges_of("chemical"), before.n_cells)[1]
    return (np.abs(strength_error(before, after)) / np.where(target > 0, target, 1))[target > 0]


def _annealed(old, new, n: int, sweeps: int, stream):
    moving = new.take(new.pre != new.post)
    still = new.take(new.pre == new.post)
    if moving.pre.size < 2:
        return new
    post = moving.post.copy()
    error = np.bincount(new.post, new.count, n) - np.bincount(old.post, old.count, n)
    state = stream.generate_state(1, np.uint64)
    anneal(row_starts(moving.pre, n), moving.pre, post, moving.count.astype(np.float64), error, sweeps, state)
    return joined([moving._replace(post=post), still])


@njit(cache=True)
def anneal(rows, pre, post, count, error, sweeps, seed):
    """Exchanges targets of two edges, of one source or of two, downhill and while it is warm uphill too.

    Args:
        rows: (N + 1,) row starts. pre: (E,). post: (E,), changed in place. count: (E,) float64.
        error: (N,) in-strength error, changed in place.
        sweeps: exchanges proposed per edge; the last tenth is cold.
    """
    size = pre.size
    largest, least = np.max(count) ** 2, COLDEST * np.min(count) ** 2
    for sweep in range(sweeps):
        # falls geometrically from where all exchanges are taken; the last tenth goes downhill alone
        heat = largest * (least / largest) ** (sweep / sweeps) if sweep < 0.9 * sweeps else 0.0
        for attempt in range(size):
            i = _draw(seed, size)
            a, b = pre[i], post[i]
            j = _draw(seed, size) if attempt & 1 else rows[a] + _draw(seed, rows[a + 1] - rows[a])
            c, d = pre[j], post[j]
            shift = count[j] - count[i]
            if shift == 0.0 or b == d:
                continue
            rise = 2.0 * shift * (error[b] - error[d]) + 2.0 * shift * shift
            if rise >= 0.0:
                chance = (_draw(seed, 1 << 30) + 0.5) / (1 << 30)
                if heat == 0.0 or chance >= np.exp(-rise / heat):
                    continue
            if a != c:
                if a == d or c == b:
                    continue
                if _has(post, rows[a], rows[a + 1], d) or _has(post, rows[c], rows[c + 1], b):
                    continue
            error[b] += shift
            error[d] -= shift
            post[i], post[j] = d, b
