"""Edge and cell tables (pandas) into the parts of a `Connectome`."""

import numpy as np
import pandas as pd

from brainwright.connectome.edges import Edges, magnitudes
from brainwright.connectome.errors import ConnectomeError, shown
from brainwright.connectome.ids import factored, native_columns, placed, unique_index
from brainwright.connectome.parts import Parts
from brainwright.connectome.readers.columns import CELL_ID, SIGN, guess, resolve, with_unread
from brainwright.connectome.readers.sign_column import joined_signs, signs_in
from brainwright.connectome.source import Source
from brainwright.signal.text_table import decimal_comma, number_in


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
) -> Parts:
    """It takes the parts of a `Connectome` from an edge table, one row per connection, and if wanted a cell
    table.

    Args:
        edges: columns of presynaptic id, postsynaptic id and, if any, count. Negative weights become edge
            signs times magnitudes; rows of weight 0 are dropped, which the notes say. A column `sign` of 1
            and -1 gives the signs of edges whose weights are magnitudes. Columns that nothing is taken from
            are named in the notes.
        cells: one row per cell; without it the cells are the ids that appear in the edges, sorted.
        pre, post, count: column names; guessed, and then stated in the notes, where None.
        kind: column naming the kind of each connection; "electrical" rows are gap junctions.
        id: id column of `cells`; guessed where None.
        unit: "count" refuses fractional and negative weights; "real" takes any; "auto" looks.
        duplicates: what to do with repeated (pre, post, kind): "error", "sum", or "max".
        source: provenance.

    Raises:
        ConnectomeError: no rows, missing columns, NaN, unknown ids, repeated edges, ids that lost digits,
            negative weights that contradict a column `sign`.

    Example:
        >>> import pandas as pd
        >>> table = pd.DataFrame({"source": ["a", "a"], "target": ["b", "c"], "weight": [3, 1]})
        >>> from_dataframe(table).edges.count.tolist()
        [3, 1]
    """
    for table, name in ((edges, "edges"), (cells, "cells")):
        if not isinstance(table, pd.DataFrame | None):
            raise ConnectomeError(f"expected {name} as a pandas DataFrame, got {type(table).__name__}")
    if not edges.columns.is_unique:
        raise ConnectomeError(f"column names repeat: {shown(list(edges.columns), 20)}")
    edges = native_columns(edges)
    return assemble(
        {str(name): edges[name] for name in edges.columns},
        None if cells is None else native_columns(cells),
        pre=_text(pre),
        post=_text(post),
        count=_text(count),
        kind=_text(kind),
        id=id,
        unit=unit,
        duplicates=duplicates,
        source=source,
    )


def _text(name) -> str | None:
    """Column names may be numbers, as of a table read without a header."""
    return None if name is None else str(name)


def assemble(
    edges: dict,
    cells=None,
    *,
    pre=None,
    post=None,
    count=None,
    kind=None,
    id=None,
    unit="auto",
    duplicates="error",
    source=None,
) -> Parts:
    """It does as `from_dataframe`, from columns that it takes out of the dictionary as it goes, so that their
    memory is freed.
    """
    pre, post, count, note = resolve(edges, pre, post, count)
    size = len(edges[pre])
    if size == 0:
        raise ConnectomeError("the edge table is empty: expected at least one row (pre, post, count)")
    kinds, code = _kinds(edges, kind, size)
    weight = np.ones(size, np.int32) if count is None else _numbers(edges.pop(count), count)
    magnitude, sign, unit = magnitudes(weight, unit)
    del weight
    note, sign = _with_signs(edges, {pre, post}, note, sign, magnitude == 0)
    from_, to = factored(edges.pop(pre), pre), factored(edges.pop(post), post)
    cells, note_cells = (_named_cells(from_[1], to[1]), "") if cells is None else _given_cells(cells, id)
    index = unique_index(cells["id"])
    table = Edges(placed(*from_, index, pre), placed(*to, index, post), magnitude, code, sign)
    del from_, to
    note = with_unread(note, edges)
    nothing = magnitude == 0
    if nothing.any():
        table = table.take(~nothing)
        note = f"{note}; {int(nothing.sum())} rows of weight 0 dropped".lstrip("; ")
    source = (source or Source()).noted(*filter(None, (note, note_cells)))
    return Parts(cells, table, tuple(kinds), unit, source, duplicates)


def _with_signs(edges: dict[str, pd.Series], ends: set[str], note: str, sign, nothing: np.ndarray):
    """It returns the note, and the signs of a column for them, if there is one, else those of the weights."""
    name = guess([name for name in edges if name not in ends], SIGN)
    if name is None:
        return note, sign
    signs, found = signs_in(edges.pop(name), name)
    return f"{note}; {found}".lstrip("; "), sign if signs is None else joined_signs(
        signs, sign, nothing, name
    )


def _numbers(column: pd.Series, name: str) -> np.ndarray:
    if column.isna().any():
        raise ConnectomeError(
            f"expected a number in every row of {name!r}, got {int(column.isna().sum())} missing"
        )
    if column.dtype == object:  # numbers in a table of mixed columns
        column = column.infer_objects()
    if not pd.api.types.is_numeric_dtype(column.dtype):
        cells = column.astype(str)
        bad = next((cell for cell in cells if number_in(cell.strip()) is None), cells.iloc[0])
        raise ConnectomeError(
            f"expected numbers in {name!r}, got text such as {bad!r}; "
            f"{decimal_comma(bad) or 'correct that row'}"
        )
    return column.to_numpy()


def _kinds(edges: dict[str, pd.Series], kind: str | None, size: int) -> tuple[tuple[str, ...], np.ndarray]:
    if kind is None:
        return ("chemical",), np.zeros(size, np.uint8)
    if kind not in edges:
        raise ConnectomeError(f"no column {kind!r}: the columns are {shown(list(edges), 20)}")
    codes, names = pd.factorize(edges.pop(kind), sort=True)
    if (codes < 0).any() or len(names) > 255:
        raise ConnectomeError(f"expected 1 to 255 kinds and none missing in {kind!r}, got {len(names)}")
    return tuple(str(name) for name in names), codes.astype(np.uint8)


def _named_cells(pre: pd.Series, post: pd.Series) -> pd.DataFrame:
    """It returns the cells that the edges name, sorted."""
    if pre.dtype.kind != post.dtype.kind:
        raise ConnectomeError(
            f"presynaptic ids are {pre.dtype}, postsynaptic ones {post.dtype}: use one type"
        )
    return pd.DataFrame({"id": np.unique(pd.concat([pre, post]).to_numpy())})


def _given_cells(cells: pd.DataFrame, id: str | None) -> tuple[pd.DataFrame, str]:
    column = id or guess(cells.columns, CELL_ID)
    if column is None or column not in cells:
        raise ConnectomeError(f"no id column {id or ''!r} among {shown(list(cells.columns), 20)}: pass id=")
    note = "" if id or column == "id" else f"cell id column guessed: {column!r}"
    cells = cells.drop(columns=["id"]) if column != "id" and "id" in cells else cells
    return cells.rename(columns={column: "id"}), note
