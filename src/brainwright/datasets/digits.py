"""Handwritten digits of 8 × 8 pixels that ship with the package."""

import gzip
from importlib import resources

import numpy as np

from brainwright.datasets.images import idx_array
from brainwright.datasets.tasks import Task

TEST = 360
"""Of 1,797, drawn once."""


def digits(*, test: int = TEST) -> Task:
    """The task has 1,797 digits by 43 writers (Alpaydin & Kaynak 1998; the copy of scikit-learn's
    `load_digits`), pixels from -1 to 1. Which ones are for testing was drawn once and is the same for
    everybody; writers are not kept apart.

    Args:
        test: how many to test with.

    Example:
        >>> digits().train_inputs.shape
        (1437, 64)
    """
    images, labels = (_read(f"digits-{name}-ubyte.gz") for name in ("images-idx3", "labels-idx1"))
    inputs, targets = (images.reshape(-1, 64) / 8.0 - 1).astype(np.float32), labels.astype(np.int64)
    order = np.random.default_rng(0).permutation(len(targets))
    train, held_out = order[test:], order[:test]
    return Task(
        "digits", inputs[train], targets[train], inputs[held_out], targets[held_out], tuple("0123456789")
    )


def _read(file: str) -> np.ndarray:
    raw = resources.files("brainwright.datasets").joinpath("embedded", file).read_bytes()
    return idx_array(gzip.decompress(raw), file)
