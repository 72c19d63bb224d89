"""Files that are written whole or not at all: the only place that gives a file its name."""

import contextlib
import json
import os
import stat
from collections.abc import Generator, Mapping
from pathlib import Path
from typing import Any, BinaryIO

from brainwright.untrusted import Fault, Unreadable, parse_json

from .leftovers import part_of
from .values import plain

LARGEST_JSON = 256 * 2**20
"""Bytes of a JSON file that is read: a hundred times the largest result of ours, and it still fits in
memory.
"""


class RunFolderError(Fault):
    """A run folder cannot be made, resumed or read; the message says what to do."""


@contextlib.contextmanager
def whole(path: Path, *, durable: bool = True, ending: str = "") -> Generator[Path, None, None]:
    """The name of a file beside `path` to write; it takes the place of `path` when the block ends without an
    error, and leaves nothing otherwise. What a killed process leaves, `sweep(path)` removes.

    Args:
        path: the file to be.
        durable: False does not wait for the disk: after a power cut `path` may be empty. For what is replaced
            all the time and is worth nothing later.
        ending: of the name to write, for writers that demand one.

    Example:
        with whole(path) as scratch:
            table.to_csv(scratch)
    """
    scratch = part_of(path, ending)
    try:
        yield scratch
        give_name(scratch, path, durable=durable)
    finally:
        scratch.unlink(missing_ok=True)


def give_name(scratch: Path, path: Path, *, durable: bool = True) -> None:
    """Moves a file that is complete to its place; see `whole`, which does this at its end."""
    if durable:
        with scratch.open("rb+") as file:
            os.fsync(file.fileno())  # a power cut after the rename must not leave an empty file
    os.replace(scratch, path)


@contextlib.contextmanager
def whole_file(path: Path) -> Generator[BinaryIO, None, None]:
    """As `whole`, with the file open for bytes."""
    with whole(path) as scratch, scratch.open("wb") as file:
        yield file


def write_text(path: Path, content: str) -> None:
    """Writes a text file in UTF-8 whole or not at all, also when the process is killed in between."""
    write_bytes(path, content.encode("utf-8"))


def write_bytes(path: Path, content: bytes) -> None:
    """Writes bytes whole or not at all."""
    with whole_file(path) as file:
        file.write(content)


def write_arrays(path: Path, arrays: Mapping[str, Any]) -> None:
    """Writes NumPy arrays as a compressed NPZ file, whole or not at all."""
    import numpy as np

    with whole_file(path) as file:
        np.savez_compressed(file, **arrays)


def write_json(path: Path, value: Any) -> None:
    """Writes plain JSON whole or not at all; see `plain` for what becomes of arrays, paths and NaN."""
    write_text(path, json.dumps(plain(value), indent=1, ensure_ascii=False, allow_nan=False) + "\n")


def read_json(path: Path) -> dict[str, Any]:
    """Reads a JSON object.

    Raises:
        RunFolderError: with the name of the file, which is missing, no plain file, no JSON of finite numbers,
            too deep or too large.
    """
    try:
        about = path.stat()
        if not stat.S_ISREG(about.st_mode):
            raise RunFolderError(f"{path}: expected a plain file of JSON, got something else")
        if about.st_size > LARGEST_JSON:
            raise RunFolderError(
                f"{path}: expected at most {LARGEST_JSON:,} bytes of JSON, got {about.st_size:,}"
            )
        value = parse_json(path.read_bytes(), str(path))
    except FileNotFoundError as error:
        raise RunFolderError(
            f"expected {path.name} in {path.parent}, got none; is this a run folder?"
        ) from error
    except RunFolderError:
        raise
    except OSError as error:
        raise RunFolderError(f"{path}: expected readable JSON, got: {error}") from error
    except Unreadable as error:
        raise RunFolderError(str(error)) from error
    if not isinstance(value, dict):
        raise RunFolderError(f"{path}: expected a JSON object, got {type(value).__name__}")
    return value
