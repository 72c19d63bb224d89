"""A column of a CSV file, cut into classes of equal size, as a stream of symbols."""

from itertools import pairwise
from pathlib import Path

import numpy as np

from brainwright.signal.errors import StreamError
from brainwright.signal.streams import MAX_SYMBOLS, MIN_SYMBOLS, SymbolStream, from_classes
from brainwright.signal.text_table import read_text_table


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
    table = read_text_table(path, StreamError)
    values = table.numbers(column)
    if not values:
        raise StreamError(f"{path.name}: expected rows below the header, got none")
    return np.array(values)


def _labels(edges: np.ndarray) -> tuple[str, ...]:
    """Names of the classes between the edges, made distinct with as many digits as that takes."""
    for digits in range(3, 18):
        marks = [f"{edge:.{digits}g}" for edge in edges]
        if len(set(marks)) == len(marks):
            break
    inner = [f"{low} to {high}" for low, high in pairwise(marks)]
    return (f"below {marks[0]}", *inner, f"{marks[-1]} and above")
