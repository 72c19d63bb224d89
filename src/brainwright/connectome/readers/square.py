"""A square of numbers, with or without labels, out of rows of cells: CSV, text and spreadsheets alike."""

import re
from collections.abc import Sequence
from itertools import pairwise, takewhile
from typing import NamedTuple

import numpy as np
import pandas as pd

from brainwright.connectome.errors import ConnectomeError, printable
from brainwright.connectome.readers.columns import POST, PRE
from brainwright.connectome.readers.text_columns import INT64, WHOLE
from brainwright.signal.text_table import MISSING, decimal_comma, number_in

SHARED = 0.5
"""Share of the row labels that must be column labels too: two sets of cells that have nothing in common are a
table of something else.
"""
HEADINGS = 5
"""Rows and columns of other headings that may stand before the labels."""
FEWEST_LABELS = 3
"""A labelled block below other headings has as many rows and columns or more."""
EDGE_COLUMNS = 3
"""An edge list of numbers mostly has two or three columns: a square that small may be one."""
MOST_EDGE_COLUMNS = 4
"""A fourth column of an edge list holds a distance or a delay: a square of that size may be one where its
numbers are such as a list has.
"""
LONGEST = 20
"""Letters of the longest 64-bit number with its sign: Python refuses to read thousands of digits."""


class Square(NamedTuple):
    """A matrix as it stands in the file, (N,) labels of its cells if any, and what was found, in words."""

    matrix: np.ndarray
    labels: np.ndarray | None
    note: str
    rows: str | None = None
    """"post" or "pre" where the corner says what the rows are."""


def square_of(rows: Sequence[Sequence[str]], *, sure: bool = False) -> Square | None:
    """It returns the adjacency matrix in rows of cells; None where they hold none.

    Known are numbers alone; a header of labels; labels before the rows, too; and rows and columns with labels
    of their own, in any order, which are joined into one set of cells. Labels may be numbers. Empty cells
    among numbers are 0.

    Args:
        rows: the cells of each row as texts.
        sure: whether the user said that it is a matrix, so that a small one is no question.

    Raises:
        ConnectomeError: two to four rows of as many numbers, which may be a matrix or a list of edges; a
            first row and column of numbers, which may be labels or weights; a label that stands twice.
    """
    rows = [list(row) for row in rows if any(row)]
    if not rows:
        return None
    first, body, width = rows[0], rows[1:], max(map(len, rows))
    if (plain := _numbers(rows, width)) is not None:
        if len(rows) != width:
            return None
        if (named := _named_by_numbers(rows)) is not None:
            return named
        if not sure and (width <= EDGE_COLUMNS or _may_be_edges(plain)):
            raise ConnectomeError(
                f"{len(rows)} rows of {width} numbers may be a matrix or a list of edges: pass rows= for a "
                "matrix, header=False for a list of edges"
            )
        return Square(plain, None, f"no labels in the file: cells are numbered 0 to {width - 1}")
    if len(body) == len(first) == width and (inner := _numbers(body, width)) is not None:
        return Square(inner, _once(first), "cells named by the first row")
    inner = _numbers([row[1:] for row in body], width - 1)
    if inner is None or len(first) not in (width, width - 1) or not body:
        return _within(rows, width)
    found = _labelled(inner, first[-(width - 1) :], [row[0] for row in body])
    return _with_corner(found, first[0]) if len(first) == width else found


def why_none(rows: Sequence[Sequence[str]]) -> str | None:
    """It says what keeps a labelled square from being read: a cell that is no number where most are, or would
    be if they had a point for a decimal comma, or a missing value; None where the table is something else.
    """
    body = [cell for row in rows[1:] for cell in row[1:]]
    strange = [cell for cell in body if cell and number_in(cell) is None]
    known = [cell for cell in strange if decimal_comma(cell) or cell.lower() in MISSING]
    if not strange or len(known) < len(strange):
        return None
    if (advice := decimal_comma(known[0])) is not None:
        return f"expected a matrix of numbers, got {known[0]!r}; {advice}"
    return f"expected a matrix of numbers, got {known[0]!r}; write 0, or nothing, for no connection"


def _may_be_edges(plain: np.ndarray) -> bool:
    """It says whether four columns may be pre, post, weight and another number: whole numbers for two cells
    that differ, each pair once, and no weight of 0, which stands on the diagonal of most matrices.
    """
    ends, weight = plain[:, :2], plain[:, 2]
    if plain.shape[1] > MOST_EDGE_COLUMNS or (ends != np.round(ends)).any() or (ends < 0).any():
        return False
    return bool(
        (ends[:, 0] != ends[:, 1]).all() and (weight != 0).all() and len(np.unique(ends, axis=0)) == len(ends)
    )


