"""Progress on the screen: a bar where there is a terminal, a line now and then elsewhere."""

import sys
import time
from typing import Any, TextIO

from brainwright.cli.words import can_redraw
from brainwright.runs import Metrics, check_stop
from brainwright.untrusted import printable

PLAIN_EVERY_S = 10.0
"""A log shows that the run goes on, and stays short: 360 lines an hour."""


class Progress:
    """A recipe's `run` calls it: `progress(stage, fraction, **event)`.

    `fraction` is the share of the whole run that is done, 0 to 1. Keyword arguments become one line of
    `metrics.jsonl`. Use it as a context manager. A call raises StopRequested where the run was asked to stop:
    units that are finished are kept by then, the one under way is done again when the run is resumed.
    """

    def __init__(self, metrics: Metrics, stream: TextIO | None = None) -> None:
        self._metrics = metrics
        self._screen = _screen(sys.stderr if stream is None else stream)
        self._start: tuple[float, float] | None = None  # time and fraction at the first call

    def __enter__(self) -> "Progress":
        self._screen.open()
        return self

    def __exit__(self, *_: object) -> None:
        self._screen.close()

    def __call__(self, stage: str, fraction: float, **event: Any) -> None:
        fraction = min(max(float(fraction), 0.0), 1.0)
        if event:
            self._metrics.append(stage=stage, fraction=round(fraction, 4), **event)
        check_stop(self._metrics.folder)
        self._screen.show(stage, fraction, self._left_s(fraction))

    def _left_s(self, fraction: float) -> float | None:
        """It returns the seconds left at the pace of this session; units kept from an earlier one do not
        count.
        """
        now = time.monotonic()
        if self._start is None:
            self._start = (now, fraction)
        start_s, start_fraction = self._start
        advance = fraction - start_fraction
        return (now - start_s) * (1 - fraction) / advance if advance > 0 else None


class _Plain:
    """It writes a line when the stage changes or `PLAIN_EVERY_S` have passed."""

    def __init__(self, stream: TextIO) -> None:
        self._stream, self._last = stream, ("", -1e9)

    def open(self) -> None: ...

    def close(self) -> None: ...

    def show(self, stage: str, fraction: float, left_s: float | None) -> None:
        now = time.monotonic()
        if stage == self._last[0] and now - self._last[1] < PLAIN_EVERY_S:
            return
        self._last = (stage, now)
        print(f"{fraction:4.0%}  {printable(stage)}{_left(left_s)}", file=self._stream, flush=True)


class _Bar:
    """It redraws one line, by rich."""

    def __init__(self, stream: TextIO) -> None:
        from rich.console import Console
        from rich.progress import BarColumn, TaskProgressColumn, TextColumn
        from rich.progress import Progress as RichProgress

        columns = (TaskProgressColumn(), BarColumn(30), TextColumn("{task.description}", markup=False))
        self._bar = RichProgress(*columns, console=Console(file=stream), transient=True)
        self._task = self._bar.add_task("starting", total=1.0)

    def open(self) -> None:
        self._bar.start()

    def close(self) -> None:
        self._bar.stop()

    def show(self, stage: str, fraction: float, left_s: float | None) -> None:
        self._bar.update(self._task, completed=fraction, description=f"{printable(stage)}{_left(left_s)}")


def _screen(stream: TextIO) -> _Plain | _Bar:
    return _Bar(stream) if can_redraw(stream) else _Plain(stream)


def _left(left_s: float | None) -> str:
    if left_s is None:
        return ""
    minutes, seconds = divmod(round(left_s), 60)
    return f", {minutes} min {seconds:02d} s left" if minutes else f", {seconds} s left"
