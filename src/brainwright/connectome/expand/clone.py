"""Controls of an expansion: copies of the original's own edges, and expansions of a null."""

import numpy as np

from brainwright.connectome.connectome import Connectome
from brainwright.connectome.edges import Edges
from brainwright.connectome.expand.block_model import block_model
from brainwright.connectome.expand.checks import check
from brainwright.connectome.expand.plan import expanded_cells, plan
from brainwright.connectome.nulls.rewire import joined


def clone(connectome, factor: float, seed: int = 0, *, by: str | None = None, preserve: str = "degree"):
    """It does as `block_model`, but new cells copy their parents' very edges: a control without statistical
    resampling.

    Every pair of copies of a and b carries the edge a→b, count and sign exact, with probability 1 / factor
    ("degree") or 1 ("density"). One draw serves both directions of a pair, so reciprocity stays.

    Args, Returns, Raises: as `block_model`.
    """
    chosen = plan(connectome, factor, seed, by, preserve)
    if chosen.parent.size == chosen.n:
        return connectome
    edges = connectome.edges
    new = _copies(edges.take(edges.pre != edges.post), chosen, seed)
    note = f"expanded {factor:g} times by cloning (seed {seed}, {preserve} kept)"
    after = Connectome.build(
        expanded_cells(connectome, chosen),
        joined([edges, new]),
        connectome.kinds,
        "count",
        connectome.source.noted(note),
    )
    check(connectome, after)
    return after


def _copies(edges: Edges, chosen, seed: int) -> Edges:
    """It returns all edges between copies, thinned, the original pair left out."""
    order = np.argsort(chosen.parent, kind="stable")
    starts = np.searchsorted(chosen.parent[order], np.arange(chosen.n + 1))
    width = np.diff(starts)
    pairs = width[edges.pre].astype(np.int64) * width[edges.post]
    source = np.repeat(np.arange(edges.pre.size), pairs)
    rank = np.arange(source.size) - np.repeat(np.cumsum(pairs) - pairs, pairs)
    a = order[starts[edges.pre[source]] + rank // width[edges.post[source]]]
    b = order[starts[edges.post[source]] + rank % width[edges.post[source]]]
    keep = ((a >= chosen.n) | (b >= chosen.n)) & (_coin(a, b, seed) < chosen.thinning)
    return edges.take(source[keep])._replace(pre=a[keep].astype(np.int32), post=b[keep].astype(np.int32))


def _coin(a: np.ndarray, b: np.ndarray, seed: int) -> np.ndarray:
    """It returns a uniform number in [0, 1) for each unordered pair (splitmix64 of both ends)."""
    low, high = np.minimum(a, b).astype(np.uint64), np.maximum(a, b).astype(np.uint64)
    z = (low << np.uint64(32) | high) + np.random.SeedSequence([seed, 2]).generate_state(1, np.uint64)[0]
    z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return ((z ^ (z >> np.uint64(31))) >> np.uint64(11)) / 2.0**53


def expanded_null(connectome, factor: float, seed: int = 0, *, null, **options):
    """It expands a null of the original by `block_model`: the control of any scaling curve.

    Args:
        null: function (connectome, seed) → Connectome, from `nulls`.
        options: as of `block_model`.
    """
    return block_model(null(connectome, seed), factor, seed, **options)
