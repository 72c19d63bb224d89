"""Handwritten digits that need no file: scikit-learn brings them."""

import numpy as np

from brainwright.datasets.tasks import Task


def digits(test_share: float = 0.2, seed: int = 0) -> Task:
    """1,797 digits of 8 × 8 pixels from 0 to 1 (Alpaydin & Kaynak 1998, UCI; the copy of scikit-learn).

    scikit-learn holds one part of the collection, without a split of its own; the split here is drawn once,
    each class alike. Writers are not named, so both sides may hold digits of the same hand.

    Args:
        test_share: share kept for testing.
        seed: of the split.
    """
    from sklearn.datasets import load_digits
    from sklearn.model_selection import train_test_split

    held = load_digits()
    x, y = (held.data / 16).astype(np.float32), held.target.astype(np.int64)
    train, test = train_test_split(np.arange(len(y)), test_size=test_share, random_state=seed, stratify=y)
    note = "drawn split; both sides may hold digits of the same hand"
    return Task("digits", x[train], y[train], x[test], y[test], tuple("0123456789"), note)
