"""The rows of numbers in a group of an HDF5 file, such as the units of NWB."""

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from .bounds import Bounds
from .errors import Unreadable
from .hdf5 import item, names, opened, values


def hdf5_rows(
    path: Path,
    group: str | None,
    bounds: Bounds | None = None,
    *,
    only: Callable[[Sequence[str]], Sequence[str]],
) -> dict[str, np.ndarray] | None:
    """The arrays of one dimension in a group, by name; None where there is no such group.

    Args:
        path: of the file.
        group: within it; "units" where there is one, else the top, where None.
        bounds: how much each may hold.
        only: which of these names to read.

    Raises:
        Unreadable: no HDF5, values that cannot be read or are beyond the bounds.
    """
    import h5py

    size, bounds = path.stat().st_size, bounds or Bounds()
    with opened(path, Unreadable) as file:
        node = item(file, group or ("units" if "units" in names(file) else "/"), expected="a group")
        if not isinstance(node, h5py.Group):
            return None
        parts = {name: item(node, name) for name in names(node)}
        rows = [
            n for n, part in parts.items() if isinstance(part, h5py.Dataset) and len(part.shape or ()) == 1
        ]
        plain = [name for name in only(rows) if parts[name].dtype.kind in "iuf"]
        return {name: values(parts[name], size, bounds) for name in plain}
