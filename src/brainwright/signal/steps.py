"""How many steps of a clock a delay or a refractory time takes: one rule for every simulation, that of Brian2
2.9, against which both are tested.
"""

import numpy as np
from numpy.typing import ArrayLike, NDArray

SHARE_OF_STEP = 1e-3  # by which rounding may miss a whole step, as in Brian2


def nearest_steps(span_s: ArrayLike, dt_s: float) -> NDArray[np.int64]:
    """Delays in steps: the nearest whole number, halves upwards; int64, of the shape of `span_s`."""
    return np.floor(np.asarray(span_s, np.float64) / dt_s + 0.5).astype(np.int64)


def whole_steps(span_s: ArrayLike, dt_s: float) -> NDArray[np.int64]:
    """Refractory times in steps: a part of a step does not count, so that 2.2 ms are 8 steps of 0.25 ms;
    int64, of the shape of `span_s`.
    """
    return np.floor(np.asarray(span_s, np.float64) / dt_s + SHARE_OF_STEP).astype(np.int64)