def _named_by_numbers(rows: list[list[str]]) -> Square | None:
    """It returns a matrix whose labels are numbers, as pandas writes one that was given no names; None where
    the first row and column are weights like the others.

    Labels stand below and beside an empty corner, or a corner that is left out, and are the same numbers on
    both sides, each once.
    """
    first, body = rows[0], rows[1:]
    across, down = first[-len(body) :], [row[0] for row in body]
    if (first[0] and len(first) > len(body)) or len(body) < 2 or not all(across):  # one label is a weight
        return None
    if sorted(across) != sorted(down) or len(set(down)) < len(down):
        return None
    if first[0] == "" and all(row[k] == "" for k, row in enumerate(rows)) and not _in_a_row(down):
        # a symmetric matrix whose diagonal was left empty looks the same
        raise ConnectomeError(
            f"the first row and column ({', '.join(down[:3])}, ...) may be labels or weights: write a word "
            "into the empty corner where they are labels, 0 where they are weights"
        )
    inner = _numbers([row[1:] for row in body], len(body), gaps=True)
    return None if inner is None else _labelled(inner, across, down)


def _in_a_row(labels: list[str]) -> bool:
    """It says whether labels are whole numbers that go up by one, which weights are by chance only where they
    are few.
    """
    if len(labels) < FEWEST_LABELS or not all(map(WHOLE.fullmatch, labels)):
        return False
    return all(int(after) - int(label) == 1 for label, after in pairwise(labels))


def _within(rows: list[list[str]], width: int) -> Square | None:
    """It returns a labelled block below and beside other headings, such as classes of cells, up to the first
    row and column without a label; None where there is none.
    """
    padded = [row + [""] * (width - len(row)) for row in rows]
    for top in range(min(HEADINGS, len(rows))):
        for left in range(min(HEADINGS, width)):
            across = list(takewhile(bool, padded[top][left + 1 :]))
            down = list(takewhile(bool, (row[left] for row in padded[top + 1 :])))
            if min(len(across), len(down)) < FEWEST_LABELS or padded[top][left] in across:
                continue
            block = [row[left + 1 : left + 1 + len(across)] for row in padded[top + 1 :][: len(down)]]
            inner = _numbers(block, len(across), gaps=True)
            if inner is not None and (found := _labelled(inner, across, down)) is not None:
                return _with_corner(found, padded[top][left])
    return None


def _with_corner(square: Square | None, corner: str) -> Square | None:
    """It adds what the corner says the rows are, such as `pre\\post` or `from/to`, by its first word."""
    words = re.findall("[a-z]+", corner.lower())
    rows = next((rows for rows, ends in (("pre", PRE), ("post", POST)) if words and words[0] in ends), None)
    if square is None or rows is None:
        return square
    note = f"{square.note}; the corner {printable(corner)!r} says that rows are {rows}synaptic"
    return square._replace(rows=rows, note=note)


def _labelled(inner: np.ndarray, across: list[str], down: list[str]) -> Square | None:
    """It returns numbers under and beside labels; None where these are of other things."""
    if across == down:
        return Square(inner, _once(down), "cells named by the first row and column")
    if not all(across) or not all(down) or np.isin(down, across).mean() < SHARED:
        return None
    _once(across), _once(down)
    labels = list(dict.fromkeys([*across, *down]))
    place = {label: k for k, label in enumerate(labels)}
    joined = np.zeros((len(labels), len(labels)))
    joined[np.ix_([place[x] for x in down], [place[x] for x in across])] = inner
    note = f"{len(down)} row and {len(across)} column labels joined into {len(labels)} cells"
    return Square(joined, _ids(labels), note)


def _numbers(rows: Sequence[Sequence[str]], width: int, *, gaps: bool = False) -> np.ndarray | None:
    """It returns rows of numbers; None where there is other text, or (unless `gaps` may be) an empty row."""
    if not rows or width < 1 or not (gaps or any(rows[0])):
        return None
    values = np.zeros((len(rows), width))
    for i, row in enumerate(rows):
        for j, cell in enumerate(row):
            if cell:
                number = number_in(cell)
                if number is None:
                    return None
                values[i, j] = number
    return values


def _once(labels: Sequence[str]) -> np.ndarray:
    twice = sorted({label for label in labels if list(labels).count(label) > 1}) if len(labels) < 5000 else []
    if twice:
        raise ConnectomeError(f"labels stand twice: {', '.join(twice[:5])}; give each cell a name of its own")
    return _ids(labels)


def _ids(labels: Sequence[str]) -> np.ndarray:
    """Labels as whole numbers where all are written as such, as the ids of an edge list are."""
    numbers = pd.Series(labels)
    if numbers.str.fullmatch(WHOLE).all() and all(len(x) <= LONGEST and int(x) in INT64 for x in labels):
        return numbers.astype(np.int64).to_numpy()
    return np.array(labels)
