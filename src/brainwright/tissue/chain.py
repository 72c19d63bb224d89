"""The ledger on disk: append-only lines, each of which holds the hash of the line before.

One JSON object per line: `n`, `at` (seconds since 1970), `mono_s` (the machine's monotonic clock), `kind`,
what belongs to the kind, `prev` (hash of the line before), `hash` (sha256 of the line up to that field, or
its HMAC where there is a key). A change of any line, its removal or its repetition breaks the chain from
there on. Two things a chain alone cannot show: whole lines cut off behind a "closed" line, and a history that
was written anew from the start. The hash of the last line (`Chain.head`), kept elsewhere (`anchor`), shows
both; a key that the forger has not shows the second.
"""

import hashlib
import hmac
import json
import os
import stat
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from brainwright.runs import plain
from brainwright.untrusted import Fault, Unreadable, parse_json

from .anchor import keep_head, kept_head
from .sole_writer import SoleWriter, lock

START = "0" * 64
_HASH = ',"hash":"'
_LONGEST_LINE = 64 * 2**20  # bytes; a plan of 100,000 pulses takes about 10 MB
_SHORTEST_KEY = 16  # bytes


class ChainBroken(Fault):
    """A ledger is not what was written; the message names the line."""


class Chain:
    """It appends to a ledger. A line is handed to the system whole, and read back, before `append` returns
    (it survives kill -9 of the process); `sync` waits for the disk.

    An existing ledger is continued if it is intact; where a crash or a full disk tore a line, the next
    `append` ends it and accounts for it. One writer at a time: where the system has `flock`, a second one is
    refused until the first has closed or died, also where the file was replaced meanwhile.

    Args:
        key: a file with a secret of 16 bytes or more; the hashes are then HMACs, which only who has it can
            forge. None: plain hashes.
        anchor: a JSON file, such as a run's `provenance.json`, that `close` tells the hash of the last line.
            None: it is kept nowhere.

    Raises:
        ChainBroken: the existing ledger is damaged, or lacks the line that `anchor` names: it was cut, or
            written anew.
        RunFolderError: `anchor` is no JSON object, or holds something else in this place.
        ValueError: the key is too short.
        OSError: another writer has it; a line could not be written (a full disk); the file was replaced,
            removed, cut or written to by another. Nothing must be stimulated then.
    """

    def __init__(self, path: Path, *, key: Path | None = None, anchor: Path | None = None):
        self.path, self._key = path, read_key(key)
        self._anchor = None if anchor is None else Path(os.path.abspath(anchor))
        known = "" if anchor is None else kept_head(anchor, path.name)
        self._absolute = os.path.abspath(path)  # the program may change its folder
        self._unsure = False  # whether the writing of a line was interrupted
        self._writer = SoleWriter(path)
        self._file = -1
        try:
            self._file = os.open(
                path, os.O_RDWR | os.O_APPEND | os.O_CREAT | getattr(os, "O_NONBLOCK", 0), 0o644
            )
            if not stat.S_ISREG(os.fstat(self._file).st_mode):
                raise OSError(f"{path}: expected a file, got something else")
            lock(self._file, path)  # also known by another name
            self._n, self.head, self._torn = _tail(path, self._key, known)
            self._size = os.fstat(self._file).st_size
        except BaseException:
            if self._file >= 0:
                os.close(self._file)
            self._writer.close()
            raise

    def append(self, kind: str, **fields: Any) -> None:
        """It writes one line. Fields may hold NumPy arrays and dataclasses."""
        self._demand_ours()
        if self._torn:
            torn = {"torn": hashlib.sha256(self._torn).hexdigest(), "bytes": len(self._torn)}
            self._append("torn", torn, before=b"\n")  # in one go: a kill leaves no torn line unaccounted for
            self._torn = b""
        self._append(kind, fields)

    def entries(self) -> Iterator[dict[str, Any]]:
        """It yields the lines so far; see `read_chain`."""
        return _read(self.path, self._key)

    def sync(self) -> None:
        """It waits until what was appended survives a loss of power."""
        os.fsync(self._file)

    def close(self) -> None:
        """It tells the anchor how the ledger ends, and lets others write. Idempotent.

        Raises:
            OSError, RunFolderError: the disk or the anchor fails; it is closed all the same.
        """
        if self._file >= 0:
            try:
                os.fsync(self._file)
                self._keep_head()
            finally:
                file, self._file = self._file, -1
                os.close(file)
                self._writer.close()

    def _keep_head(self) -> None:
        if self._anchor is None:
            return
        if self._unsure:
            self._catch_up()
        if self._n:
            keep_head(self._anchor, self.path.name, self.head)

    def _append(self, kind: str, fields: dict[str, Any], before: bytes = b"") -> None:
        head = {"n": self._n, "at": round(time.time(), 6), "mono_s": round(time.monotonic(), 6), "kind": kind}
        body = _dump({**head, **plain(fields), "prev": self.head})[:-1]
        body = body.encode("utf-8", "backslashreplace")  # half a surrogate pair, as JSON writes it
        digest = _digest(body, self._key)
        self._unsure = True
        self._write(before + body + f'{_HASH}{digest}"}}\n'.encode())
        self._n, self.head = self._n + 1, digest
        self._unsure = False

    def _write(self, data: bytes) -> None:
        written = os.write(self._file, data)
        os.lseek(self._file, self._size, os.SEEK_SET)  # writing appends, wherever this leads
        whole = os.read(self._file, len(data)) == data[:written]
        self._size += written
        if written != len(data):
            self._torn += data[:written]
            raise OSError(f"{self.path}: {written} of {len(data)} bytes written; is the disk full?")
        if not whole:
            raise OSError(f"{self.path}: what was written does not read back; another program writes to it")

    def _demand_ours(self) -> None:
        """The path still leads to the file that is open, and nobody else has written to it or cut it."""
        if self._file < 0:
            raise OSError(f"{self.path}: expected an open ledger, it was closed")
        held, at_path = os.fstat(self._file), os.stat(self._absolute)
        if (held.st_ino, held.st_dev) != (at_path.st_ino, at_path.st_dev):
            raise OSError(f"{self.path}: the ledger was replaced while it was written; keep both files")
        if self._unsure:
            self._catch_up()
        if at_path.st_size != self._size:
            raise OSError(
                f"{self.path}: the ledger has {at_path.st_size} bytes where {self._size} were written; "
                "another program cut it or writes to it"
            )

    def _catch_up(self) -> None:
        """It finds out, where the writing of a line was interrupted (Ctrl-C), whether it is there, or a part
        of it.
        """
        n, head, torn = _tail(self.path, self._key)
        if n - self._n not in (0, 1):
            raise OSError(f"{self.path}: expected {self._n} lines of a ledger, got {n}")
        self._n, self.head, self._torn, self._unsure = n, head, torn, False
        self._size = os.fstat(self._file).st_size


