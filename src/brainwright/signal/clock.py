"""Half-open time intervals that survive floating-point rounding.

Spike times lie on a grid (often 1 ms), and sums such as 3 * 0.08 miss it by a few 1e-17. Every interval
[start, stop) in this room is therefore read as [start - TOLERANCE_S, stop - TOLERANCE_S): a spike at the
start belongs to the interval, a spike at the stop belongs to the next one, whichever way they were rounded.
Bins follow the same rule: every room that counts in bins uses `bin_of` and `whole_bins`.
"""

import numpy as np

TOLERANCE_S = 1e-7  # far above rounding, far below any sampling period of a spike recorder


def inside(time_s: np.ndarray, start_s: float, stop_s: float) -> np.ndarray:
    """Which times lie in [start_s, stop_s), robust to rounding. Returns bool, same shape as `time_s`."""
    return (time_s >= start_s - TOLERANCE_S) & (time_s < stop_s - TOLERANCE_S)


def is_within(start_s: float, stop_s: float, outer_start_s: float, outer_stop_s: float) -> bool:
    """Whether the interval [start_s, stop_s) lies in the outer one, robust to rounding."""
    return start_s >= outer_start_s - TOLERANCE_S and stop_s <= outer_stop_s + TOLERANCE_S


def bin_of(time_s: np.ndarray, start_s: float, bin_s: float) -> np.ndarray:
    """Number of the bin [start + k bin, start + (k + 1) bin) that holds each time, int64 [time]; may be < 0.

    Example:
        >>> bin_of(np.arange(5) * 0.1, 0.0, 0.1).tolist()
        [0, 1, 2, 3, 4]
    """
    time_s = np.asarray(time_s, np.float64)
    return np.floor((time_s - start_s + _slack_s(time_s)) / bin_s).astype(np.int64)


def whole_bins(start_s: float, stop_s: float, bin_s: float) -> int:
    """How many bins lie wholly in [start_s, stop_s)."""
    return int(np.floor((stop_s - start_s + _slack_s(np.array([start_s, stop_s]))) / bin_s))


def _slack_s(time_s: np.ndarray) -> float:
    """The tolerance, or more where the clock shows so much (seconds since 1970) that floats are coarser."""
    return max(TOLERANCE_S, 4 * float(np.spacing(np.abs(time_s).max(initial=0.0))))
