"""One reader for any file that may hold a wiring: which kind it is, is told by name and content, and said."""

import csv
import io
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from brainwright.connectome.errors import ConnectomeError
from brainwright.connectome.parts import Parts
from brainwright.connectome.readers import columnar, delimited, graph, mat_file, spreadsheet, tvb
from brainwright.connectome.readers.columns import KIND, KINDS, POST, PRE, guess
from brainwright.connectome.readers.matrix import from_npz, oriented
from brainwright.connectome.readers.no_square import refuse_cells, refuse_comment
from brainwright.connectome.readers.square import square_of
from brainwright.connectome.source import Source
from brainwright.untrusted import Bounds, Fault
from brainwright.untrusted.npy import read_npy

TABLE = ("pre", "post", "count", "kind", "id", "unit", "duplicates", "cells", "bounds", "source")
TEXT = (*TABLE, "delimiter", "header", "rows")
MATRIX = ("rows", "ids", "unit", "cells", "bounds", "source")
OPTIONS: dict[str, tuple[str, ...]] = {
    "text": TEXT,
    "columns": TABLE,
    "matrix": MATRIX,
    "archive": ("key", *MATRIX),
    "spreadsheet": ("key", *TABLE, "rows"),
    "graph": ("count", "kind", "undirected", "unit", "duplicates", "bounds", "source"),
    "tvb": ("unit", "rows", "bounds", "source"),
}
"""What can be said of each kind of file."""
SUFFIXES = {
    **dict.fromkeys((".csv", ".tsv", ".txt", ".tab", ".edges", ".edgelist", ".dat"), "text"),
    **dict.fromkeys((".parquet", ".pq", *columnar.FEATHER), "columns"),
    ".npy": "matrix",
    **dict.fromkeys((".npz", ".mat"), "archive"),
    **dict.fromkeys((".xlsx", ".xlsm"), "spreadsheet"),
    ".graphml": "graph",
    ".zip": "tvb",
}


def kind_of(path: Path) -> str:
    """It says what a file is by its name, without `.gz`.

    Raises:
        ConnectomeError: a name that tells nothing.
    """
    suffixes = [suffix.lower() for suffix in path.suffixes if suffix.lower() != ".gz"]
    kind = SUFFIXES.get(suffixes[-1]) if suffixes else None
    if kind is None:
        raise ConnectomeError(
            f"{path.name}: expected a file of {', '.join(SUFFIXES)}, plain text also as .gz"
        )
    return kind


def looks_like_a_file(name: str | Path) -> bool:
    """It says whether a name is meant as a file: an object of type Path, or a text with a known suffix."""
    suffixes = [suffix.lower() for suffix in Path(name).suffixes if suffix.lower() != ".gz"]
    return isinstance(name, Path) or bool(suffixes and suffixes[-1] in SUFFIXES)


def from_file(path, **options) -> Parts:
    """It reads the parts of a `Connectome` from any file: edge lists and labelled or plain matrices as CSV,
    TSV or text; Parquet and Feather; NPY, NPZ, MATLAB, GraphML, spreadsheets, connectivity of The Virtual
    Brain (zip).

    What was guessed (columns, orientation, labels) stands in the notes of the source.

    Args:
        path: the file.
        options: of its reader: `pre`, `post`, `count`, `kind`, `cells`, `duplicates` of an edge list;
            `rows` ("post": entry [i, j] is the weight from j onto i; "pre": from i onto j) and `ids` of a
            matrix; `key` of an array or a sheet; `header=False` where the first line is data; `undirected`
            ("electrical" or "both") of an undirected graph; `unit`, `bounds`, `source` of all.

    Raises:
        ConnectomeError: no such file, an unknown kind, an option that does not apply, or what is wrong with
            the file.
    """
    path = Path(path)
    if not path.is_file():
        raise ConnectomeError(f"no such file: {path}")
    kind = kind_of(path)
    idle = [name for name in options if name not in OPTIONS[kind]]
    if idle:
        raise ConnectomeError(
            f"{path.name}: {idle[0]}= does not apply to it; what does: {', '.join(OPTIONS[kind])}"
        )
    readers: dict[str, Callable[..., Parts]] = {
        "text": _text,
        "columns": _columns,
        "matrix": _npy,
        "archive": mat_file.from_mat if path.suffix.lower() == ".mat" else _npz,
        "spreadsheet": spreadsheet.from_spreadsheet,
        "graph": graph.from_graphml,
        "tvb": tvb.from_tvb,
    }
    return readers[kind](path, **options)


