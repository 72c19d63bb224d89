"""One writer of a file at a time, whatever becomes of the file meanwhile."""

import contextlib
import os
from pathlib import Path


class SoleWriter:
    """It holds `PATH.lock` until closed; the lock goes with the process. Without `flock` it is nothing.

    It lies beside the file, not in it: who replaces the file does not get a second lock.

    Raises:
        BlockingIOError: another writer has it.
    """

    def __init__(self, path: Path):
        real = Path(os.path.realpath(path))
        self._path = real.with_name(real.name + ".lock")
        while True:
            self._file = os.open(self._path, os.O_RDWR | os.O_CREAT, 0o644)
            try:
                lock(self._file, path)
            except BaseException:
                os.close(self._file)
                raise
            if _same(self._file, self._path):  # else the writer before us has just removed it
                return
            os.close(self._file)

    def close(self) -> None:
        """It lets others write. Idempotent."""
        if self._file >= 0:
            with contextlib.suppress(OSError):  # a folder that has become read-only, or is gone
                if _same(self._file, self._path):
                    os.unlink(self._path)
            os.close(self._file)
            self._file = -1


def lock(file: int, path: Path) -> None:
    """It keeps other writers of `path` out for as long as `file` is open. Raises BlockingIOError."""
    try:
        import fcntl
    except ImportError:  # not a POSIX system
        return
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise BlockingIOError(
            f"{path}: expected a ledger that nobody writes, another writer has it open; stop that one, or "
            "use another ledger"
        ) from None


def _same(file: int, path: Path) -> bool:
    try:
        at_path = os.stat(path)
    except FileNotFoundError:
        return False
    open_file = os.fstat(file)
    return (open_file.st_ino, open_file.st_dev) == (at_path.st_ino, at_path.st_dev)
