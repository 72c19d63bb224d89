"""Key presses: sequences of five that are typed again and again, one sequence for each class."""

import numpy as np
from jaxtyping import Int

from .patches import Patches

KEYS, LENGTH, PRESSES = 8, 5, 12
"""Keys; presses of a sequence, five as in the finger task of Karni et al. (1995, 10.1038/377155a0); presses
of a stream.
"""
SLIP, NOISE = 0.15, 0.3
"""Share of presses that hit a key by chance, and deviation of what is added to every value: so that one press
tells neither the next nor the class.
"""


def key_streams(labels: Int[np.ndarray, " stream"], sequences: int = 0, seed: int = 0) -> Patches:
    """A stream for each label: a patch is a press, one value for each key. Typing begins anywhere in the
    sequence of the class.

    Args:
        labels: class of each stream, 0 to 9.
        sequences: seed of which keys belong to which class, which training and test streams share.
        seed: of where typing begins, of slips and of noise.
    """
    table = np.random.default_rng([sequences, 0]).integers(KEYS, size=(10, LENGTH))
    rng = np.random.default_rng([seed, 1])
    n = len(labels)
    place = (rng.integers(LENGTH, size=(n, 1)) + np.arange(PRESSES)) % LENGTH
    pressed = table[labels[:, None], place]
    slips = rng.random((n, PRESSES)) < SLIP
    pressed = np.where(slips, rng.integers(KEYS, size=(n, PRESSES)), pressed)
    values = np.eye(KEYS)[pressed] - 1 / KEYS + NOISE * rng.standard_normal((n, PRESSES, KEYS))
    return Patches(values.astype(np.float32), np.ones((n, PRESSES), np.float32), labels)