def _with_kind(column: str | None, values: Callable[[], Any], options: dict[str, Any]) -> dict[str, Any]:
    """The options with the column that tells chemical from electrical connections, where there is one that
    holds these two words and no other kind was named.
    """
    if column is None or "kind" in options or not KINDS.issuperset(map(str, set(values()))):
        return options
    source = options.get("source") or Source()
    return options | {"kind": column, "source": source.noted(f"kind of connection guessed: {column!r}")}


def _columns(path: Path, **options: Any) -> Parts:
    options["source"] = options.get("source") or Source(name=path.name)
    column = guess(columnar.column_names(path), KIND)
    read = partial(columnar.read_columns, path, [str(column)], options.get("bounds"))
    return columnar.from_parquet(path, **_with_kind(column, lambda: read()[column], options))


def _npy(path: Path, *, bounds: Bounds | None = None, **options: Any) -> Parts:
    try:
        matrix = read_npy(path, bounds)
    except ConnectomeError:
        raise
    except Fault as error:
        raise ConnectomeError(str(error)) from error
    return oriented(path, matrix, **options)


def _npz(path: Path, **options: Any) -> Parts:
    return from_npz(path, said=True, **options)


def _text(path: Path, **options: Any) -> Parts:
    """An edge list where its columns are named like one or where that was said; a square of numbers else."""
    is_table = not options.get("header", True) or any(name in options for name in ("pre", "post"))
    if not is_table:
        bounds = options.get("bounds")
        delimited.check_sizes(path, bounds)
        delimiter = options.get("delimiter") or delimited.told_delimiter(delimited.first_line(path))
        names = next(iter(_cells(delimited.first_line(path), delimiter)), [])
        named = guess(names, PRE) and guess(names, POST)
        if not named and _may_be_square(path, len(names)):
            rows = _cells(_whole(path), delimiter)
            if "rows" in options and len(rows) <= 3:  # said to be a matrix: a small one is no question
                found = np.array([[float(cell) for cell in row] for row in rows])
                return oriented(path, found, **{k: v for k, v in options.items() if k in MATRIX})
            if (square := square_of(rows)) is not None:
                told = {name: value for name, value in options.items() if name in ("rows", "unit", "source")}
                return oriented(path, square.matrix, square.labels, note=square.note, **told)
            refuse_cells(rows, path.name)
        if not named:
            refuse_comment(delimited.first_line(path), path.name)
    if "rows" in options:
        raise ConnectomeError(f"{path.name}: rows= does not apply to a list of edges, and it is no matrix")
    options["source"] = options.get("source") or Source(name=path.name)
    if options.get("header", True):
        names = delimited.column_names(path, options.get("delimiter"))
        column = guess(names, KIND)
        read = partial(delimited.read_table, path, options.get("delimiter"), wanted=[str(column)])
        options = _with_kind(column, lambda: read()[column], options)
    return delimited.from_csv(path, **options)


def _whole(path: Path) -> str:
    import gzip

    raw = path.read_bytes()
    return (gzip.decompress(raw) if delimited.is_gzip(path) else raw).decode("utf-8-sig", "replace")


def _cells(text: str, delimiter: str) -> list[list[str]]:
    if delimiter == " ":
        return [line.split() for line in text.splitlines() if line.strip()]
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    return [[cell.strip() for cell in row] for row in reader]


def _may_be_square(path: Path, width: int) -> bool:
    """It says whether there are about as many rows as columns: read whole only then."""
    n_rows = sum(bool(line.strip()) for line in _whole(path).splitlines())
    return width > 1 and width // 2 <= n_rows <= 2 * width + 1
