"""What nulls promise to keep, as checks. Each raises `InvariantError` and names what drifted."""

import numpy as np

from brainwright.connectome.edges import ELECTRICAL, Edges
from brainwright.connectome.errors import InvariantError


def demand(holds: bool, promise: str) -> None:
    """Raises `InvariantError` unless `holds`."""
    if not holds:
        raise InvariantError(f"the null broke its promise: {promise}")


def each_kind(before, after):
    """Yields (kind, edges before, edges after) for every kind of the original."""
    demand(before.kinds == after.kinds, "the kinds of connection stay the same")
    for kind in before.kinds:
        yield kind, before.edges_of(kind), after.edges_of(kind)


def degrees(edges: Edges, n: int, kind: str) -> tuple[np.ndarray, np.ndarray]:
    """It returns the (n,) out- and in-degrees; for gap junctions the two are one."""
    out, into = np.bincount(edges.pre, minlength=n), np.bincount(edges.post, minlength=n)
    return (out + into, out + into) if kind == ELECTRICAL else (out, into)


def strengths(edges: Edges, n: int) -> tuple[np.ndarray, np.ndarray]:
    """It returns the (n,) float64 out- and in-strengths."""
    return np.bincount(edges.pre, edges.count, n), np.bincount(edges.post, edges.count, n)


def same_size(before, after) -> None:
    """It demands the same cells, the same number of edges and the same multiset of counts, kind by kind."""
    demand(before.cells["id"].equals(after.cells["id"]), "the cells stay the same")
    for kind, old, new in each_kind(before, after):
        demand(old.pre.size == new.pre.size, f"the number of {kind} edges stays the same")
        demand(
            np.array_equal(np.sort(old.count), np.sort(new.count)),
            f"the {kind} counts stay the same as a set",
        )


def same_degrees(before, after) -> None:
    """It demands every in- and out-degree, kind by kind."""
    for kind, old, new in each_kind(before, after):
        pairs = zip(degrees(old, before.n_cells, kind), degrees(new, before.n_cells, kind), strict=True)
        demand(all(np.array_equal(a, b) for a, b in pairs), f"{kind} degrees stay the same")


def same_out_weights(before, after) -> None:
    """It demands the set of counts (and edge signs) that each cell sends, kind by kind; gap junctions are
    left out.
    """
    for kind, old, new in each_kind(before, after):
        if kind != ELECTRICAL:
            demand(
                np.array_equal(_sent(old), _sent(new)),
                f"the {kind} counts that each cell sends stay the same",
            )


def _sent(edges: Edges) -> np.ndarray:
    signed = edges.count if edges.sign is None else edges.count * edges.sign
    if signed.dtype.kind == "f":
        order = np.lexsort((signed, edges.pre))
        return np.stack([edges.pre[order], signed[order]])
    return np.sort((edges.pre.astype(np.int64) << 32) + signed)


def same_autapses(before, after) -> None:
    """Autapses stay where they are, and none is added."""
    for kind, old, new in each_kind(before, after):
        loops = [edges.take(edges.pre == edges.post) for edges in (old, new)]
        same = np.array_equal(loops[0].pre, loops[1].pre) and np.array_equal(loops[0].count, loops[1].count)
        demand(same, f"{kind} autapses stay where they are")


def no_repeats(after) -> None:
    """It demands at most one edge per pair and kind."""
    for kind, _, edges in each_kind(after, after):
        key = edges.pre.astype(np.int64) * after.n_cells + edges.post
        demand(bool((np.diff(key) > 0).all()), f"no {kind} edge is repeated")


def same_group_counts(before, after, groups: np.ndarray, group_name: str) -> None:
    """It demands as many edges between every ordered pair of groups of cells ((n_cells,) codes), kind by
    kind.
    """
    for kind, old, new in each_kind(before, after):
        counts = [_group_counts(edges, groups, kind == ELECTRICAL) for edges in (old, new)]
        demand(
            np.array_equal(counts[0], counts[1]),
            f"{kind} edges from {group_name} to {group_name} stay as many",
        )


def _group_counts(edges: Edges, groups: np.ndarray, undirected: bool) -> np.ndarray:
    k = int(groups.max(initial=-1)) + 1
    a, b = groups[edges.pre], groups[edges.post]
    if undirected:
        a, b = np.minimum(a, b), np.maximum(a, b)
    return np.bincount(a.astype(np.int64) * k + b, minlength=k * k)


def same_topology(before, after) -> None:
    """Every edge stays where it is."""
    for kind, old, new in each_kind(before, after):
        same = np.array_equal(old.pre, new.pre) and np.array_equal(old.post, new.post)
        demand(same, f"{kind} edges stay where they are")


def overlap(before, after) -> float:
    """It is the share of the edges (autapses aside) of `before` that `after` has too."""
    key = [c.edges.pre.astype(np.int64) * c.n_cells + c.edges.post for c in (before, after)]
    key = [k[c.edges.pre != c.edges.post] for k, c in zip(key, (before, after), strict=True)]
    return float(np.isin(key[0], key[1]).mean()) if key[0].size else 1.0
