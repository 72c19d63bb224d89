"""The ledger on disk: append-only lines, each of which holds the hash of the line before.

One JSON object per line: `n`, `at` (seconds since 1970), `mono_s` (the machine's monotonic clock), `kind`,
what belongs to the kind, `prev` (hash of the line before), `hash` (sha256 of the line up to that field). A
change of any line, its removal or its repetition breaks the chain from there on; only lines cut off at the
end go unseen, unless the last was `closed`.
"""

import hashlib
import json
import os
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from brainwright.runfolder import plain
from brainwright.untrusted import Fault, Unreadable, parse_json

START = "0" * 64
_HASH = ',"hash":"'


class ChainBroken(Fault):
    """A ledger is not what was written; the message names the line."""


class Chain:
    """Appends to a ledger. A line is handed to the system whole before `append` returns (it survives kill -9
    of the process); `sync` waits for the disk.

    An existing ledger is continued if it is intact; where a crash or a full disk tore a line, the next
    `append` ends it and accounts for it. One writer at a time: where the system has `flock`, a second one is
    refused until the first has closed or died.

    Raises:
        ChainBroken: the existing ledger is damaged.
        OSError: another writer has it; or a line could not be written (a full disk). Nothing must be
            stimulated then.
    """

    def __init__(self, path: Path):
        self.path = path
        self._file = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644)
        try:
            _lock(self._file, path)
            self._n, self._prev, self._torn = _tail(path)
        except BaseException:
            os.close(self._file)
            raise

    def append(self, kind: str, **fields: Any) -> None:
        """Write one line. Fields may hold NumPy arrays and dataclasses."""
        if self._torn:
            torn = {"torn": hashlib.sha256(self._torn).hexdigest(), "bytes": len(self._torn)}
            self._append("torn", torn, before=b"\n")  # in one go: a kill leaves no torn line unaccounted for
            self._torn = b""
        self._append(kind, fields)

    def _append(self, kind: str, fields: dict[str, Any], before: bytes = b"") -> None:
        head = {"n": self._n, "at": round(time.time(), 6), "mono_s": round(time.monotonic(), 6), "kind": kind}
        body = _dump({**head, **plain(fields), "prev": self._prev})[:-1]
        body = body.encode("utf-8", "backslashreplace")  # half a surrogate pair, as JSON writes it
        digest = hashlib.sha256(body).hexdigest()
        self._write(before + body + f'{_HASH}{digest}"}}\n'.encode())
        self._n, self._prev = self._n + 1, digest

    def sync(self) -> None:
        """Wait until what was appended survives a loss of power."""
        os.fsync(self._file)

    def close(self) -> None:
        if self._file >= 0:
            self.sync()
            os.close(self._file)
            self._file = -1

    def _write(self, data: bytes) -> None:
        written = os.write(self._file, data)
        if written != len(data):
            self._torn += data[:written]
            raise OSError(f"{self.path}: {written} of {len(data)} bytes written; is the disk full?")


def read_chain(path: Path) -> Iterator[dict[str, Any]]:
    """The lines of a ledger, each checked against the one before. A torn last line is left out.

    Raises:
        ChainBroken: a line that was changed, removed, repeated or inserted.
    """
    prev, n = START, 0
    torn, line = None, b""  # sha256 of the lines that are no entries, so far
    with path.open("rb") as file:
        for number, line in enumerate(file, 1):
            where = f"{path}, line {number}"
            entry = _entry(line, where)
            if entry is None:  # torn, or the note of a torn line that was torn itself
                if torn is None:
                    torn = hashlib.sha256()
                else:
                    torn.update(b"\n")
                torn.update(line.rstrip(b"\n"))
                continue
            if torn is not None and entry.get("torn") != torn.hexdigest():
                raise ChainBroken(f"{where}: follows a line that is no ledger entry")
            torn = None
            if (entry["prev"], entry["n"]) != (prev, n):
                raise ChainBroken(f"{where}: does not follow the line before; a line was changed or removed")
            prev, n = entry["hash"], n + 1
            yield entry
    if torn is not None and line.endswith(b"\n"):
        raise ChainBroken(f"{path}: the last line is no ledger entry")


def _entry(line: bytes, where: str) -> dict[str, Any] | None:
    """The entry of a line whose hash is right, None for a torn line."""
    if not line.startswith(b"{"):
        return None
    try:
        text = line.decode()
        entry = parse_json(text, where)
        body, _, digest = text.rstrip("\n").rpartition(_HASH)
    except (UnicodeDecodeError, Unreadable):
        return None
    if not (isinstance(entry, dict) and {"n", "kind", "prev", "hash"} <= entry.keys()):
        raise ChainBroken(f"{where}: is no ledger entry")
    right = hashlib.sha256(body.encode()).hexdigest()
    if digest != f'{right}"}}':
        raise ChainBroken(f"{where}: was changed after it was written (its hash does not fit)")
    return entry


def _lock(file: int, path: Path) -> None:
    """Keep other writers out for as long as `file` is open."""
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


def _tail(path: Path) -> tuple[int, str, bytes]:
    """Number of entries, hash of the last, and the torn rest of a ledger."""
    if not path.exists() or path.stat().st_size == 0:
        return 0, START, b""
    n, prev = 0, START
    for entry in read_chain(path):
        n, prev = n + 1, entry["hash"]
    *lines, torn = path.read_bytes().split(b"\n")
    rest = [torn]
    while torn and lines and _entry(lines[-1], "") is None:
        rest.append(lines.pop())
    return n, prev, b"\n".join(reversed(rest))


def _dump(value: dict[str, Any]) -> str:
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False, allow_nan=False)
