"""NumPy archives, checked member by member before anything is allocated; nothing is ever unpickled."""

import zipfile
from collections.abc import Collection
from math import prod
from pathlib import Path
from typing import IO

import numpy as np

from .bounds import Bounds
from .errors import Unreadable, refused_as

LAST_CHARACTER = 0x10FFFF
"""Of Unicode: Python breaks down over a text with a number beyond it."""
_READ_HEADER = {(1, 0): np.lib.format.read_array_header_1_0, (2, 0): np.lib.format.read_array_header_2_0}


def read_npz(
    path: Path, *, only: Collection[str] | None = None, bounds: Bounds | None = None
) -> dict[str, np.ndarray]:
    """The arrays of an NPZ file by name.

    Args:
        path: of the file.
        only: names to read; what else there is stays unread (and may be large). None for all.
        bounds: on the numbers of all arrays that are read, together.

    Raises:
        Unreadable: no NPZ file, arrays of objects, sizes beyond the bounds or other than the file holds.
        FileNotFoundError: no such file.
    """
    with (
        refused_as(Unreadable, path.name, "an NPZ file without pickled objects"),
        zipfile.ZipFile(path) as archive,
    ):
        members = _members(archive)
        wanted = [name for name in members if only is None or name in only]
        sizes = {name: _size(archive, members[name]) for name in wanted}
        (bounds or Bounds()).check_values(sum(sizes.values()), path.stat().st_size, path.name)
        return {name: _array(archive, members[name]) for name in wanted}


def npz_names(path: Path) -> list[str]:
    """Names of the arrays, none of them read. Raises as `read_npz`."""
    with refused_as(Unreadable, path.name, "an NPZ file"), zipfile.ZipFile(path) as archive:
        return list(_members(archive))


def npz_shapes(path: Path, kinds: str = "biuf") -> dict[str, tuple[int, ...]]:
    """Shapes of the arrays of these kinds of values, by name, none of them read. Raises as `read_npz`."""
    found = {}
    with refused_as(Unreadable, path.name, "an NPZ file"), zipfile.ZipFile(path) as archive:
        for name, member in _members(archive).items():
            with archive.open(member) as file:
                version = np.lib.format.read_magic(file)
                if version in _READ_HEADER:
                    shape, _, dtype = _READ_HEADER[version](file)
                    if dtype.kind in kinds:
                        found[name] = shape
    return found


def _members(archive: zipfile.ZipFile) -> dict[str, zipfile.ZipInfo]:
    found: dict[str, zipfile.ZipInfo] = {}
    for member in archive.infolist():
        name = member.filename.removesuffix(".npy")
        if name == member.filename:
            continue  # no array
        if name in found:
            raise Unreadable(f"two arrays are named {name!r}")
        found[name] = member
    return found


def _size(archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> int:
    with archive.open(member) as file:
        return entries_of(file, member.file_size, member.filename)


def entries_of(file: IO[bytes], n_bytes: int, name: str) -> int:
    """Numbers of 8 bytes that an array takes, and no fewer than it has entries.

    Args:
        file: at the start of the array's header.
        n_bytes: of header and array.
        name: for messages.

    Raises:
        Unreadable: another format, arrays of objects, another size than the header says.
    """
    version = np.lib.format.read_magic(file)
    if version not in _READ_HEADER:
        raise Unreadable(f"{name}: expected the array format 1.0 or 2.0, got {version}")
    shape, _, dtype = _READ_HEADER[version](file)
    start = file.tell()
    if dtype.names and any(dtype[field].kind in "UV" for field in dtype.names):
        raise Unreadable(f"{name}: expected rows of numbers, got {dtype}")
    if dtype.hasobject:
        raise Unreadable(f"{name}: holds pickled objects, which may run code: refused (allow_pickle=False)")
    if any(n < 0 for n in shape):
        raise Unreadable(f"{name}: expected a shape of no negative numbers, got {shape}")
    n = prod(shape)
    if n * dtype.itemsize != n_bytes - start:
        raise Unreadable(
            f"{name}: says that it holds {n * dtype.itemsize:,} bytes, there are {n_bytes - start:,}"
        )
    return max(n, -(-n * dtype.itemsize // 8))


def _codes(text: np.ndarray) -> np.ndarray:
    """The number of each character."""
    native = np.ascontiguousarray(text, text.dtype.newbyteorder("="))
    return native.reshape(-1).view(np.uint32)


def _array(archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> np.ndarray:
    with archive.open(member) as file:
        return array_of(file, member.filename)


def array_of(file: IO[bytes], name: str) -> np.ndarray:
    """The array at the start of which a file stands, in the byte order of this machine."""
    array = np.lib.format.read_array(file, allow_pickle=False)
    if array.dtype.kind == "U" and array.size and _codes(array).max() > LAST_CHARACTER:
        raise Unreadable(f"{name}: holds text of characters that do not exist")
    return array.astype(array.dtype.newbyteorder("="), copy=False)
