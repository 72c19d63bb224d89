"""NumPy archives, checked member by member before anything is allocated; nothing is ever unpickled."""

import zipfile
from collections.abc import Collection
from math import prod
from pathlib import Path

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
    """Numbers of 8 bytes that the array takes, and no fewer than it has entries."""
    with archive.open(member) as file:
        version = np.lib.format.read_magic(file)
        if version not in _READ_HEADER:
            raise Unreadable(f"{member.filename}: expected the array format 1.0 or 2.0, got {version}")
        shape, _, dtype = _READ_HEADER[version](file)
        start = file.tell()
    if dtype.names and any(dtype[name].kind in "UV" for name in dtype.names):
        raise Unreadable(f"{member.filename}: expected rows of numbers, got {dtype}")
    if dtype.hasobject:
        raise Unreadable(
            f"{member.filename}: holds pickled objects, which may run code: refused (allow_pickle=False)"
        )
    if any(n < 0 for n in shape):
        raise Unreadable(f"{member.filename}: expected a shape of no negative numbers, got {shape}")
    n = prod(shape)
    if n * dtype.itemsize != member.file_size - start:
        raise Unreadable(
            f"{member.filename}: says that it holds {n * dtype.itemsize:,} bytes, the archive has "
            f"{member.file_size - start:,}"
        )
    return max(n, -(-n * dtype.itemsize // 8))


def _codes(text: np.ndarray) -> np.ndarray:
    """The number of each character."""
    native = np.ascontiguousarray(text, text.dtype.newbyteorder("="))
    return native.reshape(-1).view(np.uint32)


def _array(archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> np.ndarray:
    """In the byte order of this machine."""
    with archive.open(member) as file:
        array = np.lib.format.read_array(file, allow_pickle=False)
    if array.dtype.kind == "U" and array.size and _codes(array).max() > LAST_CHARACTER:
        raise Unreadable(f"{member.filename}: holds text of characters that do not exist")
    return array.astype(array.dtype.newbyteorder("="), copy=False)
