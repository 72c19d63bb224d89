"""One NumPy array in a file of its own; nothing is ever unpickled."""

from pathlib import Path

import numpy as np

from .bounds import Bounds
from .errors import Unreadable, refused_as
from .npz import array_of, entries_of


def read_npy(path: Path, bounds: Bounds | None = None) -> np.ndarray:
    """The array of an NPY file, in the byte order of this machine.

    Raises:
        Unreadable: no NPY file, an array of objects, sizes beyond the bounds or other than the file holds.
        FileNotFoundError: no such file.
    """
    size = path.stat().st_size
    with refused_as(Unreadable, path.name, "an NPY file without pickled objects"):
        with path.open("rb") as file:
            (bounds or Bounds()).check_values(entries_of(file, size, path.name), size, path.name)
        with path.open("rb") as file:
            return array_of(file, path.name)
