"""Small text tables (CSV, TSV) by the names of their columns: one set of rules for all rooms.

Cells are stripped of blanks; a byte-order mark is skipped; the delimiter is told from the header. Refused,
with the line: columns of one name, rows longer than the header, decimal commas, and what Python or C would
take for a number but no table means as one (`1_0`, `0x10`).
"""

import csv
import difflib
import io
import math
import re
from dataclasses import dataclass
from pathlib import Path

from brainwright.signal.errors import StreamError
from brainwright.untrusted import Bounds, Unreadable

MARKS = (",", ";", "\t")
MISSING = ("", "nan", "na", "null", "none")
END = "end"
"""A row behind the last: an open quote swallows it."""
UTF16 = (b"\xff\xfe", b"\xfe\xff")


@dataclass(frozen=True)
class TextTable:
    """Header and rows of a file, each cell without blanks around it."""

    name: str
    header: list[str]
    """Names, each once; "" where a column has none, such as the index that pandas writes."""
    lines: list[int]
    """Line of each row in the file, for messages."""
    rows: list[list[str]]
    """As many cells as the header has; missing ones at the end are ""."""
    error: type[ValueError]
    """What the room that reads raises."""

    def index(self, column: str) -> int:
        """Where a column stands. Raises the room's error, with the nearest name, where there is none."""
        if column in self.header:
            return self.header.index(column)
        near = difflib.get_close_matches(column, self.header, n=1, cutoff=0.4)
        named = ", ".join(filter(None, self.header[:12]))
        hint = f"did you mean {near[0]!r}?" if near else f"its columns are: {named}"
        raise self.error(f"{self.name}: expected a column named {column!r}, got none; {hint}")

    def texts(self, column: str) -> list[str]:
        """A column as it stands; an empty cell is refused."""
        at = self.index(column)
        for line, row in zip(self.lines, self.rows, strict=True):
            if not row[at]:
                raise self.error(f"{self.name}, line {line}: expected a value in column {column!r}, got none")
        return [row[at] for row in self.rows]

    def numbers(self, column: str, missing: bool = False) -> list[float]:
        """A column as finite numbers; NaN for empty cells and `NA` where `missing` ones are allowed."""
        at = self.index(column)
        cells = ((line, row[at]) for line, row in zip(self.lines, self.rows, strict=True))
        return [self._number(cell, column, line, missing) for line, cell in cells]

    def _number(self, cell: str, column: str, line: int, missing: bool) -> float:
        if missing and cell.lower() in MISSING:
            return math.nan
        value = number_in(cell)
        if value is None or not math.isfinite(value):
            raise self.error(
                f"{self.name}, line {line}: expected a finite number in column {column!r}, got {cell!r}; "
                f"{decimal_comma(cell) or 'remove or fill the row first'}"
            )
        return value


def read_text_table(
    path: Path, error: type[ValueError] = StreamError, bounds: Bounds | None = None
) -> TextTable:
    """The table in a UTF-8 file with a header line, separated by commas, semicolons or tabs.

    Args:
        path: of the file.
        error: what is raised for a file that is missing, no UTF-8, empty, has two columns of one name, or a
            row longer than the header, or more columns than the bounds.
        bounds: on the number of columns.
    """
    content = _text(path, error)
    first = content.split("\n", 1)[0]
    mark = delimiter_of(first)
    try:
        (bounds or Bounds()).check("columns", first.count(mark) + 1, path.name)
    except Unreadable as problem:
        raise error(str(problem)) from problem
    reader = csv.reader(io.StringIO(f"{content}\n{END}", newline=""), delimiter=mark)
    try:
        found = [(reader.line_num, [cell.strip() for cell in row]) for row in reader]
    except csv.Error as problem:
        raise error(f"{path.name}: expected a CSV file, got: {problem}") from problem
    if found.pop()[1] != [END]:
        raise error(f"{path.name}: expected a CSV file, got a quote that is not closed")
    found = [(line, row) for line, row in found if any(row)]
    if not found:
        raise error(f"{path.name}: expected a header line and rows, got an empty file")
    (_, header), *below = found
    refuse_repeated(header, path.name, error)
    for line, row in below:
        if len(row) > len(header):
            raise error(f"{path.name}, line {line}: {longer_than_header(len(row), len(header))}")
        row.extend([""] * (len(header) - len(row)))
    return TextTable(path.name, header, [line for line, _ in below], [row for _, row in below], error)


def delimiter_of(header: str) -> str:
    """The most frequent of comma, semicolon and tab outside quotes; a comma where there is none."""
    plain = re.sub(r'"[^"]*"', "", header)
    return max(MARKS, key=plain.count)


def refuse_repeated(names: list[str], file: str, error: type[ValueError]) -> None:
    """Raises where two columns bear one name: which of them is meant cannot be told."""
    twice = sorted({name for name in names if name and names.count(name) > 1})
    if twice:
        raise error(
            f"{file}: column names repeat: {', '.join(twice[:5])}; give each column a name of its own"
        )


def longer_than_header(cells: int, names: int) -> str:
    """What may be wrong with a row of more cells than the header has names."""
    return (
        f"a row of {cells} cells under a header of {names}: give every column a name; where decimals are "
        "written with a comma, write them with a point"
    )


def number_in(cell: str) -> float | None:
    """A decimal number, infinity and NaN included; None for other text, `1_0` and digits beyond ASCII too."""
    try:
        return float(cell) if cell.isascii() and "_" not in cell else None
    except ValueError:
        return None


def decimal_comma(cell: str) -> str | None:
    """Advice where a cell looks like a number with a comma, such as `1,5`; None elsewhere."""
    if re.fullmatch(r"[+-]?[\d.]*,\d+([eE][+-]?\d+)?", cell):
        return "a decimal comma? Write numbers with a point, such as 1.5"
    return None


def _text(path: Path, error: type[ValueError]) -> str:
    try:
        content = path.read_bytes()
    except OSError as problem:
        raise error(f"expected a readable CSV file at {path}, got: {problem.strerror}") from problem
    if content.startswith(UTF16):
        raise error(f"{path.name}: expected UTF-8, got UTF-16; save the file as UTF-8")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as problem:
        raise error(f"{path.name}: expected UTF-8, got other bytes; save the file as UTF-8") from problem
