"""Progress of a download: a bar on a terminal, a line for each tenth elsewhere."""

import sys

from brainwright.cli.words import can_redraw


class DownloadProgress:
    """It is called with (name, bytes so far, bytes in all); use it as a context."""

    def __init__(self):
        self._bar = None
        self._tasks: dict[str, int] = {}
        self._tenth = -1

    def __enter__(self) -> "DownloadProgress":
        if can_redraw(sys.stderr):
            from rich.console import Console
            from rich.progress import BarColumn, DownloadColumn, TextColumn
            from rich.progress import Progress as Bar

            self._bar = Bar(
                TextColumn("{task.description}", markup=False),
                BarColumn(),
                DownloadColumn(),
                console=Console(stderr=True),
            )
            self._bar.start()
        return self

    def __exit__(self, *_) -> None:
        if self._bar is not None:
            self._bar.stop()

    def __call__(self, name: str, received: int, total: int) -> None:
        """Shows how far the download of one file is."""
        if self._bar is not None:
            from rich.progress import TaskID

            if name not in self._tasks:
                self._tasks[name] = self._bar.add_task(name, total=total or None)
            self._bar.update(TaskID(self._tasks[name]), completed=received)
            return
        tenth = 10 * received // total if total else received >> 24  # every 16 MB
        if tenth != self._tenth:
            self._tenth = tenth
            print(
                f"{name}: {received:,} of {total:,} bytes" if total else f"{name}: {received:,} bytes",
                file=sys.stderr,
            )
