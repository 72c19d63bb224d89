"""`metrics.jsonl`: what happened in a run, one flushed line per event."""

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

from brainwright.untrusted import Unreadable, parse_json

from .files import RunFolderError
from .values import plain

LONGEST_RUN_S = 1e10
"""Three hundred years."""


class Metrics:
    """Appends events to `metrics.jsonl`, one flushed line each, with the seconds the run has worked so far.

    The clock goes on from the last line of an earlier session, so a resumed run knows its total time.
    """

    def __init__(self, folder: Path, clock: Callable[[], float]) -> None:
        self.folder = folder
        self._path = folder / "metrics.jsonl"
        self._clock = clock
        self._start_s = clock() - last_elapsed_s(folder)

    def elapsed_s(self) -> float:
        """Seconds that all sessions of this run have worked."""
        return self._clock() - self._start_s

    def append(self, **event: Any) -> None:
        """Writes one event."""
        line = json.dumps({"elapsed_s": round(self.elapsed_s(), 3), **plain(event)}, ensure_ascii=False)
        append_line(self._path, line)


def append_line(path: Path, line: str) -> None:
    """Adds one line and flushes it; a line that a kill has torn before it is ended first."""
    with path.open("a+b") as file:
        file.seek(0, os.SEEK_END)
        if file.tell():
            file.seek(-1, os.SEEK_END)
            torn = file.read(1) != b"\n"
            file.write(b"\n" if torn else b"")
        file.write(line.encode() + b"\n")
        file.flush()
        os.fsync(file.fileno())


def read_lines(path: Path) -> list[dict[str, Any]]:
    """The JSON objects of a file of lines in order; what a crash tore, or is no object, is left out."""
    objects: list[dict[str, Any]] = []
    if not path.is_file():
        return objects
    with path.open("rb") as file:  # line by line: only what is kept is in memory
        for line in file:
            try:
                value = parse_json(line, path.name)
            except Unreadable:
                continue
            if isinstance(value, dict):
                objects.append(value)
    return objects


def read_metrics(folder: Path) -> list[dict[str, Any]]:
    """The events of a run in order; a line torn by a crash is left out."""
    return read_lines(folder / "metrics.jsonl")


def last_elapsed_s(folder: Path) -> float:
    """Seconds on the last whole line of a run's `metrics.jsonl`, 0 where there is none.

    Raises:
        RunFolderError: they are no time that a run may have taken.
    """
    events = read_metrics(folder)
    seconds = events[-1].get("elapsed_s", 0.0) if events else 0.0
    if isinstance(seconds, bool) or not isinstance(seconds, int | float) or not 0 <= seconds < LONGEST_RUN_S:
        where = folder / "metrics.jsonl"
        raise RunFolderError(f"{where}: expected elapsed_s in seconds, got {seconds!r:.80}")
    return float(seconds)
