"""Half-written files: their names, and what writers that were killed left of them."""

import contextlib
import glob
import os
import time
from pathlib import Path

_OLD_S = 86_400.0  # where a process cannot be asked whether it lives


def part_of(path: Path, ending: str = "") -> Path:
    """Where this process writes a file before it becomes `path`: `.NAME.PID.part` beside it, and `ending`."""
    return path.with_name(f"{_prefix(path)}{os.getpid()}.part{ending}")


def sweep(path: Path) -> None:
    """Removes what writers of `path` left that are gone: their `part_of(path)`, whatever its ending."""
    prefix = _prefix(path)
    for part in path.parent.glob(f"{glob.escape(prefix)}*.part*"):
        pid = part.name.removeprefix(prefix).split(".")[0]
        with contextlib.suppress(OSError):
            if pid.isdigit() and not _may_live(int(pid), part):
                part.unlink()


def _prefix(path: Path) -> str:
    """So much of a long name that the part's is not longer than file systems allow (255 bytes)."""
    return f".{path.name.encode()[:200].decode(errors='ignore')}."


def _may_live(pid: int, part: Path) -> bool:
    if os.name == "nt":  # where signal 0 is not harmless
        return time.time() - part.stat().st_mtime < _OLD_S
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except OSError:  # another user's
        return True
    return True
