"""Half-written files of writers that were killed."""

import contextlib
import glob
import os
import time
from pathlib import Path

_OLD_S = 86_400.0  # where a process cannot be asked whether it lives


def sweep(path: Path) -> None:
    """Remove what writers of `path` left that are gone: `.NAME.PID.part`, whatever follows that."""
    for part in path.parent.glob(f".{glob.escape(path.name)}.*.part*"):
        pid = part.name.removeprefix(f".{path.name}.").split(".")[0]
        with contextlib.suppress(OSError):
            if pid.isdigit() and not _may_live(int(pid), part):
                part.unlink()


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
