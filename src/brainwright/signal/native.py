"""Arrays as this machine computes with them: files of other machines bring the other byte order."""

import numpy as np


def native(array: np.ndarray) -> np.ndarray:
    """The same values in this machine's byte order and in one piece; no copy where it is so already."""
    array = np.asarray(array)
    if not array.ndim:
        return array.astype(array.dtype.newbyteorder("="), copy=False)
    return np.ascontiguousarray(array, array.dtype.newbyteorder("="))
