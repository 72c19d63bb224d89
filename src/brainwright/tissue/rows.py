"""Rows of a table that grows for days: the latest in memory, older ones in a temporary file."""

import os
import tempfile
import weakref
from typing import IO

import numpy as np
from numpy.typing import NDArray

_BLOCK = 8_192  # rows in memory: 320 kB of a ledger, written in well under a millisecond when full


class Rows:
    """Append-only rows of one structured type. Appending costs the same however many there are.

    The file has no name and goes with the process. Where no file can be written (a full disk) full blocks
    stay in memory.
    """

    def __init__(self, dtype: np.dtype):
        self.dtype, self.n = dtype, 0
        self._block = np.zeros(_BLOCK, dtype)
        self._used = 0  # rows of the block
        self._file: IO[bytes] | None = None
        self._writer = os.getpid()  # a forked copy reads the file, and must not write into it
        self._in_file = 0
        self._kept: list[NDArray[np.void]] = []  # full blocks after those in the file

    def __deepcopy__(self, memo: dict[int, object]) -> "Rows":
        """A copy has a file of its own."""
        rows, copied = self.since(0), Rows(self.dtype)
        copied.append(**{name: rows[name] for name in self.dtype.names or ()})
        return copied

    def append(self, **columns: NDArray[np.generic]) -> None:
        """It adds rows, [row] each column."""
        n, done = len(next(iter(columns.values()))), 0
        while done < n:
            take = min(n - done, _BLOCK - self._used)
            for name, column in columns.items():
                self._block[name][self._used : self._used + take] = column[done : done + take]
            done, self._used, self.n = done + take, self._used + take, self.n + take
            if self._used == _BLOCK:
                self._put_away()

    def since(self, first: int) -> NDArray[np.void]:
        """It returns the rows from number `first` on; a copy."""
        parts = []
        if first < self._in_file:
            assert self._file is not None
            wanted, size = self._in_file - first, self.dtype.itemsize
            self._file.seek(first * size)
            read = np.frombuffer(self._file.read(wanted * size), self.dtype)
            if len(read) != wanted:
                raise OSError(f"expected {wanted} rows in the temporary file of the ledger, got {len(read)}")
            parts.append(read)
        at = self._in_file
        for rows in (*self._kept, self._block[: self._used]):
            parts.append(rows[max(0, first - at) :])
            at += len(rows)
        return np.concatenate(parts)

    def _put_away(self) -> None:
        try:
            if self._kept or self._writer != os.getpid():
                raise OSError("kept in memory: so was what came before, or this process was forked")
            if self._file is None:
                self._file = tempfile.TemporaryFile(prefix="brainwright-doses-")  # noqa: SIM115, lives as long as the rows
                weakref.finalize(self, self._file.close)
            self._file.seek(self._in_file * self.dtype.itemsize)
            self._file.write(self._block.tobytes())
            self._file.flush()
            self._in_file += _BLOCK
        except OSError:
            self._kept.append(self._block.copy())
        self._used = 0
