"""Matrices in MATLAB files of version 4: a header of five whole numbers, a name, the numbers."""

import struct
from collections.abc import Callable, Iterator

import numpy as np

from .errors import Unreadable

NUMBERS = ("f8", "f4", "i4", "i2", "u2", "u1")
KINDS = ("numbers", "text", "a sparse matrix")
LONGEST_NAME = 64


def is_version_4(raw: bytes) -> bool:
    """Files of version 5 begin with text, those of version 4 with a small number, so with a zero byte."""
    return len(raw) >= 20 and 0 in raw[:4]


def elements_4(raw: bytes) -> Iterator[tuple[str, Callable[[], np.ndarray]]]:
    """Name of each variable and what makes its matrix. Raises Unreadable where the file is not as it says."""
    order = "<" if struct.unpack("<i", raw[:4])[0] < 5000 and raw[3] == 0 else ">"
    at = 0
    while at + 20 <= len(raw):
        mopt, rows, columns, imaginary, name_size = struct.unpack_from(f"{order}5i", raw, at)
        machine, precision, kind = mopt // 1000, mopt // 10 % 10, mopt % 10
        if machine != (order == ">") or mopt // 100 % 10 or precision >= len(NUMBERS) or kind >= len(KINDS):
            raise Unreadable(f"expected the header of a MATLAB file of version 4 at byte {at}, got {mopt}")
        if min(rows, columns) < 0 or not 0 < name_size <= LONGEST_NAME or imaginary not in (0, 1):
            raise Unreadable(f"expected a matrix with a name at byte {at}, got {rows} x {columns}")
        dtype = np.dtype(order + NUMBERS[precision])
        start = at + 20 + name_size
        stop = start + dtype.itemsize * rows * columns * (1 + imaginary)
        if stop > len(raw):
            raise Unreadable(
                f"a matrix of {rows} x {columns} where {len(raw) - start:,} bytes are left: cut short?"
            )
        name = raw[at + 20 : start].rstrip(b"\0").decode("latin-1")
        yield name, _maker(name, raw[start:stop], dtype, rows, columns, bool(imaginary), KINDS[kind])
        at = stop


def _maker(name: str, data: bytes, dtype: np.dtype, rows: int, columns: int, imaginary: bool, kind: str):
    def make() -> np.ndarray:
        if kind != "numbers":
            raise Unreadable(f"{name} is {kind} in a file of version 4: save it with -v7")
        values = np.frombuffer(data, dtype).astype(dtype.newbyteorder("="))
        if imaginary:
            values = values[: rows * columns] + 1j * values[rows * columns :]
        return values.reshape((rows, columns), order="F")

    return make
