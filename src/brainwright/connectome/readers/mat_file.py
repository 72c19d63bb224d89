"""Matrices in MATLAB files, with the names of their cells where the file holds them."""

from pathlib import Path

import numpy as np

from brainwright.connectome.errors import ConnectomeError
from brainwright.connectome.ids import EXACT_FLOAT
from brainwright.connectome.parts import Parts
from brainwright.connectome.readers.columns import LABELS, plain
from brainwright.connectome.readers.matrix import oriented
from brainwright.untrusted import Bounds, refused_as
from brainwright.untrusted.mat import read_mat
from brainwright.untrusted.mat_contents import Content, mat_contents, read_mat_list

LIKELY = ("label", "name", "id", "neuron", "region", "cell", "node")
"""Parts of names under which labels are kept."""


def from_mat(path, *, key: str | None = None, ids=None, bounds: Bounds | None = None, **options) -> Parts:
    """It reads the parts of a `Connectome` from a MATLAB file of any version.

    Args:
        path: the file.
        key: name of the matrix; the only square one where None.
        ids: (N,) names of the cells, or the name of the list in the file that holds them; a list of N texts,
            or of N whole numbers that is named like labels, is found where None.
        bounds: how much the file may unpack to.
        options: as of `readers.matrix.from_matrix`.

    Raises:
        ConnectomeError: no MATLAB file, no square matrix or several (all that there is is named), labels of
            another number.
    """
    path = Path(path)
    with refused_as(ConnectomeError, path.name, "a MATLAB file"):
        there = mat_contents(path)
        name = key or _only_square(path, there)
        matrix = read_mat(path, name, bounds)
        if isinstance(ids, str):
            labels, source = _labels(path, ids, there, bounds), ids
        else:
            labels, source = ids, "ids"
        if labels is None:
            labels, source = _found(path, there, len(matrix), bounds)
    note = f"matrix {name!r}; cells named by {source!r}" if labels is not None else f"matrix {name!r}"
    return oriented(path, matrix, labels, note=note, **options)


def _only_square(path: Path, there: dict[str, Content]) -> str:
    square = [
        name
        for name, (kind, shape) in there.items()
        if kind in ("numbers", "sparse") and (len(shape) != 2 or shape[0] == shape[1] > 1)
    ]
    if len(square) != 1:
        held = ", ".join(
            f"{name} ({kind} {'x'.join(map(str, shape))})" for name, (kind, shape) in there.items()
        )
        raise ConnectomeError(
            f"{path.name}: expected one square matrix, found {', '.join(square) or 'none'} among {held}: "
            "pass key="
        )
    return square[0]


def _found(path: Path, there: dict[str, Content], n: int, bounds: Bounds | None):
    """It returns a list of n texts, likely names first, else of n whole numbers that is named like labels,
    and what it is called.
    """
    lists = [name for name, (kind, _) in there.items() if kind in ("cell", "text")]
    for name in sorted(lists, key=lambda name: not any(part in name.lower() for part in LIKELY)):
        items = read_mat_list(path, name, bounds)
        texts = [item for item in items if isinstance(item, str) and item]
        if len(texts) == len(items) == n and len(set(texts)) == n:
            return np.array(texts), name
    for name, (kind, shape) in there.items():
        if kind == "numbers" and plain(name) in LABELS and sorted(shape) == [1, n]:
            numbers = _labels(path, name, there, bounds)
            if (numbers == np.round(numbers)).all() and len(np.unique(numbers)) == n:
                return numbers, name
    return None, ""


def _labels(path: Path, name: str, there: dict[str, Content], bounds: Bounds | None) -> np.ndarray:
    if name not in there:
        raise ConnectomeError(f"{path.name}: no list {name!r}, there are {', '.join(there)}")
    if there[name].kind in ("cell", "text"):
        return np.array([str(item) for item in read_mat_list(path, name, bounds)])
    numbers = read_mat(path, name, bounds).ravel()
    # what is checked next refuses floats that lost digits, which whole numbers would hide
    exact = numbers.dtype.kind in "iu" or (np.abs(numbers) < EXACT_FLOAT).all()
    return numbers.astype(np.int64) if exact and (numbers == np.round(numbers)).all() else numbers
