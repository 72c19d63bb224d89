"""Expansion by a directed, degree-corrected stochastic block model that keeps Dale's law."""

import numpy as np

from brainwright.connectome.connectome import Connectome
from brainwright.connectome.edges import ELECTRICAL, Edges
from brainwright.connectome.expand.checks import check
from brainwright.connectome.expand.draw import inherited_counts, new_edges
from brainwright.connectome.expand.plan import expanded_cells, plan
from brainwright.connectome.nulls.rewire import joined
from brainwright.connectome.signs import Given


def block_model(connectome, factor: float, seed: int = 0, *, by: str | None = None, preserve: str = "degree"):
    """A diagram `factor` times as large that holds the original as an exact subgraph.

    Each new cell has a parent in its block and inherits its type, pool, transmitter, sign and propensities
    (degree-corrected block model: Karrer & Newman 2011, Phys. Rev. E 83:016107). Kept exactly, and asserted:
    the original edges, counts and signs; Dale's law; no repeated edge, no new autapse. Kept in expectation:
    edges between blocks, degrees, counts. Not kept: reciprocity, which falls.

    Args:
        connectome: with whole counts.
        factor: >= 1, whole or not; 1 returns the input.
        seed: equal seeds give equal graphs.
        by: cell column naming the blocks; the first of type, class, pool that exists where None, else one
            block.
        preserve: "degree" keeps the in-degree of new cells at their parents' (edges grow about as factor),
            "density" keeps the share of pairs that are joined (edges grow as factor squared).

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
        added, lost = _added(rng, edges, chosen, kind == ELECTRICAL)
        kinds = np.full(added[0].size, code, np.uint8)
        sign = None if signs is None else signs[chosen.parent[added[0]]]
        parts += [edges, Edges(*added, kinds, sign)]
        unplaced += lost
    note = f"expanded {factor:g} times by block model (seed {seed}, {preserve} kept)"
    source = connectome.source.noted(note + (f"; {unplaced} edges not placed" if unplaced else ""))
    cells = expanded_cells(connectome, chosen)
    after = Connectome.build(cells, joined(parts), connectome.kinds, "count", source)
    check(connectome, after)
    return after


def _added(rng, edges: Edges, chosen, undirected: bool):
    apart = edges.take(edges.pre != edges.post)
    if not apart.pre.size:
        return (np.empty(0, np.int32), np.empty(0, np.int32), np.empty(0, edges.count.dtype)), 0
    pre, post = apart.pre, apart.post
    if undirected:
        pre, post = np.concatenate([pre, post]), np.concatenate([post, pre])
    a, b, lost = new_edges(rng, pre, post, chosen, undirected)
    count = inherited_counts(rng, apart, chosen, a, b)
    return (a.astype(np.int32), b.astype(np.int32), count), lost
