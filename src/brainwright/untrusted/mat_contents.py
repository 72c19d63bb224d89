"""What a MATLAB file holds beside single matrices: which variables there are; lists (cell arrays, text)."""

from itertools import islice
from math import prod
from pathlib import Path
from typing import NamedTuple

import numpy as np

from .bounds import Bounds
from .errors import Unreadable, refused_as
from .mat import (
    BLOCK_73,
    CLASSES,
    HDF5,
    MATRIX,
    OTHERS,
    SPARSE,
    byte_order,
    elements,
    matrix_of,
    variables_of,
    whole_body,
)
from .mat4 import elements_4, is_version_4

CELL, TEXT = 1, 4
ENCODINGS = {1: "latin-1", 2: "latin-1", 4: "utf-16", 16: "utf-8", 17: "utf-16", 18: "utf-32"}
"""Type of an element of text → how its characters are written (of two or four bytes in the file's order)."""
LONGEST_TEXT = 4096
"""Characters of one label: longer ones are no labels."""


class Content(NamedTuple):
    """A variable: "numbers", "sparse", "text", "cell" or another class, and MATLAB's own shape."""

    kind: str
    shape: tuple[int, ...]


def is_version_73(path: Path) -> bool:
    """It says whether a MATLAB file is HDF5 behind a block of its own."""
    with path.open("rb") as file:
        file.seek(BLOCK_73)
        return file.read(len(HDF5)) == HDF5


def mat_contents(path: Path) -> dict[str, Content]:
    """Name of each variable → what it is, none of them read.

    Raises:
        Unreadable: no MATLAB file.
        FileNotFoundError: no such file.
    """
    if is_version_73(path):
        return _contents_73(path)
    raw = path.read_bytes()
    with refused_as(Unreadable, path.name, "a MATLAB file"):
        if is_version_4(raw):
            return {name: Content("numbers", ()) for name, _ in elements_4(raw)}
        order = byte_order(path, raw)
        return {variable.name: _content(variable.opening, order) for variable in variables_of(raw, order)}


def _content(body: bytes, order: str) -> Content:
    parts = list(islice(elements(body, order), 2))
    kind = int.from_bytes(parts[0][1][:4], "little" if order == "<" else "big") & 0xFF
    shape = tuple(np.frombuffer(parts[1][1], f"{order}i4").tolist())
    named = {CELL: "cell", TEXT: "text", SPARSE: "sparse"} | dict.fromkeys(CLASSES, "numbers")
    return Content(named.get(kind) or OTHERS.get(kind, "unknown"), shape)


def read_mat_list(path: Path, name: str, bounds: Bounds | None = None) -> list[np.ndarray | str]:
    """The items of a cell array in MATLAB's order, matrices as arrays and text as text; the rows of a matrix
    of text, without the blanks behind them.

    Raises:
        Unreadable: no such variable, one of another kind, items of another kind, sizes beyond the bounds.
    """
    bounds = bounds or Bounds()
    if is_version_73(path):
        return _list_73(path, name, bounds)
    raw = path.read_bytes()
    with refused_as(Unreadable, path.name, "a MATLAB file"):
        if is_version_4(raw):
            raise Unreadable(f"{name}: a file of version 4 holds no lists: save it with -v7")
        order = byte_order(path, raw)
        found = {variable.name: variable for variable in variables_of(raw, order)}
        if name not in found:
            raise Unreadable(f"expected a list {name!r}, got {sorted(found)}")
        body = whole_body(found[name], order, len(raw), bounds)
        kind = _content(body, order).kind
        if kind == "text":
            return [*_lines(body, order)]
        if kind != "cell":
            raise Unreadable(f"{name} is {kind}, expected a cell array or a matrix of text")
        items = list(elements(body, order))[3:]
        bounds.check_values(len(items), len(raw), name)
        return [_item(name, kind, item, order, len(raw), bounds) for kind, item in items]


def _item(name: str, kind: int, body: bytes, order: str, n_bytes: int, bounds: Bounds) -> np.ndarray | str:
    if kind != MATRIX:
        raise Unreadable(f"{name}: expected an item of a cell array, got an element of type {kind}")
    if not body:
        return np.zeros((0, 0))
    if _content(body, order).kind == "text":
        return " ".join(_lines(body, order))
    return matrix_of(name, body, order, n_bytes, bounds)


def _lines(body: bytes, order: str) -> list[str]:
    """The rows of a matrix of text."""
    rows, columns = (*_content(body, order).shape, 0, 0)[:2]
    parts = list(islice(elements(body, order), 4))
    if rows * columns == 0 or len(parts) < 4:
        return [""] * rows
    kind, data = parts[3]
    if kind not in ENCODINGS or columns > LONGEST_TEXT:
        raise Unreadable(f"expected text of at most {LONGEST_TEXT} letters, got {columns} (type {kind})")
    encoding = ENCODINGS[kind]
    encoding += ("-le" if order == "<" else "-be") if encoding in ("utf-16", "utf-32") else ""
    text = data.decode(encoding, "replace").ljust(rows * columns)
    return [text[row : rows * columns : rows].rstrip() for row in range(rows)]


def _contents_73(path: Path) -> dict[str, Content]:
    import h5py

    from .hdf5 import item, names, opened, whole, words

    found = {}
    with opened(path, Unreadable) as file:
        for name in names(file):
            node = item(file, name)
            said = words(node.attrs, "MATLAB_class")
            if whole(node.attrs, "MATLAB_sparse") is not None:
                found[name] = Content("sparse", ())
            elif isinstance(node, h5py.Dataset):
                kind = {"cell": "cell", "char": "text"}.get(said, "numbers")
                found[name] = Content(kind, tuple(node.shape[::-1]))
            elif name != "#refs#":
                found[name] = Content(said or "a struct", ())
    return found


def _list_73(path: Path, name: str, bounds: Bounds) -> list[np.ndarray | str]:
    """As `read_mat_list`: items of a cell array are references to arrays of the same file."""
    import h5py

    from .hdf5 import item, opened, values, words

    n_bytes = path.stat().st_size
    with opened(path, Unreadable) as file, refused_as(Unreadable, path.name, "a MATLAB list"):
        node = item(file, name)
        said = words(node.attrs, "MATLAB_class")
        if said == "char":
            return [_text_73(row) for row in np.atleast_2d(values(node, n_bytes, bounds).T)]
        if said != "cell" or h5py.check_ref_dtype(node.dtype) is not h5py.Reference:
            raise Unreadable(f"{name} is {said or 'no list'}, expected a cell array or a matrix of text")
        bounds.check_values(prod(node.shape), n_bytes, name)
        if node.external or node.is_virtual:
            raise Unreadable(f"{name}: its values lie in another file, which is not opened")
        items = []
        for reference in node[()].T.ravel(order="F"):
            part = file[reference]
            array = values(part, n_bytes, bounds)
            empty = "MATLAB_empty" in part.attrs
            text = words(part.attrs, "MATLAB_class") == "char"
            items.append(_text_73(array.T.ravel()) if text else np.zeros((0, 0)) if empty else array.T)
        return items


def _text_73(codes: np.ndarray) -> str:
    return "".join(map(chr, codes.astype(np.uint16).tolist())).rstrip()
