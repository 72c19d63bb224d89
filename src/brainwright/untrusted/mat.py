"""Matrices in MATLAB files of all versions, read by code that cannot overrun: sizes are checked before
anything is allocated, and native code sees only whole arrays. (SciPy's reader may kill the interpreter with
202 bytes.)

Format: "MAT-File Format", MathWorks; version 7.3 is HDF5 with a block of 512 bytes before it.
"""

import struct
import zlib
from collections.abc import Iterator
from math import prod
from pathlib import Path
from typing import NamedTuple

import numpy as np

from .bounds import Bounds
from .errors import Unreadable, refused_as
from .mat4 import elements_4, is_version_4
from .mat73 import read_mat73
from .sparse_columns import dense_of_columns

NUMBERS = {1: "i1", 2: "u1", 3: "i2", 4: "u2", 5: "i4", 6: "u4", 7: "f4", 9: "f8", 12: "i8", 13: "u8"}
CLASSES = dict(zip(range(6, 16), ("f8", "f4", "i1", "u1", "i2", "u2", "i4", "u4", "i8", "u8"), strict=True))
OTHERS = {1: "a cell array", 2: "a struct", 3: "an object", 4: "text", 16: "a function", 17: "an object"}
MATRIX, COMPRESSED, SPARSE = 14, 15, 5
COMPLEX = 0x800
HEADER_BYTES = 128
BLOCK_73 = 512
"""Bytes before the HDF5 part of version 7.3."""
HDF5 = b"\x89HDF\r\n\x1a\n"
NAMED_WITHIN = 4096
"""Bytes of a packed variable in which its name stands: dimensions are few, and a name has at most 63 letters.
"""
MOST_DIMENSIONS = 32
ADVICE = "save the matrix [bin, unit] by itself, such as save('counts.mat', 'spikes')"


class Variable(NamedTuple):
    """One variable as it stands in the file: name, bytes after the tag, whether packed, how it begins."""

    name: str
    body: bytes
    packed: bool
    opening: bytes


def read_mat(path: Path, name: str, bounds: Bounds | None = None) -> np.ndarray:
    """The matrix `name`, in MATLAB's own shape; a sparse one is written out.

    Raises:
        Unreadable: no MATLAB file, no such variable (the message names those that are there), a variable that
            is no matrix of numbers (with what to save instead), sizes beyond the bounds.
        FileNotFoundError: no such file.
    """
    bounds = bounds or Bounds()
    raw_size = path.stat().st_size
    with path.open("rb") as file:
        start = file.read(HEADER_BYTES)
        file.seek(BLOCK_73)
        if file.read(len(HDF5)) == HDF5 and start.startswith(b"MATLAB"):
            return read_mat73(path, name, bounds)
        file.seek(0)
        raw = file.read()
    with refused_as(Unreadable, path.name, "a MATLAB file"):
        if is_version_4(raw):
            found = dict(elements_4(raw))
            _must_be_among(name, found)
            return found[name]()
        order = byte_order(path, raw)
        variables = {variable.name: variable for variable in variables_of(raw, order)}
        _must_be_among(name, variables)
        body = whole_body(variables[name], order, raw_size, bounds)
        return matrix_of(name, body, order, raw_size, bounds)


def byte_order(path: Path, raw: bytes) -> str:
    """The order of bytes of a file of version 5. Raises Unreadable for other files."""
    if raw.startswith(HDF5):
        raise Unreadable(
            f"{path.name}: expected a MATLAB file, got HDF5 without MATLAB's header, whose order of "
            "dimensions is not known: name it .h5"
        )
    if len(raw) < HEADER_BYTES + 8 or raw[126:128] not in (b"IM", b"MI"):
        raise Unreadable(
            f"{path.name}: expected a MATLAB file, got {len(raw):,} bytes that begin {raw[:8]!r}"
        )
    return "<" if raw[126:128] == b"IM" else ">"


def whole_body(variable: Variable, order: str, n_bytes: int, bounds: Bounds) -> bytes:
    """The bytes of a variable, unpacked, within the bounds for a file of so many bytes."""
    if not variable.packed:
        return variable.body
    body = unpacked_body(variable.body, 8 * bounds.largest(n_bytes) + NAMED_WITHIN)
    return next(elements(body, order))[1]


def _must_be_among(name: str, found: dict) -> None:
    if name not in found:
        raise Unreadable(f"expected an array {name!r}, got {sorted(found)}")


