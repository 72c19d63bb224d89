"""The ledger on disk: append-only lines, each of which holds the hash of the line before (`chain_lines`)."""

import hashlib
import json
import os
import stat
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from brainwright.runs import plain

from .anchor import keep_head, kept_head
from .chain_lines import HASH, digest, entries, read_key, tail
from .sole_writer import SoleWriter, lock


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
            self._n, self.head, self._torn = tail(path, self._key, known)
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
        return entries(self.path, self._key)

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
        hashed = digest(body, self._key)
        self._unsure = True
        self._write(before + body + f'{HASH}{hashed}"}}\n'.encode())
        self._n, self.head = self._n + 1, hashed
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
        n, head, torn = tail(self.path, self._key)
        if n - self._n not in (0, 1):
            raise OSError(f"{self.path}: expected {self._n} lines of a ledger, got {n}")
        self._n, self.head, self._torn, self._unsure = n, head, torn, False
        self._size = os.fstat(self._file).st_size


def _dump(value: dict[str, Any]) -> str:
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False, allow_nan=False)
