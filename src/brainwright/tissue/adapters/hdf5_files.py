"""Spike times in HDF5: brainwright's own layout and those in use for multi-electrode arrays."""

import re
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from brainwright import runs
from brainwright.signal import Recording
from brainwright.untrusted import Bounds, Unreadable, refused_as
from brainwright.untrusted.hdf5 import item, names, number, opened, values, whole, words

from .optional import need
from .spike_trains import BadRecording, by_channel, check_channels, from_trains, in_seconds

_TRAINS = ("spike_times", "spiketrains", "trains", "spikes")  # groups that hold one data set per channel
_RELATIVE = "stim_and_spike_timestamps_relative_to_start"  # in `file_format` of a CL1 recording


def read_hdf5(
    path: Path,
    n_channels: int | None = None,
    tick_s: float | None = None,
    bounds: Bounds | None = None,
) -> Recording:
    """It reads the first of these layouts that the file has.

    own: `dish`, `channel`, `time_s` with attributes n_dishes, n_channels, start_s, stop_s;
    concatenated trains: `spikes` in seconds, train after train, with their lengths in `sCount` (as in the
    retinal and cortical collections of Eglen et al. 2014, GigaScience 3:3);
    CL1: table `spikes` of timestamp and channel, attributes frames_per_second, duration_frames;
    one data set per channel, named by its number, in a group spike_times, spiketrains, trains or spikes.

    Raises:
        BadRecording: none of these, contents that cannot be right, sizes beyond the bounds, values that lie
            in other files.
        MissingPackage: h5py is not installed.
    """
    h5py = need("h5py")
    with refused_as(BadRecording, path, "an HDF5 recording"), opened(path, BadRecording) as file:
        source = _File(file, path, path.stat().st_size, tick_s, bounds or Bounds())
        members = set(names(file))
        spikes = item(file, "spikes") if "spikes" in members else None
        is_table = isinstance(spikes, h5py.Dataset)
        if {"dish", "channel", "time_s"} <= members:
            return _own_layout(source, n_channels)
        if is_table and "sCount" in members:
            return _concatenated(source, n_channels)
        if is_table and spikes.dtype.names and {"timestamp", "channel"} <= set(spikes.dtype.names):
            return _cl1(source, n_channels)
        for name in _TRAINS:
            if name in members and isinstance(item(file, name), h5py.Group):
                return _per_channel(source, name, n_channels)
    raise BadRecording(
        f"{path}: expected dish, channel and time_s; or spikes with sCount; or a CL1 recording; or a group "
        f"spike_times with one data set of seconds per channel; got {', '.join(sorted(members)) or 'nothing'}"
    )


def write_hdf5(recording: Recording, path: Path) -> None:
    """It writes the own layout, for other programs; replaces the file when it is complete."""
    h5py = need("h5py")
    runs.sweep(path)
    with runs.whole(path) as scratch, h5py.File(scratch, "w") as file:
        for name in ("dish", "channel", "time_s"):
            file.create_dataset(name, data=getattr(recording, name))
        for name in ("n_dishes", "n_channels", "start_s", "stop_s"):
            file.attrs[name] = getattr(recording, name)
        file["time_s"].attrs["unit"] = "s"


class _File(NamedTuple):
    """An open file and what it may grow to."""

    file: Any
    path: Path
    n_bytes: int
    tick_s: float | None
    bounds: Bounds

    def rows(self, name: str, group: Any = None) -> NDArray[Any]:
        """It returns a data set of one dimension, checked and read."""
        row = values(item(group or self.file, name), self.n_bytes, self.bounds)
        if row.ndim != 1:
            raise BadRecording(f"{self.path}: expected {name} in one row, got shape {row.shape}")
        return row

    def whole_rows(self, name: str) -> NDArray[np.int64]:
        """It reads as `rows` does, and demands whole numbers."""
        row = self.rows(name)
        if row.dtype.kind not in "iu":
            raise BadRecording(f"{self.path}: expected whole numbers in {name}, got {row.dtype}")
        return row.astype(np.int64)

    def seconds(self, name: str, group: Any = None) -> NDArray[np.float64]:
        """It reads as `rows` does, and returns times in seconds."""
        times = self.rows(name, group)
        unit = _unit(item(group or self.file, name))
        return in_seconds(times, unit, f"{self.path}: {name}", self.tick_s)

    def sure(self, name: str, group: Any = None) -> bool:
        """It tells whether the file or the caller says that the times are seconds."""
        return self.tick_s is not None or _unit(item(group or self.file, name)) is not None


def _agreed(in_file: int | None, asked: int | None, source: _File) -> int | None:
    """It returns the number of channels that the file says and the caller asked for."""
    if in_file is not None and asked not in (None, in_file):
        raise BadRecording(f"{source.path}: holds {in_file} channels, asked for {asked}")
    n_channels = asked or in_file
    if n_channels is not None:
        check_channels(n_channels, str(source.path), source.bounds)
    return n_channels


