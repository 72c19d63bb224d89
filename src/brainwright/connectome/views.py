"""What `Connectome` shows of itself: checks, matrices, tables, subsets. Vectorised; no copies of the edges
kept.
"""

from dataclasses import replace

import numpy as np
import pandas as pd
from scipy import sparse

from brainwright.connectome.edges import ELECTRICAL, Edges, canonical
from brainwright.connectome.errors import ConnectomeError, shown
from brainwright.connectome.ids import unique_index
from brainwright.connectome.query import answered


def validate(connectome) -> None:
    """Raises `ConnectomeError` unless cells and edges fit together."""
    cells, edges = connectome._cells, connectome.edges
    if "id" not in cells:
        raise ConnectomeError(
            f"expected a cells table with an 'id' column, got {shown(list(cells.columns), 20)}"
        )
    unique_index(cells["id"])
    lengths = {array.shape for array in edges if array is not None}
    if len(lengths) > 1:
        raise ConnectomeError(f"edge arrays differ in shape: {lengths}")
    for name, end in (("pre", edges.pre), ("post", edges.post)):
        if end.size and not (end.min() >= 0 and end.max() < len(cells)):
            raise ConnectomeError(f"{name} index {end.min()}..{end.max()} outside the {len(cells)} cells")
    if edges.kind.size and edges.kind.max() >= len(connectome.kinds):
        raise ConnectomeError(f"edge kind {edges.kind.max()} outside {connectome.kinds}")
    if edges.count.size and not edges.count.min() > 0:
        raise ConnectomeError("expected edge magnitudes above zero")
    if len(set(connectome.kinds)) != len(connectome.kinds):
        raise ConnectomeError(f"kind names repeat: {connectome.kinds}")
    if "sign" in cells and not _signs_fit(cells["sign"]):
        raise ConnectomeError(
            f"expected cell signs that are numbers within [-1, 1], got {cells['sign'].dtype}"
        )


def _signs_fit(sign: pd.Series) -> bool:
    known = sign.dropna()
    return pd.api.types.is_numeric_dtype(known.dtype) and bool(known.between(-1, 1).all())


def edges_of(connectome, kind: str | None) -> Edges:
    """It returns the edge rows of one kind, of all synapses ("chemical"), or all (None)."""
    edges, kinds = connectome.edges, connectome.kinds
    if kind is None or kinds == (kind,) or (kind == "chemical" and ELECTRICAL not in kinds):
        return edges
    if kind in kinds:
        return edges.take(edges.kind == kinds.index(kind))
    if kind == "chemical":
        return edges.take(edges.kind != kinds.index(ELECTRICAL))
    raise ConnectomeError(f"no edges of kind {kind!r}: there are {shown(kinds, 30)}")


def weights(connectome, signs, kind, dtype, format):
    """See `Connectome.weights`."""
    if format not in ("csr", "csc", "coo"):
        raise ConnectomeError(f'expected format "csr", "csc" or "coo", got {format!r}')
    kind = kind or ("chemical" if connectome.kinds != (ELECTRICAL,) else ELECTRICAL)
    edges = edges_of(connectome, kind)
    data = edges.count if signs is None else _signed(connectome, edges, signs, kind)
    data = data if dtype is None else data.astype(dtype)
    if kind == ELECTRICAL:
        edges, data = _both_ways(edges, data)
    shape = (connectome.n_cells, connectome.n_cells)
    if kind == ELECTRICAL or format == "coo":
        matrix = sparse.coo_array((data, (edges.post, edges.pre)), shape=shape)
        return matrix if format == "coo" else matrix.asformat(format)
    columns = np.searchsorted(edges.pre, np.arange(shape[1] + 1)).astype(np.int32)
    matrix = sparse.csc_array(
        (data.copy() if data is edges.count else data, edges.post.copy(), columns), shape=shape
    )
    matrix.sum_duplicates()
    return matrix.asformat(format)


def _signed(connectome, edges: Edges, signs, kind: str) -> np.ndarray:
    if kind == ELECTRICAL:
        raise ConnectomeError("gap junctions carry no sign: call weights(kind='electrical') without signs")
    if isinstance(signs, str):
        return _given(connectome, edges, signs)
    values = np.asarray(getattr(signs, "values", signs))
    if values.shape != (connectome.n_cells,):
        raise ConnectomeError(f"expected one sign per cell ({connectome.n_cells},), got shape {values.shape}")
    if not (np.abs(values) <= 1).all():
        raise ConnectomeError(
            "expected signs within [-1, 1], got NaN or larger: decide what unknown cells get"
        )
    if np.isin(values, (-1, 0, 1)).all():
        values = values.astype(np.int8)
    return edges.count * values[edges.pre]


