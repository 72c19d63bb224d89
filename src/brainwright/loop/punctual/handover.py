"""Named arrays from one process to another: the newest set whole, or nothing, and nobody ever waits."""

import json
import mmap
import struct
import zlib
from collections.abc import Mapping
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

_VERSION = struct.Struct("<Q")
_SLOT = struct.Struct("<QQI")  # version, bytes, CRC-32 of what the slot holds
_PAGE = 4096
"""Bytes of a memory page: the version and each slot begin on one of their own."""


class Handover:
    """A file in shared memory with two slots, one writer and any number of readers.

    The writer fills the slot that is not the newest and then moves the version on, so that a set that is
    being written is not to be seen. A reader copies a slot and believes it only if the slot's version and
    checksum are right: where the writer has come round to it meanwhile, or was killed, it has nothing new.

    Args:
        path: made by `create`.
    """

    def __init__(self, path: Path):
        self.path = path
        with path.open("r+b") as file:
            self._memory = mmap.mmap(file.fileno(), 0)
        self._slot_bytes = (len(self._memory) - _PAGE) // 2
        self._seen = 0

    @classmethod
    def create(cls, path: Path, capacity_bytes: int) -> "Handover":
        """Make the file, with room for sets of `capacity_bytes`; untouched room takes no memory."""
        slot = -(-(capacity_bytes + _PAGE) // _PAGE) * _PAGE
        with path.open("xb") as file:
            file.truncate(_PAGE + 2 * slot)
        return cls(path)

    def publish(self, arrays: Mapping[str, NDArray]) -> None:
        """Hand over a set; takes the place of one that was not fetched.

        Raises:
            ValueError: more than there is room for.
        """
        table = {name: (array.dtype.str, array.shape) for name, array in arrays.items()}
        head = json.dumps(table).encode()
        parts = [
            _VERSION.pack(len(head)),
            head,
            *(np.ascontiguousarray(a).tobytes() for a in arrays.values()),
        ]
        data = b"".join(parts)
        if len(data) > self._slot_bytes - _SLOT.size:
            raise ValueError(
                f"expected at most {self._slot_bytes - _SLOT.size:,} bytes, got {len(data):,}; make more room"
            )
        version = self._version() + 1
        at = self._slot(version)
        _SLOT.pack_into(self._memory, at, 0, 0, 0)  # nobody believes it while it is filled
        self._memory[at + _SLOT.size : at + _SLOT.size + len(data)] = data
        _SLOT.pack_into(self._memory, at, version, len(data), zlib.crc32(data))
        _VERSION.pack_into(self._memory, 0, version)

    def newest(self) -> dict[str, NDArray] | None:
        """The newest set, if it was not fetched yet and is whole; else None. Never waits."""
        version = self._version()
        if version == self._seen:
            return None
        at = self._slot(version)
        slot_version, size, crc = _SLOT.unpack_from(self._memory, at)
        if slot_version != version or size > self._slot_bytes:
            return None
        data = self._memory[at + _SLOT.size : at + _SLOT.size + size]
        if zlib.crc32(data) != crc:
            return None
        self._seen = version
        return _arrays(data)

    def close(self) -> None:
        self._memory.close()

    def _version(self) -> int:
        return _VERSION.unpack_from(self._memory, 0)[0]

    def _slot(self, version: int) -> int:
        return _PAGE + version % 2 * self._slot_bytes


def _arrays(data: bytes) -> dict[str, NDArray]:
    (length,) = _VERSION.unpack_from(data)
    at = _VERSION.size + length
    arrays = {}
    for name, (kind, shape) in json.loads(data[_VERSION.size : at]).items():
        n = int(np.prod(shape))
        arrays[name] = np.frombuffer(data, kind, n, at).reshape(shape)
        at += n * np.dtype(kind).itemsize
    return arrays
