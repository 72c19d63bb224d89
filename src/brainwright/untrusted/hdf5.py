"""HDF5 of strangers: what is declared is checked before it is read, and no other file is opened for it."""

import os
import signal
import subprocess
import sys
import zlib
from collections.abc import Generator
from contextlib import contextmanager
from math import prod
from pathlib import Path
from typing import Any

import numpy as np

from .bounds import Bounds
from .errors import Fault, Unreadable, refused_as
from .hdf5_walk import BYTES_PER_S

DEFLATE = 1
"""Number of the filter in HDF5."""
PACKED_TIGHT = 1032
"""Bytes that one byte of a deflate stream may become."""
REHEARSAL_CPU_S = 5.0
"""Of the processor's time, for a small file; see `hdf5_walk` for larger ones. Sound ones take below a second.
"""
CLOCK_PER_CPU = 20.0
"""Seconds by the clock for one of the processor: a busy machine lets the process wait."""
_ENDLESS = "the HDF5 library does not come to an end with it: the file is damaged"
UNSEEN_BYTES = 1 << 18
"""A packed chunk up to this size may become 270 MB at most, and is left to the library."""


@contextmanager
def opened(path: Path, error: type[Fault], expected: str = "an HDF5 file that can be read") -> Generator[Any]:
    """An HDF5 file, open to read; whatever the library says of a broken one becomes `error`."""
    import h5py

    with refused_as(error, path.name, expected):
        if h5py.is_hdf5(path):
            rehearse(path)
        file = h5py.File(path, "r")
    with file:
        yield file


