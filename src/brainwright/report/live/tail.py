"""What is new in a run folder since the last look: files may be absent, grow, or be replaced meanwhile."""

import os
from pathlib import Path
from typing import Any

from brainwright.untrusted import Unreadable, parse_json

_AT_ONCE = 1 << 20  # bytes of metrics taken in one look, or one line


class RunTail:
    """Follows one run folder.

    Example:
        tail = RunTail(folder)
        tail.changes()  # everything so far
        tail.changes()  # what came since, {} where nothing did
    """

    def __init__(self, folder: Path):
        self.folder = folder
        self._offset, self._inode = 0, -1
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
        asked = (self.folder / "stop").exists()
        if self._seen.get("stop", (0, 0, 0))[0] != asked:
            self._seen["stop"] = (asked, 0, 0)
            found["stop"] = asked
        return found

    def _metrics(self) -> dict[str, Any]:
        """Whole new lines; a line still being written waits for the next look."""
        try:
            with (self.folder / "metrics.jsonl").open("rb") as file:
                facts = os.fstat(file.fileno())
                restarted = self._offset > 0 and (facts.st_ino != self._inode or facts.st_size < self._offset)
                self._offset = 0 if restarted else self._offset
                self._inode = facts.st_ino
                file.seek(self._offset)
                content = file.read(_AT_ONCE)
                if b"\n" not in content:
                    content += file.readline()  # of a line longer than that
        except FileNotFoundError:
            restarted, content = self._offset > 0, b""
            self._offset = 0 if restarted else self._offset
        whole = content[: content.rfind(b"\n") + 1]
        self._offset += len(whole)
        events = [event for line in whole.splitlines() if (event := _object(line)) is not None]
        return ({"restarted": True} if restarted else {}) | ({"metrics": events} if events else {})

    def _changed(self, name: str) -> dict[str, Any] | None:
        """A JSON object that was replaced since the last look; None where it is absent, old or torn."""
        try:
            with (self.folder / name).open("rb") as file:
                facts = os.fstat(file.fileno())
                mark = (facts.st_ino, facts.st_mtime_ns, facts.st_size)
                if self._seen.get(name) == mark:
                    return None
                content = _object(file.read())
        except OSError:
            return None
        if content is not None:
            self._seen[name] = mark
        return content


def _object(text: bytes) -> dict[str, Any] | None:
    """A JSON object, or None for anything else, such as a line that a kill tore."""
    try:
        value = parse_json(text, "line")
    except Unreadable:
        return None
    return value if isinstance(value, dict) else None
