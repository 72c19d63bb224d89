"""Half-open time intervals that survive floating-point rounding.

Spike times lie on a grid (often 1 ms), and sums such as 3 * 0.08 miss it by a few 1e-17. Every interval
[start, stop) in this room is therefore read as [start - TOLERANCE_S, stop - TOLERANCE_S): a spike at the
start belongs to the interval, a spike at the stop belongs to the next one, whichever way they were rounded.
"""

import numpy as np

TOLERANCE_S = 1e-7  # far above rounding, far below any sampling period of a spike recorder


def inside(time_s: np.ndarray, start_s: float, stop_s: float) -> np.ndarray:
    """Which times lie in [start_s, stop_s), robust to rounding. Returns bool, same shape as `time_s`."""
    return (time_s >= start_s - TOLERANCE_S) & (time_s < stop_s - TOLERANCE_S)


def is_within(start_s: float, stop_s: float, outer_start_s: float, outer_stop_s: float) -> bool:
    """Whether the interval [start_s, stop_s) lies in the outer one, robust to rounding."""
    return start_s >= outer_start_s - TOLERANCE_S and stop_s <= outer_stop_s + TOLERANCE_S
