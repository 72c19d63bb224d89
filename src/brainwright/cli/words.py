"""Names that users type: near matches, one-line summaries, errors of use."""

import ast
import difflib
import os
from collections.abc import Iterable
from pathlib import Path
from typing import TextIO

from brainwright.errors import UserError


class UsageError(UserError):
    """The command line was used wrongly: one line for standard error, exit code 2."""


def program() -> str:
    """It returns how the user called us, for messages that say what to type."""
    return os.environ.get("BRAINWRIGHT_PROGRAM", "brainwright")


def can_redraw(stream: TextIO) -> bool:
    """It says whether a line can be drawn anew: on a terminal that takes escapes."""
    return stream.isatty() and os.environ.get("TERM") != "dumb"


def nearest(word: str, known: Iterable[str]) -> str:
    """It returns the end of an error message: "; did you mean X?" or the list of what there is."""
    known = list(known)
    near = difflib.get_close_matches(word, known, n=1, cutoff=0.5)
    if near:
        return f"; did you mean {near[0]}?"
    return f"; there is: {', '.join(known)}" if known else "; there is none"


def summary_of(path: Path) -> str:
    """It returns the `SUMMARY` string of a module, read without importing it; empty where there is none."""
    for node in ast.parse(path.read_text("utf-8")).body:
        targets = node.targets if isinstance(node, ast.Assign) else [getattr(node, "target", None)]
        if any(isinstance(target, ast.Name) and target.id == "SUMMARY" for target in targets):
            value = getattr(node, "value", None)
            return str(value.value) if isinstance(value, ast.Constant) else ""
    return ""