def _given(connectome, edges: Edges, signs: str) -> np.ndarray:
    if signs != "given":
        raise ConnectomeError(f'expected signs None, "given", an array or a signs.Signs, got {signs!r}')
    if edges.sign is not None:
        return edges.count * edges.sign
    if "sign" not in connectome._cells:
        raise ConnectomeError(
            "this connectome carries no signs: choose a policy from brainwright.connectome.signs"
        )
    return _signed(connectome, edges, connectome._cells["sign"].to_numpy(), "chemical")


def _both_ways(edges: Edges, data: np.ndarray) -> tuple[Edges, np.ndarray]:
    twin = edges.pre != edges.post
    mirrored = edges._replace(
        pre=np.concatenate([edges.pre, edges.post[twin]]), post=np.concatenate([edges.post, edges.pre[twin]])
    )
    return mirrored, np.concatenate([data, data[twin]])


def synapse_table(connectome) -> pd.DataFrame:
    """It returns the edges as a table with ids."""
    edges = connectome.edges
    columns = {
        "pre": connectome.ids[edges.pre],
        "post": connectome.ids[edges.post],
        "count": edges.count,
        "kind": pd.Categorical.from_codes(edges.kind, categories=list(connectome.kinds)),
    }
    if edges.sign is not None:
        columns["sign"] = edges.sign
    return pd.DataFrame(columns)


def pools(connectome) -> dict[str, np.ndarray]:
    """See `Connectome.pools`."""
    cells, members = connectome._cells, {}
    if "pool" in cells:
        for name in cells["pool"].dropna().unique():
            members[str(name)] = np.flatnonzero((cells["pool"] == name).to_numpy(bool, na_value=False))
    for column in cells.columns:
        if str(column).startswith("pool:"):
            members[str(column).removeprefix("pool:")] = np.flatnonzero(cells[column].to_numpy(bool))
    return members


def chosen(connectome, ids, where) -> np.ndarray:
    """It returns the sorted positions named by ids, a mask, positions or a query."""
    if (ids is None) == (where is None):
        raise ConnectomeError("expected either ids or where=, not both and not neither")
    if ids is not None:
        return np.unique(connectome.locate(ids))
    if isinstance(where, str):
        return np.flatnonzero(answered(connectome._cells, where))
    where = np.asarray(where)
    where = where.astype(np.int64) if where.size == 0 else where
    if where.ndim != 1 or where.dtype.kind not in "biu":
        raise ConnectomeError(
            f"expected a mask, positions or a query, got {where.dtype} of shape {where.shape}"
        )
    if where.dtype == bool and where.shape != (connectome.n_cells,):
        raise ConnectomeError(f"expected a mask of shape ({connectome.n_cells},), got {where.shape}")
    positions = np.flatnonzero(where) if where.dtype == bool else np.unique(where)
    if positions.size and not (positions[0] >= 0 and positions[-1] < connectome.n_cells):
        raise ConnectomeError(
            f"positions {positions[0]}..{positions[-1]} outside the {connectome.n_cells} cells"
        )
    return positions


def subset(connectome, positions: np.ndarray):
    """It returns the cells at these sorted positions and the edges among them."""
    renumber = np.full(connectome.n_cells, -1, np.int32)
    renumber[positions] = np.arange(positions.size, dtype=np.int32)
    edges = connectome.edges
    edges = edges.take((renumber[edges.pre] >= 0) & (renumber[edges.post] >= 0))
    edges = edges._replace(pre=renumber[edges.pre], post=renumber[edges.post])
    note = f"subset: {positions.size} of {connectome.n_cells} cells"
    cells = connectome._cells.iloc[positions].reset_index(drop=True)
    return replace(connectome, _cells=cells, edges=edges, source=connectome.source.noted(note))


def merge_parallel(connectome):
    """See `Connectome.merge_parallel`."""
    kinds = ("chemical", ELECTRICAL) if ELECTRICAL in connectome.kinds else ("chemical",)
    code = np.array([int(kind == ELECTRICAL) for kind in connectome.kinds], np.uint8)
    edges = connectome.edges._replace(kind=code[connectome.edges.kind])
    merged, repeated = canonical(edges, kinds, connectome.n_cells, "sum")
    note = f"{repeated} parallel rows merged into {kinds[0]!r}"
    return replace(connectome, edges=merged, kinds=kinds, source=connectome.source.noted(note))
