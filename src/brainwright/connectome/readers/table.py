"""Edge and cell tables (pandas) into a `Connectome`."""

import numpy as np
import pandas as pd

from brainwright.connectome.connectome import Connectome
from brainwright.connectome.edges import Edges, magnitudes
from brainwright.connectome.errors import ConnectomeError, shown
from brainwright.connectome.ids import clean_ids, locate
from brainwright.connectome.readers.columns import CELL_ID, guess, resolve
from brainwright.connectome.source import Source


def from_dataframe(
    edges: pd.DataFrame,
    cells: pd.DataFrame | None = None,
    *,
    pre: str | None = None,
    post: str | None = None,
    count: str | None = None,
    kind: str | None = None,
    id: str | None = None,
    unit: str = "auto",
    duplicates: str = "error",
    source: Source | None = None,
) -> Connectome:
    """A `Connectome` from an edge table, one row per connection, and if wanted a cell table.

    Args:
        edges: columns of presynaptic id, postsynaptic id and, if any, count. Negative weights become edge
            signs times magnitudes; rows of weight 0 are dropped, which the notes say.
        cells: one row per cell; without it the cells are the ids that appear in the edges, sorted.
        pre, post, count: column names; guessed, and then stated in the notes, where None.
        kind: column naming the kind of each connection; "electrical" rows are gap junctions.
        id: id column of `cells`; guessed where None.
        unit: "count" refuses fractional and negative weights; "real" takes any; "auto" looks.
        duplicates: what to do with repeated (pre, post, kind): "error", "sum", or "max".
        source: provenance.

    Raises:
        ConnectomeError: no rows, missing columns, NaN, unknown ids, repeated edges, ids that lost digits.

    Example:
        >>> import pandas as pd
        >>> table = pd.DataFrame({"source": ["a", "a"], "target": ["b", "c"], "weight": [3, 1]})
        >>> Connectome.from_dataframe(table).n_synapses
        4
    """
    if len(edges) == 0:
        raise ConnectomeError("the edge table is empty: expected at least one row (pre, post, count)")
    if not edges.columns.is_unique:
        raise ConnectomeError(f"column names repeat: {shown(list(edges.columns), 20)}")
    pre, post, count, note = resolve(edges.columns, pre, post, count)
    cells, note_cells = _cells(edges, cells, pre, post, id)
    index = pd.Index(cells["id"])
    weight = np.ones(len(edges), np.int32) if count is None else _numbers(edges[count], count)
    magnitude, sign, unit = magnitudes(weight, unit)
    kinds, code = _kinds(edges, kind)
    table = Edges(locate(edges[pre], index, pre), locate(edges[post], index, post), magnitude, code, sign)
    nothing = magnitude == 0
    if nothing.any():
        table = table.take(~nothing)
        note = f"{note}; {int(nothing.sum())} rows of weight 0 dropped".lstrip("; ")
    source = (source or Source()).noted(*filter(None, (note, note_cells)))
    return Connectome.build(cells, table, kinds, unit, source, duplicates)


def _numbers(column: pd.Series, name: str) -> np.ndarray:
    if column.isna().any():
        raise ConnectomeError(
            f"expected a number in every row of {name!r}, got {int(column.isna().sum())} missing"
        )
    if not pd.api.types.is_numeric_dtype(column.dtype):
        raise ConnectomeError(f"expected numbers in {name!r}, got text such as {column.iloc[0]!r}")
    return column.to_numpy()


def _kinds(edges: pd.DataFrame, kind: str | None) -> tuple[tuple[str, ...], np.ndarray]:
    if kind is None:
        return ("chemical",), np.zeros(len(edges), np.uint8)
    if kind not in edges:
        raise ConnectomeError(f"no column {kind!r}: the columns are {shown(list(edges.columns), 20)}")
    codes, names = pd.factorize(edges[kind], sort=True)
    if (codes < 0).any() or len(names) > 255:
        raise ConnectomeError(f"expected 1 to 255 kinds and none missing in {kind!r}, got {len(names)}")
    return tuple(str(name) for name in names), codes.astype(np.uint8)


def _cells(edges, cells, pre, post, id) -> tuple[pd.DataFrame, str]:
    if cells is None:
        ends = [pd.Series(clean_ids(edges[end], end).unique()) for end in (pre, post)]
        if ends[0].dtype.kind != ends[1].dtype.kind:
            raise ConnectomeError(
                f"{pre!r} holds {ends[0].dtype} ids and {post!r} {ends[1].dtype}: use one type"
            )
        return pd.DataFrame({"id": np.unique(pd.concat(ends).to_numpy())}), ""
    column = id or guess(cells.columns, CELL_ID)
    if column is None or column not in cells:
        raise ConnectomeError(f"no id column {id or ''!r} among {shown(list(cells.columns), 20)}: pass id=")
    note = "" if id or column == "id" else f"cell id column guessed: {column!r}"
    cells = cells.drop(columns=["id"]) if column != "id" and "id" in cells else cells
    return cells.rename(columns={column: "id"}), note
