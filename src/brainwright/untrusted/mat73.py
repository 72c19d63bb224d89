"""Matrices in MATLAB files of version 7.3, which are HDF5, with the order of dimensions turned round."""

from math import prod
from pathlib import Path

import numpy as np

from .bounds import Bounds
from .errors import Unreadable
from .hdf5 import item, names, number, opened, values, whole, words
from .sparse_columns import dense_of_columns

ADVICE = "save the matrix [bin, unit] by itself, such as save('counts.mat', 'spikes')"


def read_mat73(path: Path, name: str, bounds: Bounds) -> np.ndarray:
    """As `mat.read_mat`."""
    import h5py

    n_bytes = path.stat().st_size
    with opened(path, Unreadable) as file:
        if name not in file:
            raise Unreadable(
                f"{path.name}: expected an array {name!r}, got {[n for n in names(file) if n != '#refs#']}"
            )
        found = item(file, name)
        said = words(found.attrs, "MATLAB_class")
        rows = whole(found.attrs, "MATLAB_sparse")
        if rows is not None and isinstance(found, h5py.Group):
            data, ir, jc = (
                values(item(found, part), n_bytes, bounds).ravel() for part in ("data", "ir", "jc")
            )
            shape = (rows, len(jc) - 1)
            bounds.check_values(prod(shape) if min(shape) >= 0 else -1, n_bytes, name)
            return dense_of_columns(name, _plain(name, data), _plain(name, ir), _plain(name, jc), shape)
        if isinstance(found, h5py.Group) or said in (
            "cell",
            "char",
            "struct",
            "function_handle",
            "string",
            "table",
        ):
            raise Unreadable(f"{path.name}: {name} is a {said or 'struct'}: {ADVICE}")
        if number(found.attrs, "MATLAB_empty"):
            raise Unreadable(f"{path.name}: {name} is empty: {ADVICE}")
        return _plain(name, values(found, n_bytes, bounds)).T


def _plain(name: str, array: np.ndarray) -> np.ndarray:
    """Complex numbers come as pairs named real and imag."""
    if array.dtype.names == ("real", "imag"):
        return array["real"] + 1j * array["imag"]
    if array.dtype.kind not in "biuf":
        raise Unreadable(f"{name}: expected numbers, got {array.dtype}: {ADVICE}")
    return array
