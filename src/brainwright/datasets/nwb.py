"""Activity from Neurodata Without Borders files (NWB 2): units counted, fluorescence or voltage averaged."""

from pathlib import Path

import numpy as np

from brainwright.datasets.activity import Activity
from brainwright.datasets.bins import average, bins_within, check_bins, count, observed
from brainwright.datasets.errors import DatasetError
from brainwright.datasets.frames import cut, on_grid, steps_of
from brainwright.datasets.nwb_file import (
    FLUORESCENCE,
    UNITS,
    Trains,
    chosen,
    opened,
    series_of,
    sources,
    trains_of,
    trials_of,
)
from brainwright.datasets.nwb_series import Series
from brainwright.datasets.tables import check_frame_times
from brainwright.signal.clock import TOLERANCE_S
from brainwright.untrusted import Bounds

Trials = tuple[np.ndarray, np.ndarray] | None
"""Starts and ends in seconds, or the whole recording as one trial."""


def nwb_sources(path: Path) -> list[str]:
    """It names what of a file can be read: `units`, `acquisition/voltage`, `ophys/DfOverF/RoiResponseSeries`.

    Raises:
        DatasetError: no such file, or no NWB.
        ImportError: pynwb is not installed.
    """
    with opened(path) as file:
        return list(sources(file))


def read_nwb(
    path: Path,
    *,
    bin_s: float | None = None,
    source: str | None = None,
    by_trial: bool = False,
    tick_s: float | None = None,
    bounds: Bounds | None = None,
) -> Activity:
    """It returns counts of sorted units, or fluorescence or voltage averaged in bins, [trial, bin, unit].

    Bins outside a unit's `obs_intervals` are missing (NaN), not silent. Frames of a series keep their own
    times unless `bin_s` is wider than they are apart; each then counts in the bin that its time lies in.

    Args:
        path: of the file.
        bin_s: width of a bin; must be given for units and for voltage.
        source: one of `nwb_sources`; needed where there are several and none is `units`.
        by_trial: cut at the starts of the table of trials, all to the length of the shortest; else one trial.
        tick_s: seconds of one step of the spike times or timestamps (1.0: they are seconds); where None,
            times that cannot be seconds are refused.
        bounds: how much the file may unpack to, and become in bins.

    Raises:
        DatasetError: no such file or source, none or several to choose from, a number of channels that does
            not match its table, times that do not rise, are no seconds or lie outside what was observed, no
            table of trials, sizes beyond the bounds.
        ImportError: pynwb is not installed.
    """
    with opened(path, bounds) as file:
        name = chosen(path, file, source)
        node = sources(file)[name]
        if bin_s is None and getattr(node, "neurodata_type", "") != FLUORESCENCE:
            raise DatasetError(f"{path.name}: {name} needs the width of a bin in seconds (bin_s), got none")
        trials = trials_of(path, file) if by_trial else None
        if name == UNITS:
            assert bin_s is not None
            return _counted(trains_of(path, file, tick_s), bin_s, trials, bounds)
        return _averaged(series_of(name, node), bin_s, trials, tick_s, bounds)


def _counted(units: Trains, bin_s: float, trials: Trials, bounds: Bounds | None) -> Activity:
    start, stop = units.interval_s()
    starts, n_bins = _bins(start, stop, bin_s, trials)
    n_events = sum(map(len, units.times_s))
    check_bins(n_bins * len(starts), len(units.names), n_events, (start, stop, bin_s), bounds)
    values = count(units.times_s, starts, bin_s, n_bins)
    for column, spans in enumerate(units.spans):
        if spans is not None:
            values[~observed(spans, starts, bin_s, n_bins), column] = np.nan
    return Activity(values, bin_s, units.names, counts=True)


def _averaged(
    series: Series, bin_s: float | None, trials: Trials, tick_s: float | None, bounds: Bounds | None
) -> Activity:
    time_s, values = series.time_s(), series.read()
    if series.stamps_s is not None and tick_s is not None:
        time_s = time_s * tick_s
    elif series.stamps_s is not None:
        check_frame_times(time_s, series.name)
    if len(time_s) < 2:
        raise DatasetError(f"{series.name}: expected two frames or more, got {len(time_s)}")
    _, step_s = steps_of(time_s)
    if bin_s is None or bin_s <= step_s:
        step_s, frames = on_grid(time_s, values) if trials is None else cut(time_s, values, *trials)
        frames = frames[None] if trials is None else frames
        return Activity(frames.astype(np.float32), step_s, series.channels, counts=False)
    starts, n_bins = _bins(float(time_s[0]), float(time_s[-1]) + step_s, bin_s, trials)
    span = (float(time_s[0]), float(time_s[-1]), bin_s)
    check_bins(n_bins * len(starts), len(series.channels), values.size, span, bounds)
    means = average(time_s, values, starts, bin_s, n_bins).astype(np.float32)
    return Activity(means, bin_s, series.channels, counts=False)


def _bins(start_s: float, stop_s: float, bin_s: float, trials: Trials) -> tuple[np.ndarray, int]:
    """It says where each trial's bins begin, and how many there are.

    Raises:
        DatasetError: a bin longer than the recording or a trial, or trials outside the recording.
    """
    if trials is None:
        return np.array([start_s]), bins_within(start_s, stop_s, bin_s)
    begins, ends = trials
    n_bins = bins_within(0.0, float((ends - begins).min()), bin_s)
    # a trial may begin just before the first spike and end just after the last: within a bin that is no gap
    if (begins < start_s - bin_s - TOLERANCE_S).any() or (begins + n_bins * bin_s > stop_s + bin_s).any():
        raise DatasetError(
            f"expected trials within the recording, {start_s:g} to {stop_s:g} s, got trials from "
            f"{begins.min():g} to {ends.max():g} s: are both in seconds?"
        )
    return begins, n_bins
