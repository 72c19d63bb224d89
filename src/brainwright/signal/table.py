"""A column of a CSV file, cut into classes of equal size, as a stream of symbols."""

import csv
import difflib
import io
import math
from itertools import pairwise
from pathlib import Path

import numpy as np

from brainwright.signal.errors import StreamError
from brainwright.signal.streams import MAX_SYMBOLS, MIN_SYMBOLS, SymbolStream, from_classes


def csv_column(path: str | Path, column: str, k: int = 6) -> SymbolStream:
    """One numeric column, quantised at its quantiles into `k` classes, as an endless stream.

    Runs of one class are collapsed and the stream's `notes` say how many. Ties in the data can leave fewer
    classes than asked for; the notes say so too.

    Args:
        path: a UTF-8 file with a header line, separated by commas, semicolons or tabs.
        column: name of the column.
        k: number of classes, 3 to 8.

    Raises:
        StreamError: missing file or column (with the nearest name), a value that is no finite number,
            constant or binary data, or too few symbols.
    """
    if not MIN_SYMBOLS <= k <= MAX_SYMBOLS:
        raise StreamError(f"csv: expected {MIN_SYMBOLS} to {MAX_SYMBOLS} classes, got {k}")
    path = Path(path)
    values = read_column(path, column)
    edges = np.unique(np.quantile(values, np.arange(1, k) / k))
    classes = np.searchsorted(edges, values, side="right")
    used = np.unique(classes)
    notes = ()
    if 2 < len(used) < k:
        notes = (f"ties in the data leave {len(used)} classes of the {k} asked for",)
    return from_classes(f"{path.name}:{column}", _labels(edges), classes, notes=notes)


def read_column(path: Path, column: str) -> np.ndarray:
    """The values of one column, float64 [row]. Raises StreamError naming the line of the first bad value."""
    rows = _rows(path)
    header = [name.strip() for name in rows[0][1]] if rows else []
    if not header:
        raise StreamError(f"{path.name}: expected a header line and rows, got an empty file")
    if column not in header:
        raise StreamError(_no_such_column(path, column, header))
    index = header.index(column)
    values = [_number(path, column, line, row, index) for line, row in rows[1:]]
    if not values:
        raise StreamError(f"{path.name}: expected rows below the header, got none")
    return np.array(values)


def _rows(path: Path) -> list[tuple[int, list[str]]]:
    """The non-empty rows of a file with their line numbers."""
    try:
        content = path.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise StreamError(f"{path.name}: expected UTF-8, got other bytes; save the file as UTF-8") from error
    except OSError as error:
        raise StreamError(f"expected a readable CSV file at {path}, got: {error.strerror}") from error
    first = content.split("\n", 1)[0]
    reader = csv.reader(io.StringIO(content, newline=""), delimiter=max(",;\t", key=first.count))
    try:
        return [(reader.line_num, row) for row in reader if any(cell.strip() for cell in row)]
    except csv.Error as error:
        raise StreamError(f"{path.name}: expected a CSV file, got: {error}") from error


def _number(path: Path, column: str, line: int, row: list[str], index: int) -> float:
    cell = row[index].strip() if index < len(row) else ""
    try:
        value = float(cell)
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise StreamError(
            f"{path.name}, line {line}: expected a finite number in column {column!r}, got {cell!r}; "
            "remove or fill the row first"
        )
    return value


def _no_such_column(path: Path, column: str, header: list[str]) -> str:
    near = difflib.get_close_matches(column, header, n=1, cutoff=0.4)
    hint = f"did you mean {near[0]!r}?" if near else f"its columns are: {', '.join(header[:12])}"
    return f"{path.name}: expected a column named {column!r}, got none; {hint}"


def _labels(edges: np.ndarray) -> tuple[str, ...]:
    """Names of the classes between the edges, made distinct with as many digits as that takes."""
    for digits in range(3, 18):
        marks = [f"{edge:.{digits}g}" for edge in edges]
        if len(set(marks)) == len(marks):
            break
    inner = [f"{low} to {high}" for low, high in pairwise(marks)]
    return (f"below {marks[0]}", *inner, f"{marks[-1]} and above")
