"""Canonical edge arrays: checked, unsigned magnitudes, sorted by (pre, post, kind).

Index arrays rather than id columns keep a 15-million-edge diagram at about 13 bytes an edge, and the order
makes the presynaptic CSR free.
"""

from typing import NamedTuple

import numpy as np

from brainwright.connectome.errors import ConnectomeError
from brainwright.signal.native import native

ELECTRICAL = "electrical"
LARGEST_COUNT = np.iinfo(np.int32).max


class Edges(NamedTuple):
    """They are arrays of equal length E.

    `pre`, `post`: int32 cell indices. `count`: int32 synapse counts, or float64 magnitudes. `kind`: uint8
    index into the kinds. `sign`: int8 in {-1, 1} for each edge, or None when the edges came unsigned.
    """

    pre: np.ndarray
    post: np.ndarray
    count: np.ndarray
    kind: np.ndarray
    sign: np.ndarray | None = None

    def native(self) -> "Edges":
        """It returns the same edges in this machine's byte order, each array in one piece."""
        sign = None if self.sign is None else native(self.sign)
        return Edges(native(self.pre), native(self.post), native(self.count), native(self.kind), sign)

    def take(self, index) -> "Edges":
        """It returns the edges at `index` (indices, a mask or a slice)."""
        sign = None if self.sign is None else self.sign[index]
        return Edges(self.pre[index], self.post[index], self.count[index], self.kind[index], sign)


def magnitudes(weight, unit: str = "auto") -> tuple[np.ndarray, np.ndarray | None, str]:
    """Splits weights into magnitude and sign, and says whether they are counts.

    Args:
        weight: (E,) numbers.
        unit: "count" (integers >= 0, else an error), "real", or "auto": counts when all are whole numbers.

    Returns:
        magnitude (int32 counts or float64), sign (int8, or None when no weight is negative), unit.

    Raises:
        ConnectomeError: NaN or infinite weights; declared counts that are fractional or negative; huge
            counts.
    """
    weight = np.asarray(weight)
    if unit not in ("auto", "count", "real"):
        raise ConnectomeError(f'expected unit "auto", "count" or "real", got {unit!r}')
    if weight.dtype == bool:
        weight = weight.astype(np.int8)
    if not np.issubdtype(weight.dtype, np.number) or np.issubdtype(weight.dtype, np.complexfloating):
        raise ConnectomeError(
            f"expected numeric weights, got {weight.dtype}: name the column that holds the count"
        )
    whole = _all_whole(weight)
    negative = weight < 0
    if unit == "count" and (not whole or negative.any()):
        bad = weight[negative | (weight != np.floor(weight))]
        raise ConnectomeError(
            f"declared counts must be whole and not negative, got {bad[0]} in {bad.size} of {weight.size} "
            f"edges: "
            'pass unit="real", or unit="auto" to split signs off'
        )
    sign = np.where(negative, -1, 1).astype(np.int8) if negative.any() else None
    unit = "count" if unit != "real" and whole else "real"
    if unit == "real":
        return np.abs(weight, dtype=np.float64), sign, unit
    if weight.size and max(-int(weight.min()), int(weight.max())) > LARGEST_COUNT:
        raise ConnectomeError(
            f'a synapse count exceeds {LARGEST_COUNT}: pass unit="real" if these are not counts'
        )
    return np.abs(weight.astype(np.int32)), sign, unit


def _all_whole(weight: np.ndarray) -> bool:
    if np.issubdtype(weight.dtype, np.integer):
        return True
    if not np.isfinite(weight).all():
        bad = int((~np.isfinite(weight)).sum())
        raise ConnectomeError(
            f"expected finite weights, got NaN or infinity in {bad} edges: fill or drop those rows"
        )
    return bool((weight == np.floor(weight)).all())


def canonical(
    edges: Edges, kinds: tuple[str, ...], n_cells: int, duplicates: str = "error", ids=None
) -> tuple[Edges, int]:
    """Sorts by (pre, post, kind); refuses or sums repeated edges; stores each gap junction once, low index
    first.

    Args:
        edges: arrays in any order, indices within [0, n_cells).
        kinds: names that `edges.kind` points into.
        n_cells: number of cells.
        duplicates: "error", "sum" or "max" (for gap junctions listed in both directions).
        ids: (n_cells,) names of the cells for the error; their numbers where None.

    Returns:
        the canonical edges, and how many rows were merged away.
    """
    if duplicates not in ("error", "sum", "max"):
        raise ConnectomeError(f'expected duplicates "error", "sum" or "max", got {duplicates!r}')
    edges = _low_first(edges, kinds)
    key = edges.pre.astype(np.int64) * n_cells + edges.post
    if len(kinds) > 1:
        if n_cells > 2**27:
            raise ConnectomeError(f"expected fewer than 2^27 cells with several kinds, got {n_cells}")
        key = key * len(kinds) + edges.kind
    if key.size and not (key[1:] > key[:-1]).all():
        key, edges = _sorted(key, edges)
    first = np.concatenate([[True], key[1:] != key[:-1]])[: key.size]
    repeated = int(key.size - first.sum())
    return (_merge(edges, first, duplicates, ids) if repeated else edges), repeated


def _sorted(key: np.ndarray, edges: Edges) -> tuple[np.ndarray, Edges]:
    """The sort is stable, by key."""
    key, order = in_order(key)
    return key, edges.take(order)


def in_order(key: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """It sorts whole numbers >= 0, in place where it can; returns them and, stable, where each came from.

    Where both fit into 63 bits, key and position are sorted as one number: far faster.
    """
    bits = int(max(key.size - 1, 0)).bit_length()
    if int(key.max(initial=0)).bit_length() + bits > 63:
        order = np.argsort(key, kind="stable")
        return key[order], order
    key <<= bits
    key |= np.arange(key.size)
    key.sort()
    order = (key & ((1 << bits) - 1)).astype(np.int32 if bits < 32 else np.int64)
    key >>= bits
    return key, order


def _low_first(edges: Edges, kinds: tuple[str, ...]) -> Edges:
    if ELECTRICAL not in kinds:
        return edges
    flip = (edges.kind == kinds.index(ELECTRICAL)) & (edges.pre > edges.post)
    return edges._replace(
        pre=np.where(flip, edges.post, edges.pre), post=np.where(flip, edges.pre, edges.post)
    )


def _merge(edges: Edges, first: np.ndarray, duplicates: str, ids) -> Edges:
    if duplicates == "error":
        at = int(np.flatnonzero(~first)[0])
        pre, post = edges.pre[at], edges.post[at]
        named = f"cells number {pre} and {post}" if ids is None else f"cells {ids[pre]!s} and {ids[post]!s}"
        raise ConnectomeError(
            f"{int((~first).sum())} repeated edges of the same kind, first between {named}: pass "
            'duplicates="sum" to add their counts up, "max" where both directions of a junction are listed'
        )
    starts = np.flatnonzero(first)
    signed = edges.count if edges.sign is None else edges.count * edges.sign
    wide = signed.astype(np.int64) if signed.dtype.kind == "i" else signed
    merged = (np.add if duplicates == "sum" else np.maximum).reduceat(wide, starts)
    if wide.dtype.kind == "i" and merged.size and np.abs(merged).max() > LARGEST_COUNT:
        raise ConnectomeError(f"summed counts exceed {LARGEST_COUNT}")
    sign = None if edges.sign is None else np.where(merged < 0, -1, 1).astype(np.int8)
    kept = edges.take(starts)._replace(count=np.abs(merged).astype(edges.count.dtype), sign=sign)
    return kept if kept.count.all() else kept.take(kept.count != 0)
