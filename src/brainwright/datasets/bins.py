"""Spikes and frames in bins of time, [trial, bin, unit]: each trial's bins begin where the trial does."""

from collections.abc import Sequence
from numbers import Real

import numpy as np

from brainwright.datasets.errors import DatasetError
from brainwright.signal.clock import TOLERANCE_S, bin_of, whole_bins
from brainwright.untrusted import Bounds, Unreadable


def check_width(bin_s: object) -> None:
    """Raises DatasetError where the width of a bin is no number above 0."""
    number = isinstance(bin_s, Real) and not isinstance(bin_s, bool)
    if not (number and np.isfinite(float(bin_s)) and float(bin_s) > 0):
        raise DatasetError(f"expected bin_s in seconds, a number above 0, got {bin_s!r}")


def bins_within(start_s: float, stop_s: float, bin_s: float) -> int:
    """It returns the number of whole bins in [start_s, stop_s). Raises DatasetError where not one fits, or
    `bin_s` is no width.
    """
    check_width(bin_s)
    if not np.isfinite((stop_s - start_s) / bin_s):
        raise DatasetError(f"expected a finite interval, got {start_s} to {stop_s} s in bins of {bin_s} s")
    n_bins = whole_bins(start_s, stop_s, bin_s)
    if n_bins < 1:
        raise DatasetError(f"a recording of {stop_s - start_s:g} s is shorter than a bin of {bin_s:g} s")
    return n_bins


def check_bins(
    n_bins: int, n_units: int, n_events: int, span: tuple[float, float, float], bounds: Bounds | None = None
) -> None:
    """Refuses what would grow, before anything is allocated for it.

    Args:
        n_bins: of all trials.
        n_units: for each of which there is a number in every bin.
        n_events: spikes or values that the file holds.
        span: start, stop and width of a bin in seconds, for the message.
        bounds: by default `Bounds()`.

    Raises:
        DatasetError: more numbers than the bounds allow for so many events: times that are not seconds, or
            one that lies far off.
    """
    start_s, stop_s, bin_s = span
    grid = f"{start_s:g} to {stop_s:g} s in bins of {bin_s:g} s"
    try:  # of each event a file keeps a time and a unit, of 8 bytes each
        (bounds or Bounds()).check_values(n_bins * n_units, 16 * n_events, grid)
    except Unreadable as error:
        raise DatasetError(f"{error}; are the times in seconds?") from error


def count(trains: Sequence[np.ndarray], starts_s: np.ndarray, bin_s: float, n_bins: int) -> np.ndarray:
    """It returns the spikes in `n_bins` bins from each start, float32 [trial, bin, unit]; what lies outside
    is left out.
    """
    values = np.zeros((len(starts_s), n_bins, len(trains)), np.float32)
    for unit, train in enumerate(trains):
        for trial, start in enumerate(starts_s):
            place = bin_of(train, start, bin_s)
            place = place[(place >= 0) & (place < n_bins)]
            values[trial, :, unit] = np.bincount(place, minlength=n_bins)
    return values


def average(
    time_s: np.ndarray, values: np.ndarray, starts_s: np.ndarray, bin_s: float, n_bins: int
) -> np.ndarray:
    """It returns the mean of the frames in each bin by their own times, NaN where there is none, [trial, bin,
    unit].

    Args:
        time_s: of each frame.
        values: [frame, unit], NaN where missing.
    """
    means = np.full((len(starts_s), n_bins, values.shape[1]), np.nan)
    for trial, start in enumerate(starts_s):
        place = bin_of(time_s, start, bin_s)
        inside = (place >= 0) & (place < n_bins)
        known = np.isfinite(values[inside])
        total, number = np.zeros(means.shape[1:]), np.zeros(means.shape[1:])
        np.add.at(total, place[inside], np.where(known, values[inside], 0.0))
        np.add.at(number, place[inside], known)
        np.divide(total, number, out=means[trial], where=number > 0)
    return means


def observed(spans: np.ndarray, starts_s: np.ndarray, bin_s: float, n_bins: int) -> np.ndarray:
    """It returns which bins lie wholly within one of the intervals [interval, 2], bool [trial, bin]."""
    low = starts_s[:, None] + bin_s * np.arange(n_bins)
    low, high = low[..., None] + TOLERANCE_S, low[..., None] + bin_s - TOLERANCE_S
    return ((low >= spans[:, 0]) & (high <= spans[:, 1])).any(-1)
