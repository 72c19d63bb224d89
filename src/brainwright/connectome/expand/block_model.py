"""Expansion by a directed, degree-corrected stochastic block model that keeps Dale's law."""

import numpy as np

from brainwright.connectome.among import among
from brainwright.connectome.connectome import Connectome
from brainwright.connectome.edges import ELECTRICAL, Edges
from brainwright.connectome.expand.checks import check
from brainwright.connectome.expand.draw import new_edges
from brainwright.connectome.expand.inherit import inherited_counts
from brainwright.connectome.expand.plan import expanded_cells, plan
from brainwright.connectome.nulls.rewire import joined
from brainwright.connectome.signs import Given


def block_model(
    connectome,
    factor: float,
    seed: int = 0,
    *,
    by: str | None = None,
    preserve: str = "degree",
    reciprocity: bool = True,
):
    """It returns a diagram `factor` times as large that holds the original as an exact subgraph.

    Each new cell has a parent in its block and inherits its type, pool, transmitter, sign and propensities
    (degree-corrected block model: Karrer & Newman 2011, Phys. Rev. E 83:016107). Kept exactly, and asserted:
    the original edges, counts and signs; Dale's law; no repeated edge, no new autapse. Kept in expectation:
    edges between blocks, degrees, counts, and with `reciprocity` the share of answered edges.

    Args:
        connectome: with whole counts.
        factor: >= 1, whole or not; 1 returns the input.
        seed: equal seeds give equal graphs.
        by: cell column naming the blocks; the first of type, class, pool that exists where None, else one
            block.
        preserve: "degree" keeps the in-degree of new cells at their parents' (edges grow about as factor),
            "density" keeps the share of pairs that are joined (edges grow as factor squared).
        reciprocity: draw answered edges (a→b with b→a) as pairs, by a block model of their own; without it
            reciprocity falls to chance as the diagram grows.

    Returns:
        Connectome with cell columns `parent` (id; originals their own) and `copy`.

    Raises:
        ConnectomeError: real weights, factor below 1, edge signs that break Dale's law.
        InvariantError: a promise was broken.
    """
    chosen = plan(connectome, factor, seed, by, preserve)
    if chosen.parent.size == chosen.n:
        return connectome
    rng = np.random.default_rng([seed, 1])
    signs = Given(unknown=1.0)(connectome).values.astype(np.int8) if connectome.is_signed else None
    parts, unplaced = [], 0
    for code, kind in enumerate(connectome.kinds):
        edges = connectome.edges_of(kind)
        added, lost = _added(rng, edges, chosen, kind == ELECTRICAL, reciprocity)
        kinds = np.full(added[0].size, code, np.uint8)
        sign = None if signs is None else signs[chosen.parent[added[0]]]
        parts += [edges, Edges(*added, kinds, sign)]
        unplaced += lost
    note = f"expanded {factor:g} times by block model (seed {seed}, {preserve} kept)"
    source = connectome.source.noted(note + (f"; {unplaced} edges not placed" if unplaced else ""))
    cells = expanded_cells(connectome, chosen)
    together = joined(parts)
    del parts, edges, added, kinds, sign  # the arrays are long, and `together` has them
    after = Connectome.build(cells, together, connectome.kinds, "count", source)
    check(connectome, after)
    return after


def _added(rng, edges: Edges, chosen, undirected: bool, reciprocity: bool):
    """It returns the ends and counts of the new edges of one kind, and how many could not be placed."""
    apart = edges.take(edges.pre != edges.post)
    if undirected and apart.pre.size:
        pre, post = np.concatenate([apart.pre, apart.post]), np.concatenate([apart.post, apart.pre])
        a, b, lost = new_edges(rng, pre, post, chosen, True)
        return _counted(rng, apart, chosen, a, b), lost
    answered = _answered(apart, chosen.n) if reciprocity else np.zeros(apart.pre.size, bool)
    mutual, single = apart.take(answered), apart.take(~answered)
    a, b, lost = new_edges(rng, mutual.pre, mutual.post, chosen, True) if answered.any() else (*_NOTHING, 0)
    pairs = np.concatenate([a, b]), np.concatenate([b, a])
    taken = pairs[0].astype(np.int64) * chosen.parent.size + pairs[1]
    c, d, more = (
        (*_NOTHING, 0) if answered.all() else new_edges(rng, single.pre, single.post, chosen, False, taken)
    )
    parts = _counted(rng, mutual, chosen, *pairs), _counted(rng, single, chosen, c, d)
    return tuple(np.concatenate(column) for column in zip(*parts, strict=True)), 2 * lost + more


_NOTHING = (np.empty(0, np.int32), np.empty(0, np.int32))


def _answered(edges: Edges, n: int) -> np.ndarray:
    """It says for each edge, (E,), whether the edge back exists too; edges are sorted by (pre, post)."""
    back = edges.post.astype(np.int64) * n
    back += edges.pre
    back.sort()
    return among(edges.pre.astype(np.int64) * n + edges.post, back)


def _counted(rng, edges: Edges, chosen, a: np.ndarray, b: np.ndarray):
    count = inherited_counts(rng, edges, chosen, a, b) if a.size else np.empty(0, edges.count.dtype)
    return a.astype(np.int32, copy=False), b.astype(np.int32, copy=False), count
