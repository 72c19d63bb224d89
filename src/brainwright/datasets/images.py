"""Image tasks: MNIST from its idx files, the CIFAR-10 subset from JPEG."""

import io
import struct
from itertools import pairwise
from math import prod
from pathlib import Path

import numpy as np
from jaxtyping import UInt8

from brainwright.datasets.errors import DatasetError
from brainwright.datasets.locate import require
from brainwright.datasets.registry import dataset
from brainwright.datasets.tasks import Task
from brainwright.untrusted import refused_as, unpacked

UBYTE = 8  # type code of the idx format
MOST_DIMENSIONS = 32
"""More than any image has, fewer than NumPy takes."""


def mnist() -> Task:
    """The task has 60,000 and 10,000 digits of 28 × 28 (MNIST; LeCun, Cortes & Burges): pixels from 0 to 1.

    Raises:
        MissingData: says which file to put where.
    """
    entry = dataset("mnist")
    paths = {Path(file.name).name: require(entry, file) for file in entry.files}
    parts = {side: _idx_pair(paths, stem) for side, stem in (("train", "train"), ("test", "t10k"))}
    return Task("mnist", *parts["train"], *parts["test"], tuple("0123456789"))


def read_idx(path: str | Path) -> UInt8[np.ndarray, "..."]:
    """It reads an idx file of unsigned bytes, plain or gzip (format: yann.lecun.com/exdb/mnist).

    Raises:
        DatasetError: another magic number, another type, or too few bytes.
    """
    with refused_as(DatasetError, Path(path).name, "an idx file, plain or gzip"):
        raw = unpacked(Path(path).read_bytes(), Path(path).name)
    return idx_array(raw, str(path))


def idx_array(raw: bytes, path: str) -> UInt8[np.ndarray, "..."]:
    """It returns the array in the bytes of an idx file; `path` is for messages. Raises as `read_idx`."""
    if len(raw) < 4 or raw[:2] != b"\0\0" or raw[2] != UBYTE:
        raise DatasetError(f"{path}: expected an idx file of unsigned bytes, got the start {raw[:4]!r}")
    start = 4 + 4 * raw[3]
    if len(raw) < start:
        raise DatasetError(f"{path}: the header ends after {len(raw)} of {start} bytes")
    shape = struct.unpack(f">{raw[3]}I", raw[4:start])
    if len(raw) - start != prod(shape):
        raise DatasetError(f"{path}: expected {prod(shape)} bytes for shape {shape}, got {len(raw) - start}")
    if len(shape) > MOST_DIMENSIONS:
        raise DatasetError(f"{path}: expected at most {MOST_DIMENSIONS} dimensions, got {len(shape)}")
    return np.frombuffer(raw, np.uint8, offset=start).reshape(shape)


def cifar10_subset() -> Task:
    """The task has 10,000 and 2,000 images of CIFAR-10 (Krizhevsky 2009), 32 × 32 × 3, pixels from 0 to 1.

    The copy is JPEG: compare arms of one run, not published figures. Needs pillow, which matplotlib brings.
    """
    entry = dataset("cifar10_jpeg_subset")
    arrays = np.load(require(entry, entry.files[0]), allow_pickle=False)
    parts = {}
    for side in ("train", "test"):
        starts, raw = arrays[f"{side}_offsets"], arrays[f"{side}_jpeg"].tobytes()
        images = [_jpeg(raw[a:b]) for a, b in pairwise(starts)]
        parts[side] = (np.stack(images), arrays[f"{side}_labels"].astype(np.int64))
    note = "lossy JPEG copy of a subset: only differences between arms mean anything"
    classes = tuple(str(name) for name in arrays["classes"])
    return Task("cifar10_jpeg_subset", *parts["train"], *parts["test"], classes, note)


def _jpeg(raw: bytes) -> np.ndarray:
    from PIL import Image

    return np.asarray(Image.open(io.BytesIO(raw)).convert("RGB"), np.float32).ravel() / 255


def _idx_pair(paths: dict[str, Path], stem: str) -> tuple[np.ndarray, np.ndarray]:
    images, labels = (
        read_idx(paths[f"{stem}-{content}-ubyte.gz"]) for content in ("images-idx3", "labels-idx1")
    )
    return images.reshape(len(images), -1).astype(np.float32) / 255, labels.astype(np.int64)
