"""Groups of arrays in HDF5 files, as the Neural Latents Benchmark and LFADS lay them out."""

from collections.abc import Collection, Mapping
from pathlib import Path

import numpy as np

from brainwright.datasets.errors import DatasetError
from brainwright.runs import whole
from brainwright.untrusted import Bounds, refused_as
from brainwright.untrusted.hdf5 import item, names, opened, values


def read_arrays(
    path: Path, group: str = "/", only: Collection[str] | None = None, bounds: Bounds | None = None
) -> dict[str, np.ndarray]:
    """It returns the arrays of one group (not of groups within it).

    Args:
        path: of the file.
        group: within the file.
        only: names to read; others are not looked at. None for all.
        bounds: how much each may hold.

    Raises:
        DatasetError: no such file, no HDF5, no such group or none of the names in `only` (the message names
            those that are there), arrays that hold no plain values, lie in other files, or are beyond the
            bounds.
    """
    import h5py

    if not path.is_file():
        raise DatasetError(f"no such file: {path}")
    kind = "a readable HDF5 file"
    with opened(path, DatasetError, kind) as file, refused_as(DatasetError, path.name, kind):
        node = item(file, group, expected="a group")
        if not isinstance(node, h5py.Group):
            raise DatasetError(f"{path.name}: expected a group {group!r}, got an array of that name")
        chosen = [name for name in names(node) if only is None or name in only]
        if only is not None and not chosen:
            raise DatasetError(
                f"{path.name}: expected one of {', '.join(sorted(only)[:4])}, ..., got {names(node)}"
            )
        parts = {name: item(node, name) for name in chosen}
        size, bounds = path.stat().st_size, bounds or Bounds()
        return {n: values(part, size, bounds) for n, part in parts.items() if isinstance(part, h5py.Dataset)}


def is_group(path: Path, name: str) -> bool:
    """It says whether a file has a group of that name."""
    import h5py

    with opened(path, DatasetError, "a readable HDF5 file") as file:
        return name in file and isinstance(file[name], h5py.Group)


def arrays_in(path: Path) -> dict[str, tuple[int, ...]]:
    """Path within the file → shape of each array of numbers, none of them read."""
    import h5py

    found: dict[str, tuple[int, ...]] = {}

    def note(name: str, node: object) -> None:
        if isinstance(node, h5py.Dataset) and node.shape is not None and node.dtype.kind in "biuf":
            found[name] = tuple(node.shape)

    with opened(path, DatasetError, "a readable HDF5 file") as file:
        file.visititems(note)
    return found


def has_splits(path: Path, group: str) -> bool:
    """It says whether a group holds arrays named as by LFADS or the Neural Latents Benchmark."""
    import h5py

    with opened(path, DatasetError, "a readable HDF5 file") as file:
        node = file.get(group)
        return isinstance(node, h5py.Group) and any(
            name.startswith(("train_", "valid_", "eval_")) for name in names(node)
        )


def write_arrays(path: Path, arrays: Mapping[str, np.ndarray], group: str = "/") -> None:
    """Writes a new file with one group, whole or not at all.

    Raises:
        DatasetError: the file exists.
    """
    import h5py

    if path.exists():
        raise DatasetError(f"{path} exists; choose another name or remove it")
    with whole(path) as scratch, h5py.File(scratch, "w") as file:
        for key, array in arrays.items():
            file.create_dataset(f"{group}/{key}", data=array)
