"""A reader that does all that no reader may, to see that the harness finds it."""

import ctypes
import os
from pathlib import Path

from targets import Target

WRONGS = ("read", "refused", "died", "hang", "memory", "raised")


def targets() -> list[Target]:
    """The one that is wrong."""
    return [Target("wrong on purpose", lambda folder: _write, _read, lambda: ())]


def _write(r, folder: Path) -> Path:
    (folder / "what").write_text(r.choice(WRONGS))
    return folder / "what"


def _read(path: Path) -> int:
    what = path.read_text()
    if what == "refused":
        from brainwright.untrusted import parse_json

        parse_json("{", "what")
    if what == "died":
        ctypes.string_at(0)
    while what == "hang":
        pass
    if what == "memory":
        return len(bytearray(b"x") * (int(os.environ["FUZZ_MEMORY_MIB"]) << 21))
    if what == "raised":
        raise KeyError(what)
    return 0
