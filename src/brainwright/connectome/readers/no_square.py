"""What keeps a text file from being a matrix, said in place of what it lacks as a list of edges."""

from collections.abc import Sequence
from itertools import chain

from brainwright.connectome.errors import ConnectomeError
from brainwright.signal.text_table import MISSING, decimal_comma, number_in

COMMENT = "#"
SHOWN = 40
"""Letters of a comment that are repeated: enough to find it by."""


def refuse_comment(first_line: str, source: str) -> None:
    """Raises ConnectomeError where a file begins with a comment."""
    if first_line.lstrip().startswith(COMMENT):
        raise ConnectomeError(
            f"{source}: expected a matrix or the names of columns in line 1, got a comment, "
            f"{first_line.strip()[:SHOWN]!r}; remove the lines that begin with {COMMENT}"
        )


def refuse_cells(rows: Sequence[Sequence[str]], source: str) -> None:
    """Raises ConnectomeError for a labelled matrix [row, column] in which all cells are numbers but for
    decimal commas or words such as NA; says which cell. Anything else is let through.
    """
    body = [list(row[1:]) for row in rows[1:] if any(row)]
    others = {cell for cell in chain.from_iterable(body) if cell and number_in(cell) is None}
    if not others or not all(decimal_comma(cell) or cell.lower() in MISSING for cell in others):
        return
    i, j = next((i, j) for i, row in enumerate(body) for j, cell in enumerate(row) if cell in others)
    advice = decimal_comma(body[i][j]) or "write 0 for no connection, and leave out cells that are not known"
    raise ConnectomeError(
        f"{source}: expected numbers in the matrix, got {body[i][j]!r} in row {i + 2}, column {j + 2}; "
        f"{advice}"
    )