def rehearse(path: Path) -> None:
    """Has the file walked by another process first (see `hdf5_walk`): about half a second.

    Raises:
        Unreadable: the library broke down over it, or it took longer than any sound file.
    """
    script = Path(__file__).with_name("hdf5_walk.py")
    size_s = path.stat().st_size / BYTES_PER_S
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(part for part in sys.path if part)}
    lifeline, held = os.pipe()  # closed by the end of this process, however that comes: the walk ends with it
    try:
        done = subprocess.run(
            [sys.executable, str(script), str(REHEARSAL_CPU_S), str(path.absolute())],
            stdin=lifeline,
            capture_output=True,
            timeout=CLOCK_PER_CPU * (REHEARSAL_CPU_S + size_s),
            env=environment,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise Unreadable(_ENDLESS) from error
    finally:
        os.close(lifeline)
        os.close(held)
    if done.returncode == -getattr(signal, "SIGXCPU", 0) != 0:
        raise Unreadable(_ENDLESS)
    if done.returncode or not done.stdout.startswith(b"walked"):
        said = done.stderr.decode("utf-8", "replace").strip().splitlines()[-1:]
        raise Unreadable(
            f"the HDF5 library breaks down over it (code {done.returncode}) {' '.join(said)}".strip()
        )


def names(group: Any) -> list[str]:
    """Of the members, sorted; those that are no UTF-8 are nobody's to ask for."""
    return sorted(name for name in group if isinstance(name, str))


def item(group: Any, name: str, *, expected: str = "a data set") -> Any:
    """The member `name` of a group.

    Raises:
        Unreadable: no such member, or a link to another file.
    """
    import h5py

    found = group
    for part in name.split("/"):
        if not part:
            continue
        try:
            link = found.get(part, getlink=True) if isinstance(found, h5py.Group) else None
            if isinstance(link, h5py.ExternalLink):
                raise Unreadable(f"{name} lies in another file ({link.filename}), which is not opened")
            found = found[part]
        except (KeyError, OSError, RuntimeError, ValueError, TypeError) as error:
            if isinstance(error, Unreadable):
                raise
            there = names(found)[:20] if isinstance(found, h5py.Group) else []
            raise Unreadable(f"expected {expected} {name!r}, got {there} ({error})") from error
    return found


def check(dataset: Any, n_bytes: int, bounds: Bounds) -> None:
    """Raises Unreadable for what is no data set of plain values, lies in other files, or is beyond the
    bounds.
    """
    import h5py

    name = getattr(dataset, "name", "the file")
    if not isinstance(dataset, h5py.Dataset):
        raise Unreadable(f"{name}: expected a data set, got a group")
    with refused_as(Unreadable, name, "a readable data set"):
        shape, kind = dataset.shape, dataset.dtype
        outside = bool(dataset.external) or dataset.is_virtual
        chunk = dataset.chunks
    if outside:
        raise Unreadable(f"{name}: its values lie in another file, which is not opened")
    if shape is None:
        raise Unreadable(f"{name}: holds nothing")
    if kind.hasobject:
        raise Unreadable(
            f"{name}: expected plain values, got {kind} (text, references or rows of unequal length)"
        )
    for part in (shape, chunk or ()):
        bounds.check_values(prod(part) * max(1, -(-kind.itemsize // 8)), n_bytes, str(name))
    if chunk:
        _check_chunks(dataset, prod(chunk) * kind.itemsize, name)


def _check_chunks(dataset: Any, chunk_bytes: int, name: object) -> None:
    """Packed chunks must not become more than they say: the library would unpack them to any size."""
    with refused_as(Unreadable, name, "readable chunks"):
        filters = dataset.id.get_create_plist()
        packed = [filters.get_filter(k)[0] for k in range(filters.get_nfilters())]
        suspects: list[Any] = []

        def look(chunk: Any) -> None:
            if chunk.size > UNSEEN_BYTES and chunk.size * PACKED_TIGHT > chunk_bytes:
                suspects.append(chunk)

        if DEFLATE in packed:
            dataset.id.chunk_iter(look)  # asked for by number, chunks would take quadratic time
        for chunk in suspects:
            _, raw = dataset.id.read_direct_chunk(chunk.chunk_offset)
            if packed[-1] == DEFLATE and not chunk.filter_mask:
                stream = zlib.decompressobj()
                stream.decompress(raw, chunk_bytes + 64)
                if stream.unconsumed_tail:
                    raise Unreadable(f"{name}: a chunk unpacks to more than its {chunk_bytes:,} bytes")


def values(dataset: Any, n_bytes: int, bounds: Bounds) -> np.ndarray:
    """All of a data set, after `check`, in the byte order of this machine."""
    check(dataset, n_bytes, bounds)
    with refused_as(Unreadable, dataset.name, "values that can be read"):
        found = np.asarray(dataset[()])
        return found.astype(found.dtype.newbyteorder("="), copy=False)


def number(attributes: Any, name: str) -> float | None:
    """An attribute that is one finite number, of an array of one too; None where it is not there.

    Raises:
        Unreadable: text, several values, what is not finite.
    """
    if name not in attributes:
        return None
    raw = np.asarray(_raw(attributes, name))
    value = raw.reshape(())[()] if raw.size == 1 else None
    value = value.item() if isinstance(value, np.generic) else value
    if isinstance(value, bool) or not isinstance(value, int | float) or not np.isfinite(value):
        raise Unreadable(f"expected a number in the attribute {name}, got {raw.tolist()!r:.60}")
    return value


def whole(attributes: Any, name: str) -> int | None:
    """As `number`, a whole one of 0 or more."""
    value = number(attributes, name)
    if value is not None and (value < 0 or value != int(value)):
        raise Unreadable(f"expected a whole number in the attribute {name}, got {value:g}")
    return None if value is None else int(value)


def words(attributes: Any, name: str) -> str:
    """A text, whether it was stored as str, bytes, or an array of them, which are joined by blanks; "" where
    it is not there.
    """
    parts = np.ravel(np.asarray(_raw(attributes, name), object)).tolist() if name in attributes else []
    return " ".join(
        part.decode("utf-8", "replace") if isinstance(part, bytes) else str(part) for part in parts
    )


def _raw(attributes: Any, name: str) -> Any:
    with refused_as(Unreadable, f"attribute {name!r}", "a value"):
        return attributes.get(name)


MOST_MEMBERS = 200_000
"""Groups and data sets of one file: recordings of thousands of units hold some per unit."""


def check_file(
    path: Path, error: type[Fault], bounds: Bounds, expected: str = "an HDF5 file that can be read"
) -> None:
    """Looks at every data set of a file before a library of others reads it.

    Raises:
        Fault: as `error`: no HDF5, a link into another file, sizes beyond the bounds, more members than
            anyone writes.
    """
    import h5py

    size = path.stat().st_size
    with opened(path, error, expected) as file, refused_as(error, path.name, expected):
        waiting, seen = [file], set()
        while waiting:
            group = waiting.pop()
            for name in group:
                link = group.get(name, getlink=True)
                if isinstance(link, h5py.SoftLink):
                    continue
                found = item(group, name)
                if hash(found.id) in seen:  # the address in the file: links may lead back
                    continue
                seen.add(hash(found.id))
                if len(seen) > MOST_MEMBERS:
                    raise Unreadable(f"expected at most {MOST_MEMBERS:,} members, got more")
                if isinstance(found, h5py.Group):
                    waiting.append(found)
                elif isinstance(found, h5py.Dataset) and found.shape is not None:
                    _check_any(found, size, bounds)


def _check_any(dataset: Any, n_bytes: int, bounds: Bounds) -> None:
    """As `check`, of texts and references too."""
    if not dataset.dtype.hasobject:
        check(dataset, n_bytes, bounds)
        return
    if dataset.external or dataset.is_virtual:
        raise Unreadable(f"{dataset.name}: its values lie in another file, which is not opened")
    for part in (dataset.shape, dataset.chunks or ()):
        bounds.check_values(2 * prod(part), n_bytes, str(dataset.name))  # a length and an address each
