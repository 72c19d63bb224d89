"""What is new in a run folder since the last look: files may be absent, grow, or be replaced meanwhile."""

import json
import math
import os
import stat
from pathlib import Path
from typing import Any, BinaryIO

_AT_ONCE = 1 << 20  # bytes of metrics taken in one look, or one line
_LONGEST = 16 << 20  # bytes of a line or of another file; what a run writes has thousands at most
_DEEPEST = 64


class RunTail:
    """Follows one run folder.

    Example:
        tail = RunTail(folder)
        tail.changes()  # everything so far
        tail.changes()  # what came since, {} where nothing did
    """

    def __init__(self, folder: Path):
        self.folder = folder
        self._offset, self._inode, self._passing = 0, -1, False
        self._seen: dict[str, tuple[int, int, int]] = {}

    def changes(self) -> dict[str, Any]:
        """New lines as `metrics`; `recipe`, `live`, `result` and `stop` where they changed.

        `restarted` is True where `metrics.jsonl` was replaced or cut: what was shown of it is void.
        """
        found = self._metrics()
        for name in ("recipe", "live", "result"):
            content = self._changed(f"{name}.json")
            if content is not None:
                found[name] = content
        asked = os.path.exists(self.folder / "stop")
        if self._seen.get("stop", (0, 0, 0))[0] != asked:
            self._seen["stop"] = (asked, 0, 0)
            found["stop"] = asked
        return found

    def _metrics(self) -> dict[str, Any]:
        """Whole new lines; a line still being written waits for the next look, one beyond all measure is
        passed over."""
        restarted, content = self._offset > 0, b""
        try:
            with _file(self.folder / "metrics.jsonl") as file:
                facts = os.fstat(file.fileno())
                restarted = self._offset > 0 and (facts.st_ino != self._inode or facts.st_size < self._offset)
                self._offset = 0 if restarted else self._offset
                self._inode = facts.st_ino
                file.seek(self._offset)
                content = file.read(_AT_ONCE)
                if b"\n" not in content:
                    content += file.readline(_LONGEST)  # of a line longer than that
        except FileNotFoundError:
            self._offset = 0
        except OSError:  # a folder, a pipe, a file of another user: nothing new
            restarted = False
        whole = content[: content.rfind(b"\n") + 1]
        if not whole and len(content) >= _LONGEST:
            whole, self._passing = content, True  # its end is passed over as well
        self._offset += len(whole)
        lines = whole.split(b"\n")[:-1] if whole.endswith(b"\n") else []
        if self._passing and lines:
            lines, self._passing = lines[1:], False
        events = [event for line in lines if (event := _object(line)) is not None]
        return ({"restarted": True} if restarted else {}) | ({"metrics": events} if events else {})

    def _changed(self, name: str) -> dict[str, Any] | None:
        """A JSON object that was replaced since the last look; None where it is absent, old or torn."""
        try:
            with _file(self.folder / name) as file:
                facts = os.fstat(file.fileno())
                mark = (facts.st_ino, facts.st_mtime_ns, facts.st_size)
                if self._seen.get(name) == mark or facts.st_size > _LONGEST:
                    return None
                content = _object(file.read(_LONGEST))
        except OSError:
            return None
        if content is not None:
            self._seen[name] = mark
        return content


def _file(path: Path) -> BinaryIO:
    """Open for reading. Raises OSError for what is no file: a pipe would keep us waiting."""
    file = open(os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)), "rb")  # noqa: SIM115, the caller closes it
    if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
        file.close()
        raise OSError(f"{path}: expected a file")
    return file


def _object(text: bytes) -> dict[str, Any] | None:
    """A JSON object, or None for anything else, such as a line that a kill tore.

    Numbers that are none (NaN, infinity, more than a double holds) become null, as nobody can draw them.
    """
    try:
        value = json.loads(text, parse_constant=lambda _: None, parse_float=_finite)
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) and _is_shallow(value) else None


def _finite(text: str) -> float | None:
    value = float(text)
    return value if math.isfinite(value) else None


def _is_shallow(value: dict[str, Any]) -> bool:
    """Whether it is nested at most `_DEEPEST` levels deep: what writes JSON and who reads it recurse."""
    level: list[Any] = [value]
    for _ in range(_DEEPEST):
        inner = [v.values() if isinstance(v, dict) else v for v in level if isinstance(v, dict | list)]
        level = [item for items in inner for item in items]
        if not level:
            return True
    return False