def read_key(path: Path | None) -> bytes:
    """It returns the secret of a key file, nothing where there is none. Raises OSError; ValueError for a
    short one.
    """
    if path is None:
        return b""
    key = path.read_bytes()
    if len(key) < _SHORTEST_KEY:
        raise ValueError(f"{path}: expected a key of at least {_SHORTEST_KEY} bytes, got {len(key)}")
    return key


def read_chain(path: Path, *, key: Path | None = None) -> Iterator[dict[str, Any]]:
    """It yields the lines of a ledger, each checked against the one before. A torn last line is left out.

    Raises:
        ChainBroken: a line that was changed, removed, repeated or inserted.
        OSError: no file there, or something that is no file.
    """
    return _read(path, read_key(key))


def _read(path: Path, key: bytes) -> Iterator[dict[str, Any]]:
    prev, n = START, 0
    torn, line = None, b""  # sha256 of the lines that are no entries, so far
    for number, line in enumerate(_lines(path), 1):
        where = f"{path}, line {number}"
        entry = _entry(line, where, key)
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


def _lines(path: Path) -> Iterator[bytes]:
    """It yields the lines with their ends. A pipe or a device is refused, not waited for."""
    with open(os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0)), "rb") as file:
        if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
            raise OSError(f"{path}: expected a file, got something else")
        while line := file.readline(_LONGEST_LINE):
            if len(line) == _LONGEST_LINE:
                raise ChainBroken(f"{path}: a line is longer than {_LONGEST_LINE} bytes")
            yield line


def _entry(line: bytes, where: str, key: bytes = b"") -> dict[str, Any] | None:
    """It returns the entry of a line whose hash is right, None for a torn line."""
    if not line.startswith(b"{"):
        return None
    try:
        text = line.decode()
        entry = parse_json(text, where)
        body, _, digest = text.rstrip("\n").rpartition(_HASH)
    except (UnicodeDecodeError, Unreadable):  # numbers of thousands of digits and deep brackets too
        return None
    if not (isinstance(entry, dict) and {"n", "kind", "prev", "hash", "at"} <= entry.keys()):
        raise ChainBroken(f"{where}: is no ledger entry")
    if digest != f'{_digest(body.encode(), key)}"}}':
        other = "; or it was written with another key" if key else "; or it was written with a key"
        raise ChainBroken(f"{where}: was changed after it was written (its hash does not fit{other})")
    return entry


def _digest(body: bytes, key: bytes) -> str:
    return hmac.new(key, body, hashlib.sha256).hexdigest() if key else hashlib.sha256(body).hexdigest()


def _tail(path: Path, key: bytes, known: str = "") -> tuple[int, str, bytes]:
    """It returns the number of entries, the hash of the last, and the torn rest of a ledger that must hold
    the line `known`.
    """
    n, prev, missing = 0, START, bool(known)
    for entry in _read(path, key):
        n, prev = n + 1, entry["hash"]
        missing = missing and prev != known
    if missing:
        raise ChainBroken(
            f"{path}: expected the line {known} that its anchor names, got {n} others; the ledger was cut or "
            "written anew since: find it again, or begin another under a new name"
        )
    *lines, torn = path.read_bytes().split(b"\n")
    rest = [torn]
    while torn and lines and _entry(lines[-1], "", key) is None:
        rest.append(lines.pop())
    return n, prev, b"\n".join(reversed(rest))


def _dump(value: dict[str, Any]) -> str:
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False, allow_nan=False)
