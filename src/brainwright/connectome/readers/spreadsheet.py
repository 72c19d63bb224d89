"""Spreadsheets (XLSX): a sheet with an edge list or an adjacency matrix. Needs the extra `xlsx`."""

import zipfile
from importlib.util import find_spec
from pathlib import Path

import pandas as pd

from brainwright.connectome.errors import ConnectomeError, shown
from brainwright.connectome.parts import Parts
from brainwright.connectome.readers.columns import KIND, KINDS, POST, PRE, guess
from brainwright.connectome.readers.matrix import oriented
from brainwright.connectome.readers.square import square_of, why_none
from brainwright.connectome.readers.table import from_dataframe
from brainwright.connectome.source import Source
from brainwright.untrusted import Bounds, refused_as

BYTES_PER_CELL = 8
"""Of the XML of a sheet: no cell takes fewer."""


def from_spreadsheet(
    path, *, key: str | None = None, rows: str | None = None, bounds: Bounds | None = None, **options
) -> Parts:
    """It reads the parts of a `Connectome` from a sheet of a spreadsheet.

    Args:
        path: the file.
        key: name of the sheet; the only one where None.
        rows: "post" or "pre", of a matrix.
        bounds: how much the file may unpack to.
        options: as of `readers.table.from_dataframe`; of a matrix `unit` and `source`.

    Raises:
        ConnectomeError: no spreadsheet, several sheets (they are named), neither edges nor a matrix.
        ImportError: openpyxl is not installed.
    """
    path = Path(path)
    _refuse_swelling(path, bounds or Bounds())
    if find_spec("openpyxl") is None:
        raise ImportError('spreadsheets need openpyxl: pip install "brainwright[xlsx]"')
    with (
        refused_as(ConnectomeError, path.name, "a spreadsheet"),
        pd.ExcelFile(path, engine="openpyxl") as book,
    ):
        names = [str(name) for name in book.sheet_names]
        if key is None and len(names) > 1:
            raise ConnectomeError(f"{path.name}: expected one sheet, got {shown(names, 20)}: pass key=")
        if key is not None and key not in names:
            raise ConnectomeError(f"{path.name}: no sheet {key!r}, there are {shown(names, 20)}")
        table = pd.read_excel(book, sheet_name=key or names[0], header=None, dtype=object)
    assert isinstance(table, pd.DataFrame)
    cells = [[_text(cell) for cell in row] for row in table.itertuples(index=False)]
    header = cells[0] if cells else []
    is_table = {"pre", "post"} & options.keys() or (guess(header, PRE) and guess(header, POST))
    square = None if is_table else square_of(cells, sure=rows is not None)
    if square is not None:
        told = {name: options[name] for name in ("unit", "source") if name in options}
        rows = rows or square.rows
        return oriented(path, square.matrix, square.labels, rows=rows, note=square.note, **told)
    if not is_table and (reason := why_none(cells)) is not None:
        raise ConnectomeError(f"{path.name}: {reason}")
    if rows is not None or not cells:
        raise ConnectomeError(f"{path.name}: expected a square of numbers with or without labels, got none")
    edges = pd.DataFrame(table.to_numpy()[1:], columns=header).infer_objects()
    source = options.get("source") or Source(name=path.name)
    column = guess(edges.columns, KIND)
    if column is not None and "kind" not in options and KINDS.issuperset(edges[column]):
        options["kind"] = column
        source = source.noted(f"kind of connection guessed: {column!r}")
    options["source"] = source
    return from_dataframe(edges, **options)


def _text(cell: object) -> str:
    """A cell as text; whole numbers without the point that spreadsheets give them."""
    if cell is None or cell is pd.NA or (isinstance(cell, float) and cell != cell):
        return ""
    return str(int(cell)) if isinstance(cell, float) and cell.is_integer() else str(cell).strip()


def _refuse_swelling(path: Path, bounds: Bounds) -> None:
    """Raises `ConnectomeError` for a file that is no zip, or unpacks to more than the bounds."""
    with refused_as(ConnectomeError, path.name, "a spreadsheet (XLSX)"), zipfile.ZipFile(path) as archive:
        size = sum(member.file_size for member in archive.infolist())
        bounds.check_values(size // BYTES_PER_CELL, path.stat().st_size, path.name)
