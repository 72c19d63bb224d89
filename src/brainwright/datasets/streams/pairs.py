"""Pairs of streams of one class, such as the image and the sound of a digit."""

import numpy as np
from jaxtyping import Int


def same_class(
    first: Int[np.ndarray, " a"], second: Int[np.ndarray, " b"], n: int, seed: int = 0
) -> tuple[Int[np.ndarray, " n"], Int[np.ndarray, " n"]]:
    """Positions of n pairs of equal class, drawn by the seed with replacement. A pairing by class is itself a
    label: compare with as many labels.

    Raises:
        ValueError: no class that both have.
    """
    rng = np.random.default_rng(seed)
    shared = np.intersect1d(first, second)
    if not len(shared):
        raise ValueError("expected classes that both sides have, got none")
    a = rng.choice(np.flatnonzero(np.isin(first, shared)), n)
    members = {int(label): np.flatnonzero(second == label) for label in shared}
    b = np.array([rng.choice(members[int(label)]) for label in first[a]])
    return a, b
