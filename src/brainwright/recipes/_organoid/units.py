"""Finished pieces of work as NPZ files: written whole or not at all, read without pickle."""

import zipfile
import zlib
from pathlib import Path
from typing import Any

import numpy as np

from brainwright.runfolder import write_arrays

Unit = dict[str, np.ndarray]


def save(folder: Path, name: str, unit: dict[str, Any]) -> None:
    """Write arrays to `name`.npz."""
    folder.mkdir(parents=True, exist_ok=True)
    write_arrays(folder / f"{name}.npz", unit)


def load(folder: Path, name: str) -> Unit:
    """Arrays of a finished unit."""
    with np.load(folder / f"{name}.npz", allow_pickle=False) as file:
        return {key: file[key] for key in file.files}


def done(folder: Path, name: str) -> bool:
    """Whether the unit is there and whole: one that a disk or a copy spoiled is to be made again."""
    try:
        with zipfile.ZipFile(folder / f"{name}.npz") as file:
            return file.testzip() is None
    except (OSError, zipfile.BadZipFile, zlib.error):
        return False


def with_prefix(prefix: str, arrays: Unit) -> Unit:
    return {f"{prefix}{key}": value for key, value in arrays.items()}


def of_prefix(prefix: str, unit: Unit) -> Unit:
    """The arrays whose names begin with `prefix`, without it."""
    return {key.removeprefix(prefix): value for key, value in unit.items() if key.startswith(prefix)}
