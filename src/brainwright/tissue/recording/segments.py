"""Append-only segment files: what was flushed survives the death of the process that wrote it.

A folder holds `000000.seg`, `000001.seg`, ... Each is a row of blocks, little-endian, nothing between them:

    magic     4 bytes  b"BWB1"
    stream    uint16   number of the stream
    record    uint16   bytes of one record (1: UTF-8 text, one JSON object per line)
    size      uint32   bytes of the payload, whole records
    sequence  uint64   number of the block in the session, from 0 on, over all segments
    crc       uint32   CRC-32 of the 20 bytes above and the payload
    payload

Stream 0 opens every segment: one JSON object that describes the session and the records of all streams.
Blocks are appended whole or not at all; only the last one of a segment can be torn, by a kill, and readers
leave it out. The search behind damage reads each byte a few times at most: what looks like a block and is
none costs as much as it claims, so that false heads by the thousand would keep a reader busy for days.
Written with `write`, not `fsync`: a kill of the process loses nothing flushed, a power cut what the kernel
still held.
"""

import json
import os
import struct
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from brainwright.untrusted import printable

MAGIC = b"BWB1"
HEAD = struct.Struct("<4sHHIQ")
CRC = struct.Struct("<I")
OVERHEAD = HEAD.size + CRC.size
HEADER_STREAM = 0
LARGEST_BLOCK = 16 << 20
"""Bytes: the largest that is written holds 4,096 records of 52 bytes, or notes of some lines each."""
SEARCH_EFFORT = 32
"""Bytes that may be summed up in vain for each byte of a segment."""


class RecordingError(OSError):
    """A recording cannot be written or read; the message says what is safe and what to do."""

    def __init__(self, message: object = ""):
        super().__init__(printable(message, keep="\n"))


class Block(NamedTuple):
    """One block as it stands in a segment."""

    stream: int
    record: int
    sequence: int
    payload: bytes


class SegmentWriter:
    """It appends blocks to the segments of one session.

    Args:
        folder: one without segments: a session has one clock, another session needs another folder.
        header: plain JSON, repeated at the start of every segment.
        segment_bytes: size from which on the next segment is begun.

    Raises:
        RecordingError: the folder cannot be written, or holds a session.
    """

    def __init__(self, folder: Path, header: dict[str, Any], segment_bytes: int = 64 << 20):
        self.folder, self._segment_bytes = folder, segment_bytes
        self._header = json.dumps(header, ensure_ascii=False).encode() + b"\n"
        self._file, self._size = -1, 0
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise RecordingError(f"{folder}: expected a folder to record into, got: {error}") from error
        if segments(folder):
            raise RecordingError(f"{folder}: holds a recording already; record into a new run folder")
        self._number = self._sequence = 0
        self._begin()

    def append(self, parts: list[tuple[int, int, bytes]]) -> None:
        """It appends one block for each (stream, record, payload) in one go.

        Raises:
            RecordingError: the disk is full or gone. What was appended before is whole; nothing of this is.
        """
        if self._size >= self._segment_bytes:
            self._end()
            self._number += 1
            self._begin()
        self._write(joined(parts, self._sequence))
        self._sequence += len(parts)

    def close(self) -> None:
        """It hands everything to the disk. May be called again."""
        if self._file >= 0:
            self._end()

    def _begin(self) -> None:
        path = self.folder / f"{self._number:06d}.seg"
        try:
            self._file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_APPEND, 0o644)
        except OSError as error:
            raise RecordingError(f"{path}: cannot be made ({error.strerror})") from error
        self._size = 0
        self._write(joined([(HEADER_STREAM, 1, self._header)], self._sequence))
        self._sequence += 1

    def _end(self) -> None:
        file, self._file = self._file, -1
        try:
            os.fsync(file)
        finally:
            os.close(file)

    def _write(self, data: bytes) -> None:
        if self._file < 0:
            raise RecordingError(f"{self.folder}: the recording is closed, expected an open one")
        done = 0
        try:
            while done < len(data):
                done += os.write(self._file, data[done:])
        except OSError as error:
            os.ftruncate(self._file, self._size)
            raise RecordingError(
                f"{self.folder}: cannot record any more ({error.strerror}); what was recorded before is "
                "whole and readable. Free some space, then record into a new run folder"
            ) from error
        self._size += done


