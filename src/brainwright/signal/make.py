"""From the words of a command line to a stream."""

import difflib
from pathlib import Path

from brainwright.signal.errors import StreamError
from brainwright.signal.rule import cycle, rule
from brainwright.signal.streams import SymbolStream
from brainwright.signal.table import csv_column
from brainwright.signal.text import text as text_stream
from brainwright.signal.tune import tune

KINDS = ("tune", "rule", "cycle", "text", "csv")


def make_stream(
    kind: str | None = None,
    *,
    text: str | Path | None = None,
    csv: str | Path | None = None,
    column: str | None = None,
    k: int = 6,
    seed: int = 0,
) -> SymbolStream:
    """Makes the stream that a command line asks for.

    Args:
        kind: one of `KINDS`; where it is None, a given file decides, else "tune".
        text: file for kind "text".
        csv: file for kind "csv", with `column`.
        column: column for kind "csv".
        k: number of symbols for "rule" and "cycle", of classes for "csv".
        seed: hidden order of "rule".

    Raises:
        StreamError: unknown kind (with the nearest), a missing or superfluous file, or unusable data.
    """
    kind = kind or ("text" if text else "csv" if csv else "tune")
    if kind not in KINDS:
        near = difflib.get_close_matches(kind, KINDS, n=1, cutoff=0)
        raise StreamError(
            f"stream: expected one of {', '.join(KINDS)}, got {kind!r}; did you mean {near[0]!r}?"
        )
    _check_files(kind, {"text": text, "csv": csv, "column": column})
    if kind == "text":
        return text_stream(str(text))
    if kind == "csv":
        return csv_column(str(csv), str(column), k)
    if kind == "rule":
        return rule(k, seed=seed)
    return cycle(k) if kind == "cycle" else tune()


def _check_files(kind: str, given: dict[str, str | Path | None]) -> None:
    needed = {"text": {"text"}, "csv": {"csv", "column"}}.get(kind, set())
    for name, value in given.items():
        if name in needed and value is None:
            raise StreamError(f"stream {kind}: expected --{name}, got none; add --{name} {name.upper()}")
        if name not in needed and value is not None:
            owner = "text" if name == "text" else "csv"
            raise StreamError(
                f"stream {kind}: takes no --{name}, got {value}; add --stream {owner} to use it"
            )
