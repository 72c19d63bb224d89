"""Dense and SciPy sparse matrices, and NPZ files that hold one."""

from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd
from scipy import sparse

from brainwright.connectome.edges import Edges, magnitudes
from brainwright.connectome.errors import ConnectomeError
from brainwright.connectome.parts import Parts
from brainwright.connectome.readers.columns import LABELS, plain
from brainwright.connectome.readers.sparse_files import entries_of
from brainwright.connectome.source import Source
from brainwright.signal.native import native
from brainwright.untrusted import Bounds, read_npz, refused_as


def from_matrix(
    matrix, ids=None, *, rows: str = "post", cells=None, unit: str = "auto", source=None
) -> Parts:
    """It takes the parts of a `Connectome` from a square matrix of weights, one cell per row.

    Args:
        matrix: (N, N) array, SciPy sparse array or DataFrame (whose labels then are the ids).
        ids: (N,) names; 0..N-1 where None.
        rows: "post" when `matrix[i, j]` is the weight from j onto i, "pre" for the transpose.
        cells: table with N rows in matrix order, in place of `ids`.
        unit: "auto", "count" or "real"; negative entries become edge signs times magnitudes.
        source: provenance.

    Raises:
        ConnectomeError: not square, no numbers, NaN, wrong number of ids, declared counts that are none.
    """
    if rows not in ("post", "pre"):
        raise ConnectomeError(f'expected rows="post" or rows="pre", got {rows!r}')
    matrix, ids = _labels(matrix, ids)
    if getattr(matrix, "ndim", 2) != 2 or matrix.shape[0] != matrix.shape[1]:
        raise ConnectomeError(f"expected a square matrix, got shape {matrix.shape}")
    if not sparse.issparse(matrix) and matrix.dtype.kind in "fc" and not np.isfinite(matrix).all():
        raise ConnectomeError(
            "expected finite weights, got NaN or infinity in the matrix: write 0 for no connection"
        )
    entries = sparse.coo_array(matrix)
    entries.data = native(entries.data)
    entries.sum_duplicates()
    entries.eliminate_zeros()
    magnitude, sign, unit = magnitudes(entries.data, unit)
    row, column = (index.astype(np.int32) for index in entries.coords)
    pre, post = (column, row) if rows == "post" else (row, column)
    edges = Edges(pre, post, magnitude, np.zeros(pre.size, np.uint8), sign)
    return Parts(_cells(ids, cells, matrix.shape[0]), edges, unit=unit, source=source)


def oriented(path, matrix, ids=None, *, rows: str | None = None, note: str = "", **options) -> Parts:
    """It does as `from_matrix`, for a matrix out of a file, and says in the notes how it was taken.

    Args:
        path: of the file.
        matrix, ids, options: as of `from_matrix`.
        rows: "post" or "pre"; "post" where None, which the notes then say unless the matrix is symmetric.
        note: what else there is to say of it.
    """
    options["source"] = options.get("source") or Source(name=Path(path).name)
    parts = from_matrix(matrix, ids, rows=rows or "post", **options)
    notes = [note] if note else []
    if ids is None and options.get("cells") is None and "label" not in note:
        notes.append(f"no labels in the file: cells are numbered 0 to {matrix.shape[0] - 1}")
    if rows is None:
        same = sparse.csr_array(matrix)
        notes.append(
            "symmetric: its orientation does not matter"
            if (same != same.T).nnz == 0
            else "orientation guessed: rows are postsynaptic, entry [i, j] is from j onto i (rows='post'); "
            "pass rows='pre' where it is from i onto j"
        )
    return parts._replace(source=(parts.source or Source()).noted(*notes))


def _labels(matrix, ids):
    if not isinstance(matrix, pd.DataFrame):
        return (matrix if sparse.issparse(matrix) else _numbers(matrix)), ids
    if list(matrix.index) != list(matrix.columns):
        raise ConnectomeError(
            "row and column labels differ: reorder the DataFrame so that both name the same cells"
        )
    return _numbers(matrix), matrix.index.to_numpy() if ids is None else ids


def _numbers(matrix) -> np.ndarray:
    try:
        array = native(np.asarray(matrix))
        known = array.dtype.kind in "biufc" and array.dtype != np.float16  # which SciPy does not know
        return array if known else array.astype(np.float64)
    except (TypeError, ValueError) as error:
        raise ConnectomeError(f"expected a matrix of numbers, got {error}") from error


