"""Which of many sorted numbers are among others, in one walk along both."""

import numpy as np

from brainwright.compiled import njit


@njit(cache=True)
def among(ascending, other):
    """It returns (size,) bool: whether each number is in `other`; both int64, in ascending order."""
    found = np.zeros(ascending.size, np.bool_)
    k = 0
    for i in range(ascending.size):
        while k < other.size and other[k] < ascending[i]:
            k += 1
        if k == other.size:
            break
        found[i] = other[k] == ascending[i]
    return found
