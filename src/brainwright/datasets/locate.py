"""Where the files of a data set are: folders named by `BRAINWRIGHT_DATA` first, then the cache."""

import hashlib
import os
import sys
from pathlib import Path

from brainwright.datasets.entry import Dataset, File
from brainwright.datasets.errors import ChecksumError, MissingData
from brainwright.untrusted import Unreadable, checksum_of_members, unpacked


def data_folders() -> list[Path]:
    """It returns the folders named by `BRAINWRIGHT_DATA` (several with the path separator between), in
    order.
    """
    named = os.environ.get("BRAINWRIGHT_DATA", "")
    return [Path(part).expanduser() for part in named.split(os.pathsep) if part]


def cache_folder() -> Path:
    """Downloads go to this folder: `BRAINWRIGHT_CACHE`, else the platform's cache folder."""
    if named := os.environ.get("BRAINWRIGHT_CACHE"):
        return Path(named).expanduser()
    if sys.platform == "win32":
        base = Path(os.environ.get("LOCALAPPDATA", Path.home() / "AppData" / "Local"))
    elif sys.platform == "darwin":
        base = Path.home() / "Library" / "Caches"
    else:
        base = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache"))
    return base / "brainwright"


def find(dataset: Dataset, file: File) -> Path | None:
    """It returns the path of a file that is here, or None. `BRAINWRIGHT_DATA` wins over the cache."""
    folders = [folder / part for folder in data_folders() for part in (dataset.folder, *dataset.also, "")]
    places = (folder / name for folder in [*folders, cache_folder() / dataset.folder] for name in file.names)
    return next((place for place in places if place.is_file()), None)


def require(dataset: Dataset, file: File) -> Path:
    """It returns the path of a file that is here, its checksum proven where one is known.

    Raises:
        MissingData: not here; one line with the file and the places where it may lie.
        ChecksumError: here with other bytes.
    """
    path = find(dataset, file)
    if path is None:
        raise MissingData(missing_line(dataset, file))
    if file.sha256:
        prove(path, file)
    return path


def missing_line(dataset: Dataset, file: File) -> str:
    """The line says which file is missing, where to put it, where to get it."""
    folders = data_folders()
    place = (folders[0] if folders else cache_folder()) / dataset.folder / file.name
    size = f" ({file.size_bytes:,} bytes)" if file.size_bytes else ""
    get = (
        f"or run `brainwright data get {dataset.name}`"
        if file.url and file.sha256
        else f"from {dataset.where}"
    )
    return f"{dataset.name} needs {Path(file.name).name}{size}: put it at {place}, {get}"


def prove(path: Path, file: File) -> None:
    """Raises `ChecksumError` unless `path` holds (or unpacks to, if packed) the published bytes."""
    checksum = checksum_of(path, file)
    if checksum != file.sha256:
        raise ChecksumError(
            f"{path} is not the published file: expected sha256 {file.sha256[:12]}..., got {checksum[:12]}..."
            f" ({path.stat().st_size:,} bytes): delete it and fetch it again"
        )


def checksum_of(path: Path, file: File) -> str:
    """It returns the checksum of `path` that belongs beside that of `file`; of a packed file that cannot be
    unpacked it is that of its bytes, which is no published one.
    """
    if file.packed:
        try:
            if file.name.endswith((".zip", ".npz")):
                return checksum_of_members(path)
            return hashlib.sha256(unpacked(path.read_bytes(), path.name)).hexdigest()
        except Unreadable:
            pass
    return sha256_of(path)


def sha256_of(path: Path) -> str:
    """It returns the hexadecimal sha256 of a file."""
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
