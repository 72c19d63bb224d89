"""Zip archives known by what they hold: whoever packs the same files makes other bytes."""

import hashlib
import zipfile
from pathlib import Path, PurePosixPath

from .bounds import Bounds
from .errors import Unreadable, refused_as


def checksum_of_members(path: Path, bounds: Bounds | None = None) -> str:
    """It returns the hexadecimal sha256 of an archive's files, however and in what order they were packed.

    Files count by their names without folders, since some pack a folder and some what is in it; what a
    desktop adds (names that begin with a dot) does not count.

    Args:
        path: of a zip or NPZ file.
        bounds: on eight bytes each of what all files unpack to.

    Raises:
        Unreadable: no zip file, broken, or beyond the bounds.
    """
    whole = hashlib.sha256()
    with (
        refused_as(Unreadable, path.name, "a zip file"),
        zipfile.ZipFile(path) as archive,
    ):
        files = [member for member in archive.infolist() if not member.is_dir() and _name(member)[:1] != "."]
        size = sum(member.file_size for member in files)
        (bounds or Bounds()).check_values(size // 8, path.stat().st_size, path.name)
        for name, member in sorted(((_name(m), m) for m in files), key=lambda pair: pair[0]):
            content = archive.read(member)
            whole.update(f"{name}\0{len(content)}\0".encode())
            whole.update(content)
    return whole.hexdigest()


def _name(member: zipfile.ZipInfo) -> str:
    return PurePosixPath(member.filename).name