def variables_of(raw: bytes, order: str) -> Iterator[Variable]:
    """The variables of a file of version 5, none of them unpacked."""
    for kind, body in elements(raw[HEADER_BYTES:], order, whole=True):
        if kind == COMPRESSED:
            opening = zlib.decompressobj().decompress(body, NAMED_WITHIN)
            inner = opening[8:] if struct.unpack(f"{order}I", opening[:4])[0] == MATRIX else b""
            if inner:
                yield Variable(_name(inner, order), body, True, inner)
        elif kind == MATRIX and body:
            yield Variable(_name(body, order), body, False, body)


def elements(data: bytes, order: str, *, whole: bool = False) -> Iterator[tuple[int, bytes]]:
    """Type and bytes of the elements in a row. `whole` ones are of a file: none may be cut short."""
    at = 0
    while at + 8 <= len(data):
        kind, size = struct.unpack_from(f"{order}II", data, at)
        if kind >> 16 and kind & 0xFFFF:  # a small element: type, size and up to four bytes in one tag
            kind, size, start, step = kind & 0xFFFF, kind >> 16, at + 4, 8
            if size > 4:
                raise Unreadable(f"a small element of {size} bytes, expected at most 4")
        else:
            start = at + 8
            step = 8 + size + (0 if kind == COMPRESSED else -size % 8)
        if start + size > len(data):
            if whole:
                raise Unreadable(
                    f"an element of {size:,} bytes where {len(data) - start:,} are left: cut short?"
                )
            size = len(data) - start
        yield kind, data[start : start + size]
        at += step


def _name(body: bytes, order: str) -> str:
    parts = elements(body, order)
    for _ in range(2):  # flags and dimensions
        next(parts, None)
    return next(parts, (0, b""))[1].decode("latin-1")


def unpacked_body(body: bytes, limit: int) -> bytes:
    """The bytes of a packed element, refused beyond the limit."""
    stream = zlib.decompressobj()
    data = stream.decompress(body, limit)
    if stream.unconsumed_tail or not stream.eof:
        raise Unreadable(f"unpacks to more than {limit:,} bytes (bounds: values), or is cut short")
    return data


def matrix_of(name: str, body: bytes, order: str, n_bytes: int, bounds: Bounds) -> np.ndarray:
    """The numbers in the bytes of a matrix element."""
    parts = list(elements(body, order))
    if len(parts) < 3 or len(parts[0][1]) < 4:
        raise Unreadable(f"{name}: expected flags, dimensions and a name, got {len(parts)} parts")
    (flags,) = struct.unpack_from(f"{order}I", parts[0][1])
    kind = flags & 0xFF
    if kind in OTHERS:
        raise Unreadable(f"{name} is {OTHERS[kind]}: {ADVICE}")
    if kind != SPARSE and kind not in CLASSES:
        raise Unreadable(f"{name} is of the unknown class {kind}: {ADVICE}")
    shape = tuple(_numbers(parts[1], order).astype(np.int64).tolist())
    if not 2 <= len(shape) <= MOST_DIMENSIONS or min(shape) < 0:
        raise Unreadable(f"{name}: expected 2 dimensions or more, none below 0, got {shape}")
    bounds.check_values(prod(shape), n_bytes, name)
    data = [_numbers(part, order) for part in parts[3:]]
    if kind == SPARSE:
        if len(shape) != 2 or len(data) < 3:
            raise Unreadable(
                f"{name}: expected a sparse matrix of two dimensions with rows, columns and values"
            )
        return dense_of_columns(
            name, _together(name, data[2:], flags), data[0], data[1], (shape[0], shape[1])
        )
    values = _together(name, data, flags)
    if values.size != prod(shape):
        raise Unreadable(f"{name}: expected {prod(shape):,} numbers for shape {shape}, got {values.size:,}")
    if values.dtype.kind != "c":
        with np.errstate(invalid="ignore"):
            values = values.astype(CLASSES[kind])
    return values.reshape(shape, order="F")


def _together(name: str, data: list[np.ndarray], flags: int) -> np.ndarray:
    """Real part, and imaginary part where the flags say so."""
    if len(data) != (2 if flags & COMPLEX else 1) or len({part.size for part in data}) != 1:
        raise Unreadable(
            f"{name}: expected its numbers once, or a real and an imaginary part, got {len(data)} parts"
        )
    return data[0] + 1j * data[1] if flags & COMPLEX else data[0]


def _numbers(part: tuple[int, bytes], order: str) -> np.ndarray:
    kind, data = part
    if kind not in NUMBERS:
        raise Unreadable(f"expected numbers, got an element of type {kind}")
    dtype = np.dtype(order + NUMBERS[kind])
    if len(data) % dtype.itemsize:
        raise Unreadable(f"expected numbers of {dtype.itemsize} bytes, got {len(data)} bytes")
    return np.frombuffer(data, dtype).astype(dtype.newbyteorder("="))