def joined(parts: list[tuple[int, int, bytes]], sequence: int) -> bytes:
    """It returns one block for each (stream, record, payload), numbered from `sequence` on.

    Raises:
        RecordingError: a payload that is larger than readers take.
    """
    pieces = []
    for number, (stream, record, payload) in enumerate(parts, sequence):
        if len(payload) > LARGEST_BLOCK:
            raise RecordingError(f"expected a block of at most {LARGEST_BLOCK:,} bytes, got {len(payload):,}")
        head = HEAD.pack(MAGIC, stream, record, len(payload), number)
        pieces += (head, CRC.pack(zlib.crc32(payload, zlib.crc32(head))), payload)
    return b"".join(pieces)


def segments(folder: Path) -> list[Path]:
    """It returns the segments of a session in order."""
    return sorted(folder.glob("[0-9]*.seg"))


def blocks(path: Path, start: int = 0) -> Iterator[tuple[int, Block]]:
    """It yields the whole blocks of a segment from byte `start` on, each with the byte at which it ends.

    Bytes that belong to no whole block are passed over: a torn end, or damage in the middle.

    Raises:
        RecordingError: more false heads of blocks than damage makes; what was yielded before is whole.
    """
    with path.open("rb") as file:
        file.seek(start)
        data = file.read()
    at, effort = 0, SEARCH_EFFORT * len(data)
    while at >= 0:
        block = _block_at(data, at)
        if block is None:
            effort -= _claimed(data, at)
            if effort < 0:
                raise RecordingError(
                    f"{path}: thousands of false heads of blocks before byte {start + at}: this is no damage "
                    "by accident; what was read before is whole"
                )
            at = data.find(MAGIC, at + 1)
        else:
            at += OVERHEAD + len(block.payload)
            yield start + at, block


def _block_at(data: bytes, at: int) -> Block | None:
    if len(data) - at < OVERHEAD:
        return None
    magic, stream, record, size, sequence = HEAD.unpack_from(data, at)
    if magic != MAGIC or size > LARGEST_BLOCK or at + OVERHEAD + size > len(data):
        return None
    payload = data[at + OVERHEAD : at + OVERHEAD + size]
    (crc,) = CRC.unpack_from(data, at + HEAD.size)
    whole = zlib.crc32(payload, zlib.crc32(data[at : at + HEAD.size])) == crc
    return Block(stream, record, sequence, payload) if whole else None


def _claimed(data: bytes, at: int) -> int:
    """It returns the bytes that were summed up to find that there is no block."""
    if len(data) - at < OVERHEAD:
        return 0
    size = HEAD.unpack_from(data, at)[3]
    return OVERHEAD + (size if size <= LARGEST_BLOCK and at + OVERHEAD + size <= len(data) else 0)


class SegmentReader:
    """It reads a session while it is written, or afterwards.

    `torn_bytes` belong to no whole block, known after a `poll`: the end that a kill tore, or one that is
    being written, or damage. `lost_blocks` are missing in the row of sequence numbers.
    """

    def __init__(self, folder: Path):
        self.folder = folder
        self.lost_blocks = self.torn_bytes = 0
        self._at: dict[Path, int] = {}
        self._next = self._damaged_bytes = 0

    def poll(self) -> Iterator[Block]:
        """It yields the whole blocks that are new since the last call; headers (stream 0) among them."""
        self.torn_bytes = 0
        for path in segments(self.folder):
            before = self._at.setdefault(path, 0)
            size = path.stat().st_size
            for end, block in blocks(path, before) if size > before else ():
                self._damaged_bytes += end - self._at[path] - OVERHEAD - len(block.payload)
                self._at[path] = end
                self.lost_blocks += max(0, block.sequence - self._next)
                self._next = max(self._next, block.sequence + 1)
                yield block
            self.torn_bytes += max(0, size - self._at[path])
        self.torn_bytes += self._damaged_bytes
