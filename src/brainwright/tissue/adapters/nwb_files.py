"""Neurodata Without Borders (Rubel et al. 2022, eLife 11:e78362): sorted units, or voltages to detect in."""

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from brainwright.signal import Recording
from brainwright.untrusted import Bounds, refused_as
from brainwright.untrusted.hdf5 import check_file

from .detection import ThresholdDetector, robust_sd
from .optional import need
from .spike_trains import BadRecording, by_channel, check_channels, from_trains

_CHUNK = 250_000  # samples that are in memory at once
_LEARN_S = 10.0  # stretch that sets the thresholds


def read_nwb(path: Path, n_channels: int | None = None) -> Recording:
    """The spike times of `units`, one channel per unit; without units spikes in the first ElectricalSeries.

    Voltages are taken as they are (five robust sd below the median): filter them first where slow waves
    exceed the noise. A unit's `obs_intervals` give the recorded interval where all units share one.

    Raises:
        BadRecording: neither units nor a series with a rate; spoiled times.
        MissingPackage: pynwb is not installed.
    """
    pynwb = need("pynwb", "nwb")
    check_file(path, BadRecording, Bounds(), "an NWB file that pynwb can read")
    # hdmf, h5py and pynwb each raise their own, also when a value is looked at
    with (
        refused_as(BadRecording, path, "an NWB file that pynwb can read"),
        pynwb.NWBHDF5IO(str(path), "r") as store,
    ):
        nwb = store.read()
        if nwb.units is not None and len(nwb.units):
            return _units(nwb.units, n_channels, path)
        series = [s for s in nwb.acquisition.values() if isinstance(s, pynwb.ecephys.ElectricalSeries)]
        if series:
            return _voltages(series[0], n_channels, path)
        found = ", ".join(nwb.acquisition) or "no acquisition"
    raise BadRecording(f"{path}: expected units, or an ElectricalSeries in acquisition, got {found}")


def _units(units: Any, n_channels: int | None, path: Path) -> Recording:
    if "spike_times" not in units.colnames:
        raise BadRecording(f"{path}: expected units with spike_times, got {', '.join(units.colnames)}")
    trains = [np.asarray(units["spike_times"][i], np.float64) for i in range(len(units))]
    start_s, stop_s = min(0.0, *(float(np.floor(t[0])) for t in trains if t.size), 0.0), None
    if "obs_intervals" in units.colnames:
        intervals = np.concatenate([np.asarray(units["obs_intervals"][i]) for i in range(len(units))])
        if intervals.size and len(np.unique(intervals, axis=0)) == 1:
            start_s, stop_s = (float(t) for t in intervals[0])
    return from_trains(trains, source=str(path), n_channels=n_channels, start_s=start_s, stop_s=stop_s)


def _voltages(series: Any, n_channels: int | None, path: Path) -> Recording:
    if series.rate is None:
        raise BadRecording(f"{path}: {series.name}: expected a constant rate, got timestamps; resample it")
    rate_hz, data = float(series.rate), series.data
    if not (np.isfinite(rate_hz) and rate_hz > 0):
        raise BadRecording(f"{path}: {series.name}: expected a rate above 0 Hz, got {rate_hz}")
    total, channels = data.shape[0], 1 if len(data.shape) == 1 else data.shape[1]
    check_channels(channels, str(path), None)
    if n_channels not in (None, channels):
        raise BadRecording(f"{path}: {series.name}: holds {channels} channels, asked for {n_channels}")

    def part(first: int, last: int) -> NDArray[np.float64]:
        return np.asarray(data[first:last], np.float64).reshape(-1, channels)

    start_s = float(series.starting_time or 0.0)
    opening = part(0, min(total, max(2, round(_LEARN_S * rate_hz))))
    if not (robust_sd(opening) > 0).any():
        raise BadRecording(f"{path}: {series.name}: every channel is flat in the first {_LEARN_S} s")
    detector = ThresholdDetector(channels, rate_hz)
    detector.learn(opening)
    parts = [detector.detect(part(i, i + _CHUNK), i) for i in range(0, total, _CHUNK)]
    at, channel = (np.concatenate(column) for column in zip(*parts, strict=True))
    trains = [train / rate_hz + start_s for train in by_channel(at, channel, channels)]
    return from_trains(
        trains, source=f"{path}: {series.name}", start_s=start_s, stop_s=start_s + total / rate_hz
    )
