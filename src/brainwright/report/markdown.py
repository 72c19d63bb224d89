"""The tables of the pages in `docs` that scripts write from run folders."""

import re
from collections.abc import Iterable, Sequence

from brainwright.untrusted import printable


def markdown_table(header: Sequence[object], rows: Iterable[Sequence[object]]) -> str:
    """A table in Markdown, without a line's end behind it. Cells may hold Markdown, but no HTML and no end of
    a cell; names from files go through `brainwright.untrusted.markdown_text` first.
    """
    lines = [header, ["---"] * len(header), *rows]
    return "\n".join("| " + " | ".join(map(_cell, line)) + " |" for line in lines)


def _cell(value: object) -> str:
    text = printable(value).replace("<", "&lt;")
    return re.sub(r"(?<!\\)\|", r"\|", text)
