"""The lines of a ledger on disk, each checked against the one before.

One JSON object per line: `n`, `at` (seconds since 1970), `mono_s` (the machine's monotonic clock), `kind`,
what belongs to the kind, `prev` (hash of the line before), `hash` (sha256 of the line up to that field, or
its HMAC where there is a key). A change of any line, its removal or its repetition breaks the chain from
there on. Two things a chain alone cannot show: whole lines cut off behind a "closed" line, and a history that
was written anew from the start. The hash of the last line (`Chain.head`), kept elsewhere (`anchor`), shows
both; a key that the forger has not shows the second.
"""

import hashlib
import hmac
import os
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from brainwright.untrusted import Fault, Unreadable, parse_json

START = "0" * 64
HASH = ',"hash":"'
_LONGEST_LINE = 64 * 2**20  # bytes; a plan of 100,000 pulses takes about 10 MB
_SHORTEST_KEY = 16  # bytes


class ChainBroken(Fault):
    """A ledger is not what was written; the message names the line."""


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
    return entries(path, read_key(key))


def entries(path: Path, key: bytes) -> Iterator[dict[str, Any]]:
    """It yields them as `read_chain` does."""
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
        body, _, ending = text.rstrip("\n").rpartition(HASH)
    except (UnicodeDecodeError, Unreadable):  # numbers of thousands of digits and deep brackets too
        return None
    if not (isinstance(entry, dict) and {"n", "kind", "prev", "hash", "at"} <= entry.keys()):
        raise ChainBroken(f"{where}: is no ledger entry")
    if ending != f'{digest(body.encode(), key)}"}}':
        other = "; or it was written with another key" if key else "; or it was written with a key"
        raise ChainBroken(f"{where}: was changed after it was written (its hash does not fit{other})")
    return entry


def digest(body: bytes, key: bytes) -> str:
    """It returns the hash of a line's bytes up to that field."""
    return hmac.new(key, body, hashlib.sha256).hexdigest() if key else hashlib.sha256(body).hexdigest()


def tail(path: Path, key: bytes, known: str = "") -> tuple[int, str, bytes]:
    """It returns the number of entries, the hash of the last, and the torn rest of a ledger that must hold
    the line `known`.
    """
    n, prev, missing = 0, START, bool(known)
    for entry in entries(path, key):
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
