"""A page as Markdown, for the documentation: text and tables; figures and sound by their words alone."""

import re
from collections.abc import Iterable, Sequence

import numpy as np

from brainwright.untrusted import markdown_text, printable

from .numbers import short, with_minus
from .page import (
    Audio,
    Block,
    Cell,
    Code,
    Columns,
    Details,
    Figure,
    Items,
    Page,
    Picture,
    Section,
    Strong,
    Table,
    Text,
    Tiles,
    used_columns,
)


def markdown(page: Page) -> str:
    """The whole page, with a line's end behind it."""
    verdict = ", ".join([page.verdict, *page.caveats])
    head = [f"# {_plain(page.headline)}", f"**{_plain(verdict)}.** {_plain(page.answer)}".strip()]
    parts = [*head, *(block(b) for b in page.opening), *(block(b) for b in page.sections)]
    return "\n\n".join(part for part in parts if part) + "\n"


def markdown_table(header: Sequence[Cell], rows: Iterable[Sequence[Cell]]) -> str:
    """A table in Markdown, without a line's end behind it."""
    lines = ["| " + " | ".join(_cell(cell) for cell in line) + " |" for line in (header, *rows)]
    return "\n".join([lines[0], "| " + " | ".join(["---"] * len(header)) + " |", *lines[1:]])


def block(shown: Block, depth: int = 2) -> str:
    """One block; `depth` is the level of a section's heading."""
    match shown:
        case Section():
            lead = [_plain(shown.lead)] if shown.lead else []
            inside = [block(b, depth + 1) for b in shown.blocks]
            parts = [f"{'#' * depth} {_plain(shown.heading)}", *lead, *inside]
            return "\n\n".join(part for part in parts if part)
        case Text():
            parts = [shown.parts] if isinstance(shown.parts, str) else shown.parts
            return " ".join(f"**{_plain(p)}**" if not isinstance(p, str) else _plain(p) for p in parts)
        case Code():
            fence = "`" * max(3, 1 + max(map(len, re.findall("`+", shown.text)), default=0))
            return "\n".join([fence, printable(shown.text, keep="\n\t"), fence])
        case Items():
            return "\n".join(f"- {_plain(text)}" for text in shown.texts)
        case Table():
            header, rows = used_columns(shown)
            caption = f"{_plain(shown.caption)}\n\n" if shown.caption else ""
            return caption + markdown_table(header, rows) if rows else ""
        case Figure():
            return f"*Figure: {_plain(shown.caption)}*" if shown.caption else ""
        case Picture():
            return f"*{_plain(shown.words)}*"
        case Audio():
            return f"*Sound: {_plain(shown.label)}*"
        case Tiles():
            return "\n".join(
                f"- {_plain(name)}: {_plain(value)} {_plain(what)}" for name, value, what in shown.tiles
            )
        case Columns() | Details():
            parts = [block(b, depth) for b in shown.blocks]
            return "\n\n".join(part for part in parts if part)
    raise TypeError(f"expected a block of a page, got {type(shown).__name__}")


def _cell(cell: Cell) -> str:
    if cell is None:
        return ""
    if isinstance(cell, Strong):
        return f"**{_plain(cell.text)}**"
    if isinstance(cell, tuple | list):
        return " ".join(map(_cell, cell))
    if isinstance(cell, int | float | np.number) and not isinstance(cell, bool):
        return short(cell)
    return _plain(cell)


def _plain(text: object) -> str:
    """Text as text: what Markdown or HTML would obey is escaped."""
    return markdown_text(with_minus(text))