def _own_layout(source: _File, n_channels: int | None) -> Recording:
    facts, path = source.file.attrs, source.path
    missing = {"n_dishes", "n_channels", "start_s", "stop_s"} - set(facts)
    if missing:
        raise BadRecording(f"{path}: expected the attributes {sorted(missing)} beside dish, channel, time_s")
    n_dishes, in_file = whole(facts, "n_dishes") or 0, whole(facts, "n_channels") or 0
    _agreed(in_file, n_channels, source)
    source.bounds.check_values(max(0, n_dishes) * max(0, in_file), source.n_bytes, str(path))
    span = (number(facts, "start_s") or 0.0, number(facts, "stop_s") or 0.0)
    time_s = source.seconds("time_s")
    try:
        return Recording(source.rows("dish"), source.rows("channel"), time_s, n_dishes, in_file, *span)
    except Unreadable:
        raise
    except ValueError as error:
        raise BadRecording(f"{path}: {error}") from error


def _concatenated(source: _File, n_channels: int | None) -> Recording:
    times, counts = source.seconds("spikes"), source.whole_rows("sCount")
    if counts.size and counts.min() < 0:
        raise BadRecording(f"{source.path}: expected sCount of 0 or more, got {counts.min()}")
    if counts.sum() != len(times):
        raise BadRecording(f"{source.path}: sCount promises {counts.sum()} spikes, spikes holds {len(times)}")
    check_channels(len(counts), str(source.path), source.bounds)
    trains = np.split(times, np.cumsum(counts)[:-1])
    return from_trains(
        trains,
        source=str(source.path),
        n_channels=n_channels,
        sure=source.sure("spikes"),
        bounds=source.bounds,
    )


def _cl1(source: _File, n_channels: int | None) -> Recording:
    facts, path = source.file.attrs, source.path
    named = next((name for name in ("frames_per_second", "sampling_frequency") if name in facts), None)
    rate_hz, frames = number(facts, named or "frames_per_second"), number(facts, "duration_frames")
    if rate_hz is None or frames is None:
        raise BadRecording(f"{path}: expected the attributes frames_per_second and duration_frames")
    if rate_hz <= 0:
        raise BadRecording(f"{path}: expected {named} above 0, got {rate_hz:g}")
    table = source.rows("spikes")
    for name in ("timestamp", "channel"):
        if table[name].dtype.kind not in "iu" or table[name].ndim != 1:
            raise BadRecording(f"{path}: expected whole numbers in {name}, got {table[name].dtype}")
    frame, channel = (table[name].astype(np.int64) for name in ("timestamp", "channel"))
    if _RELATIVE not in words(facts, "file_format"):
        frame = frame - (whole(facts, "start_timestamp") or 0)
    agreed = _agreed(whole(facts, "channel_count"), n_channels, source) or 64
    if channel.size and not 0 <= channel.min() <= channel.max() < agreed:
        raise BadRecording(
            f"{path}: expected channels 0 to {agreed - 1}, got {channel.min()} to {channel.max()}"
        )
    return from_trains(
        [np.sort(train) / rate_hz for train in by_channel(frame, channel, agreed)],
        source=str(path),
        n_channels=agreed,
        stop_s=frames / rate_hz,
        sure=True,
        bounds=source.bounds,
    )


def _per_channel(source: _File, name: str, n_channels: int | None) -> Recording:
    """It reads one data set per channel; `n_channels`, `start_s` and `stop_s` may be attributes of group or
    file.
    """
    group, path = item(source.file, name), source.path
    check_channels(len(group), str(path), source.bounds)
    channels = [_number(key, path) for key in group]
    trains = [source.seconds(key, group) for key in group]
    facts = [group.attrs, source.file.attrs]
    in_file = next(
        (n for n in (whole(attributes, "n_channels") for attributes in facts) if n is not None), None
    )
    agreed = _agreed(in_file, n_channels, source)
    if agreed is None and channels and sorted(channels) != list(range(len(channels))):
        check_channels(max(channels) + 1, str(path), source.bounds)
        gaps = sorted(set(range(max(channels) + 1)) - set(channels))
        raise BadRecording(
            f"{path}: channels {gaps[:8]} are missing; were they silent or not recorded? Say how many "
            "channels the array has with n_channels, then missing ones count as silent"
        )
    start_s, stop_s = (
        next((t for t in (number(attributes, end) for attributes in facts) if t is not None), None)
        for end in ("start_s", "stop_s")
    )
    return from_trains(
        trains,
        source=str(path),
        channels=channels,
        n_channels=agreed,
        start_s=start_s or 0.0,
        stop_s=stop_s,
        sure=all(source.sure(key, group) for key in group),
        bounds=source.bounds,
    )


LONGEST_CHANNEL = 12
"""Digits of a channel's number."""


def _number(key: str, path: Path) -> int:
    """It returns the channel in a name such as 12, ch12 or channel_12."""
    match = re.fullmatch(rf"(?:[A-Za-z]+_?)?([0-9]{{1,{LONGEST_CHANNEL}}})", key)
    if match is None:
        raise BadRecording(f"{path}: expected data sets named by channel number, such as 12, got {key!r}")
    return int(match[1])


def _unit(dataset: Any) -> str | None:
    named = next((name for name in ("unit", "units") if name in dataset.attrs), None)
    return None if named is None else words(dataset.attrs, named)
