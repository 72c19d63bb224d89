"""Groups of arrays in HDF5 files, as the Neural Latents Benchmark and LFADS lay them out."""

import os
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from brainwright.datasets.errors import DatasetError


def read_arrays(path: Path, group: str = "/") -> dict[str, np.ndarray]:
    """The arrays of one group (not of groups within it).

    Raises:
        DatasetError: no such file, no HDF5, or no such group (the message names those that are there).
    """
    import h5py

    if not path.is_file():
        raise DatasetError(f"expected an HDF5 file at {path}, got none")
    try:
        with h5py.File(path, "r") as file:
            if group not in file or not isinstance(found := file[group], h5py.Group):
                raise DatasetError(f"{path.name}: expected a group {group!r}, got {sorted(file)}")
            return {key: item[()] for key, item in found.items() if isinstance(item, h5py.Dataset)}
    except OSError as error:
        raise DatasetError(f"{path.name}: expected a readable HDF5 file, got: {error}") from error


def write_arrays(path: Path, arrays: Mapping[str, np.ndarray], group: str = "/") -> None:
    """Writes a new file with one group, whole or not at all.

    Raises:
        DatasetError: the file exists.
    """
    import h5py

    if path.exists():
        raise DatasetError(f"{path} exists; choose another name or remove it")
    temporary = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        with h5py.File(temporary, "w") as file:
            for key, values in arrays.items():
                file.create_dataset(f"{group}/{key}", data=values)
        os.replace(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)
