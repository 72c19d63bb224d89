"""Connections as words: the target of one and where its weight stands in a table, in one number.

A delivery waits for memory. Rows of words are one stream of 4 bytes a connection, where targets and counts
are two, of 4 and 2, and the table of weights stays near.
"""

from typing import NamedTuple

import numpy as np

from brainwright.compiled import njit


class Words(NamedTuple):
    word: np.ndarray
    """uint32 or uint64 (connections,): `target << bits | place of its weight in the table`."""
    table: np.ndarray
    """The weights."""
    bits: np.unsignedinteger
    """Those of the place, in the type of the words."""
    mask: np.unsignedinteger
    """That many ones."""


def as_words(post: np.ndarray, weight: np.ndarray, n_neurons: int) -> Words:
    """Words of 32 bits, with a table of all counts from the smallest to the largest, where both parts fit;
    else words of 64 bits, with the weights themselves as the table.

    Args:
        post: uint32 (connections,), below `n_neurons`.
        weight: int16, int32, float32 or float64 (connections,), fewer than 2**32.
        n_neurons: at most 2**31.
    """
    if weight.size and np.issubdtype(weight.dtype, np.integer):
        low, high = int(weight.min()), int(weight.max())
        bits = (high - low).bit_length()
        if bits + (n_neurons - 1).bit_length() <= 32:
            word = np.empty(post.size, np.uint32)  # by NumPy, whose large arrays come in large pages
            _fill(word, post, weight, low, bits)
            table = np.arange(low, high + 1).astype(weight.dtype)
            return Words(word, table, np.uint32(bits), np.uint32(2**bits - 1))
    word = post.astype(np.uint64) << np.uint64(32)
    word |= np.arange(post.size, dtype=np.uint64)
    return Words(word, weight, np.uint64(32), np.uint64(2**32 - 1))


@njit(cache=True)
def _fill(word, post, weight, low, bits):
    for e in range(post.size):
        word[e] = post[e] << bits | (weight[e] - low)
