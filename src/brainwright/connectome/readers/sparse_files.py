"""What `scipy.sparse.save_npz` wrote, as rows, columns and values. Every index is proven here, in NumPy,
before native code follows it: SciPy's own reader writes behind its arrays where an index lies.
"""

import numpy as np
from scipy import sparse

from brainwright.connectome.errors import ConnectomeError

Entries = tuple[np.ndarray, np.ndarray, np.ndarray]
"""Row, column and value of each entry."""


def entries_of(arrays: dict[str, np.ndarray], shape: tuple[int, int]) -> sparse.coo_array:
    """It returns the matrix in any of SciPy's formats.

    Args:
        arrays: of the file, by the names that SciPy gives them.
        shape: of the matrix, whole numbers of 0 or more.

    Raises:
        ConnectomeError: an unknown format, arrays that are missing, of other shapes or types, indices outside
            the matrix.
    """
    kind = _text(arrays["format"])
    readers = {"csr": _rows, "csc": _columns, "bsr": _blocks, "coo": _coordinates, "dia": _diagonals}
    if kind not in readers:
        raise ConnectomeError(f"expected the format {', '.join(readers)}, got {kind!r}")
    row, column, data = readers[kind](arrays, shape)
    for name, index, n in (("row", row, shape[0]), ("column", column, shape[1])):
        if index.size and not 0 <= index.min() <= index.max() < n:
            raise ConnectomeError(
                f"expected every {name} of 0 to {n - 1}, got {index.min()} to {index.max()}"
            )
    return sparse.coo_array((data, (row, column)), shape=shape)


def _rows(arrays: dict[str, np.ndarray], shape: tuple[int, int]) -> Entries:
    data, indices = _numbers(arrays, "data", 1), _whole(arrays, "indices")
    if data.size != indices.size:
        raise ConnectomeError(f"expected as many data as indices, got {data.size} and {indices.size}")
    return _spread(_whole(arrays, "indptr"), shape[0], indices.size), indices, data


def _columns(arrays: dict[str, np.ndarray], shape: tuple[int, int]) -> Entries:
    column, row, data = _rows(arrays, shape[::-1])
    return row, column, data


def _blocks(arrays: dict[str, np.ndarray], shape: tuple[int, int]) -> Entries:
    data, indices = _numbers(arrays, "data", 3), _whole(arrays, "indices")
    n, height, width = data.shape
    if n != indices.size or not (height and width) or shape[0] % height or shape[1] % width:
        raise ConnectomeError(f"expected blocks that tile {shape}, one per index, got {data.shape}")
    if n and not 0 <= indices.min() <= indices.max() < shape[1] // width:
        raise ConnectomeError(
            f"expected blocks 0 to {shape[1] // width - 1}, got {indices.min()} to {indices.max()}"
        )
    block_row = _spread(_whole(arrays, "indptr"), shape[0] // height, n)
    row = block_row[:, None, None] * height + np.arange(height)[:, None]
    column = indices[:, None, None] * width + np.arange(width)
    row, column = (np.broadcast_to(index, data.shape).ravel() for index in (row, column))
    return row, column, data.ravel()


def _coordinates(arrays: dict[str, np.ndarray], shape: tuple[int, int]) -> Entries:
    row, column, data = _whole(arrays, "row"), _whole(arrays, "col"), _numbers(arrays, "data", 1)
    if not row.size == column.size == data.size:
        raise ConnectomeError(
            f"expected row, col and data of one length, got {row.size}, {column.size}, {data.size}"
        )
    return row, column, data


def _diagonals(arrays: dict[str, np.ndarray], shape: tuple[int, int]) -> Entries:
    """Entry k of a diagonal lies in column k."""
    data, offsets = _numbers(arrays, "data", 2), _whole(arrays, "offsets")
    if offsets.size != data.shape[0] or np.unique(offsets).size != offsets.size:
        raise ConnectomeError(
            f"expected an offset of its own for each of {data.shape[0]} diagonals, got {offsets.size}"
        )
    if offsets.size and not -shape[0] < offsets.min() <= offsets.max() < max(shape[1], 1):
        raise ConnectomeError(f"expected offsets within {shape}, got {offsets.min()} to {offsets.max()}")
    column = np.broadcast_to(np.arange(data.shape[1]), data.shape)
    row = column - offsets[:, None]
    inside = (row >= 0) & (row < shape[0]) & (column < shape[1])
    return row[inside], column[inside], data[inside]


def _spread(indptr: np.ndarray, n: int, n_entries: int) -> np.ndarray:
    """It returns the row of each entry, from the starts of the rows."""
    if indptr.size != n + 1 or indptr[0] != 0 or indptr[-1] != n_entries or (np.diff(indptr) < 0).any():
        raise ConnectomeError(
            f"expected indptr to rise from 0 to {n_entries} over {n} rows: the file is spoiled"
        )
    return np.repeat(np.arange(n), np.diff(indptr))


def _whole(arrays: dict[str, np.ndarray], name: str) -> np.ndarray:
    array = arrays.get(name)
    if array is None or array.ndim != 1 or array.dtype.kind not in "iu":
        raise ConnectomeError(f"expected {name} as whole numbers in one row")
    if array.size and array.max() > np.iinfo(np.int64).max:
        raise ConnectomeError(f"expected {name} below 2^63, got {array.max()}")
    return array.astype(np.int64)


def _numbers(arrays: dict[str, np.ndarray], name: str, n_dimensions: int) -> np.ndarray:
    array = arrays.get(name)
    if array is None or array.ndim != n_dimensions or array.dtype.kind not in "biuf":
        raise ConnectomeError(f"expected {name} as numbers of {n_dimensions} dimensions")
    return array


def _text(value: np.ndarray) -> str:
    """It returns a text that is kept as an array of one value, str or bytes."""
    if value.size != 1:
        raise ConnectomeError(f"expected format as one text, got {value.size}")
    text = value.reshape(-1)[0]
    return text.decode("latin-1") if isinstance(text, bytes) else str(text)
