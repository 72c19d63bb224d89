"""Asking a run to end: the file `stop` in its folder."""

from pathlib import Path


class StopRequested(KeyboardInterrupt):
    """Somebody asked the run to stop, with the file `stop`."""


def request_stop(folder: Path) -> None:
    """Asks the run in `folder` to end soon and cleanly, so that it can be resumed."""
    (folder / "stop").touch()


def clear_stop(folder: Path) -> None:
    """Takes a request back, such as one that an earlier session has followed."""
    (folder / "stop").unlink(missing_ok=True)


def check_stop(folder: Path) -> None:
    """Raises StopRequested where the run in `folder` was asked to stop."""
    if (folder / "stop").exists():
        raise StopRequested
