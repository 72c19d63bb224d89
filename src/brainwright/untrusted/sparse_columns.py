"""Compressed columns (`data`, rows `ir`, starts `jc`) of MATLAB, checked and written out."""

import numpy as np

from .errors import Unreadable


def dense_of_columns(
    name: str, data: np.ndarray, ir: np.ndarray, jc: np.ndarray, shape: tuple[int, int]
) -> np.ndarray:
    """The matrix [row, column]. MATLAB may keep more room in `data` and `ir` than `jc` uses.

    Raises:
        Unreadable: starts that fall or leave the data, rows outside the matrix.
    """
    ir, jc = ir.astype(np.int64), jc.astype(np.int64)
    n = int(jc[-1]) if jc.size else -1
    if (
        jc.shape != (shape[1] + 1,)
        or jc[0] != 0
        or (np.diff(jc) < 0).any()
        or not n <= min(data.size, ir.size)
    ):
        raise Unreadable(
            f"{name}: expected {shape[1] + 1} rising starts of columns within {data.size} values"
        )
    if n and not 0 <= ir[:n].min() <= ir[:n].max() < shape[0]:
        raise Unreadable(f"{name}: expected rows 0 to {shape[0] - 1}, got {ir[:n].min()} to {ir[:n].max()}")
    matrix = np.zeros(shape, data.dtype if data.dtype.kind in "fc" else np.float64)
    np.add.at(matrix, (ir[:n], np.repeat(np.arange(shape[1]), np.diff(jc))), data[:n])
    return matrix