def _cells(ids, cells, n: int) -> pd.DataFrame:
    if cells is not None and ids is not None:
        raise ConnectomeError("expected ids or cells, not both")
    table = (
        cells if cells is not None else pd.DataFrame({"id": np.arange(n) if ids is None else np.asarray(ids)})
    )
    if len(table) != n:
        raise ConnectomeError(f"expected {n} cells, one per row of the matrix, got {len(table)}")
    return table


def from_npz(
    path, *, key: str | None = None, said: bool = False, bounds: Bounds | None = None, **options
) -> Parts:
    """It reads the parts of a `Connectome` from an NPZ file: one written by `scipy.sparse.save_npz`, or one
    with a square array.

    Args:
        path: the file. Arrays of objects are refused: nothing is ever unpickled.
        key: name of the matrix in the file; the only square array where None. The ids are those of an
            array `ids`, else of one that is named like labels and holds as many, each once.
        said: whether the notes tell which matrix was taken, and how its rows are meant.
        bounds: how much the file may unpack to.
        options: as of `from_matrix`.

    Raises:
        ConnectomeError: broken file, sizes beyond the bounds, indices outside the matrix, no square matrix or
            several.
        FileNotFoundError: no such file.
    """
    path, bounds = Path(path), bounds or Bounds()
    options.setdefault("source", Source(name=path.name))
    with refused_as(ConnectomeError, path.name, "an NPZ matrix"):
        arrays = read_npz(path, bounds=bounds)
    take = partial(oriented, path) if said else from_matrix
    if "format" in arrays:
        return take(_sparse(arrays, path, bounds), **options)
    square = [name for name, array in arrays.items() if array.ndim == 2 and array.shape[0] == array.shape[1]]
    if key is None and len(square) != 1:
        raise ConnectomeError(
            f"{path.name}: expected one square matrix, found {', '.join(square) or 'none'} among "
            f"{', '.join(arrays) or 'nothing'}: pass key="
        )
    if key is not None and key not in arrays:
        raise ConnectomeError(f"{path.name}: no array {key!r}, there are {list(arrays)}")
    name = key or square[0]
    ids, named = options.pop("ids", None), "ids"
    if ids is None and options.get("cells") is None:
        ids, named = _found(arrays, len(arrays[name]) if arrays[name].ndim else 0, path)
    if not said:
        return from_matrix(arrays[name], ids, **options)
    note = f"matrix {name!r}" + ("" if ids is None else f"; cells named by {named!r}")
    return oriented(path, arrays[name], ids, note=note, **options)


def _found(arrays: dict[str, np.ndarray], n: int, path: Path) -> tuple[np.ndarray | None, str]:
    """It returns the ids of n cells among arrays, and what they are called; None where there are none.

    Raises:
        ConnectomeError: an array `ids` that can hold none.
    """
    ids = arrays.get("ids")
    if ids is not None and (ids.ndim != 1 or ids.dtype.kind not in "iufUS"):
        raise ConnectomeError(
            f"{path.name}: expected ids as numbers or names in one row, got {ids.dtype} {ids.shape}"
        )
    if ids is not None:
        return ids, "ids"
    for name in sorted(arrays, key=lambda name: LABELS.index(plain(name)) if plain(name) in LABELS else 0):
        labels = arrays[name]
        fits = labels.shape == (n,) and labels.dtype.kind in "iuUS"
        if plain(name) in LABELS and fits and len(np.unique(labels)) == n:
            return labels, name
    return None, ""


CELL_VALUES = 8
"""Numbers that a cell takes even where it has no synapse: its id, its place in the look-up, its row."""


def _sparse(arrays: dict[str, np.ndarray], path: Path, bounds: Bounds):
    """It returns the matrix of `scipy.sparse.save_npz`, every index proven before native code follows it."""
    with refused_as(ConnectomeError, path.name, "a sparse matrix"):
        shape = arrays["shape"]
        if shape.shape != (2,) or shape.dtype.kind not in "iu" or shape.min() < 0:
            raise ConnectomeError(f"expected a shape of two whole numbers, got {shape!r:.80}")
        rows, columns = shape.tolist()
        bounds.check_values(
            CELL_VALUES * max(rows, columns), path.stat().st_size, f"a matrix of {rows} x {columns}"
        )
        return entries_of(arrays, (rows, columns))
