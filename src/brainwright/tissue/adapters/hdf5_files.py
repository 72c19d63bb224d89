"""Spike times in HDF5: brainwright's own layout and those in use for multi-electrode arrays."""

import os
import re
from pathlib import Path
from typing import Any

import numpy as np

from brainwright.signal import Recording

from ..leftovers import sweep
from .attributes import number, text, whole
from .optional import need
from .spike_trains import BadRecording, from_trains, in_seconds

_TRAINS = ("spike_times", "spiketrains", "trains", "spikes")  # groups that hold one data set per channel
_RELATIVE = "stim_and_spike_timestamps_relative_to_start"  # in `file_format` of a CL1 recording


def read_hdf5(path: Path, n_channels: int | None = None, tick_s: float | None = None) -> Recording:
    """Reads the first of these layouts that the file has.

    own: `dish`, `channel`, `time_s` with attributes n_dishes, n_channels, start_s, stop_s;
    concatenated trains: `spikes` in seconds, train after train, with their lengths in `sCount` (as in the
    retinal and cortical collections of Eglen et al. 2014, GigaScience 3:3);
    CL1: table `spikes` of timestamp and channel, attributes frames_per_second, duration_frames;
    one data set per channel, named by its number, in a group spike_times, spiketrains, trains or spikes.

    Raises:
        BadRecording: none of these, or contents that cannot be right.
        MissingPackage: h5py is not installed.
    """
    h5py = need("h5py")
    try:
        file = h5py.File(path, "r")
    except OSError as error:
        raise BadRecording(f"{path}: expected an HDF5 file that can be read: {error}") from error
    with file:
        spikes = file.get("spikes")
        is_table = isinstance(spikes, h5py.Dataset)
        if {"dish", "channel", "time_s"} <= set(file):
            return _own(file, n_channels, path, tick_s)
        if is_table and "sCount" in file:
            return _concatenated(file, n_channels, path, tick_s)
        if is_table and spikes.dtype.names and {"timestamp", "channel"} <= set(spikes.dtype.names):
            return _cl1(file, n_channels, path)
        for name in _TRAINS:
            if isinstance(file.get(name), h5py.Group):
                return _per_channel(file, name, n_channels, path, tick_s)
        found = ", ".join(sorted(file)) or "nothing"
    raise BadRecording(
        f"{path}: expected dish, channel and time_s; or spikes with sCount; or a CL1 recording; or a group "
        f"spike_times with one data set of seconds per channel; got {found}"
    )


def write_hdf5(recording: Recording, path: Path) -> None:
    """Writes the own layout, for other programs; replaces the file when it is complete."""
    h5py = need("h5py")
    sweep(path)
    temporary = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        with h5py.File(temporary, "w") as file:
            for name in ("dish", "channel", "time_s"):
                file.create_dataset(name, data=getattr(recording, name))
            for name in ("n_dishes", "n_channels", "start_s", "stop_s"):
                file.attrs[name] = getattr(recording, name)
            file["time_s"].attrs["unit"] = "s"
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


def _own(file: Any, n_channels: int | None, path: Path, tick_s: float | None) -> Recording:
    missing = {"n_dishes", "n_channels", "start_s", "stop_s"} - set(file.attrs)
    if missing:
        raise BadRecording(f"{path}: expected the attributes {sorted(missing)} beside dish, channel, time_s")
    time_s = in_seconds(file["time_s"][:], _unit(file["time_s"]), str(path), tick_s)
    said = whole(file.attrs, "n_channels", path)
    if n_channels not in (None, said):
        raise BadRecording(f"{path}: holds {said} channels, asked for {n_channels}")
    span = (number(file.attrs, "start_s", path), number(file.attrs, "stop_s", path))
    try:
        n_dishes = whole(file.attrs, "n_dishes", path)
        return Recording(file["dish"][:], file["channel"][:], time_s, n_dishes, said, *span)
    except ValueError as error:
        raise BadRecording(f"{path}: {error}") from error


def _concatenated(file: Any, n_channels: int | None, path: Path, tick_s: float | None) -> Recording:
    unit = _unit(file["spikes"])
    times = in_seconds(file["spikes"][:], unit, str(path), tick_s)
    counts = file["sCount"][:].astype(np.int64)
    if counts.sum() != len(times):
        raise BadRecording(f"{path}: sCount promises {counts.sum()} spikes, spikes holds {len(times)}")
    trains = np.split(times, np.cumsum(counts)[:-1])
    sure = unit is not None or tick_s is not None
    return from_trains(trains, source=str(path), n_channels=n_channels, sure=sure)


def _cl1(file: Any, n_channels: int | None, path: Path) -> Recording:
    facts = file.attrs
    named = next((name for name in ("frames_per_second", "sampling_frequency") if name in facts), None)
    if named is None or "duration_frames" not in facts:
        raise BadRecording(f"{path}: expected the attributes frames_per_second and duration_frames")
    rate_hz = number(facts, named, path)
    if rate_hz <= 0:
        raise BadRecording(f"{path}: expected {named} above 0, got {rate_hz:g}")
    frame = _whole_column(file["spikes"], "timestamp", path)
    if _RELATIVE not in text(facts.get("file_format")) and "start_timestamp" in facts:
        frame = frame - whole(facts, "start_timestamp", path)
    channel = _whole_column(file["spikes"], "channel", path)
    said = whole(facts, "channel_count", path) if "channel_count" in facts else n_channels or 64
    if n_channels not in (None, said):
        raise BadRecording(f"{path}: holds {said} channels, asked for {n_channels}")
    if len(channel) and not 0 <= channel.min() <= channel.max() < said:
        raise BadRecording(
            f"{path}: expected channels 0 to {said - 1}, got {channel.min()} to {channel.max()}"
        )
    return from_trains(
        [np.sort(frame[channel == c]) / rate_hz for c in range(said)],
        source=str(path),
        n_channels=said,
        stop_s=number(facts, "duration_frames", path) / rate_hz,
        sure=True,
    )


def _whole_column(table: Any, name: str, path: Path) -> np.ndarray:
    """One column of a table, int64 [row]."""
    column = np.asarray(table[name])
    if column.ndim != 1 or column.dtype.kind not in "iu":
        raise BadRecording(f"{path}: expected whole numbers in {name}, got {column.dtype} {column.shape}")
    return column.astype(np.int64)


def _per_channel(file: Any, name: str, n_channels: int | None, path: Path, tick_s: float | None) -> Recording:
    """One data set per channel; `n_channels`, `start_s` and `stop_s` may be attributes of group or file."""
    group = file[name]
    channels = [_number(key, path) for key in group]
    units = [_unit(group[key]) for key in group]
    trains = [
        in_seconds(group[key][:], unit, f"{path}: {name}/{key}", tick_s)
        for key, unit in zip(group, units, strict=True)
    ]
    facts = {**dict(file.attrs), **dict(group.attrs)}
    said = whole(facts, "n_channels", path) if "n_channels" in facts else None
    if said is not None and n_channels not in (None, said):
        raise BadRecording(f"{path}: holds {said} channels, asked for {n_channels}")
    wanted = n_channels or said
    if wanted is None and channels and sorted(channels) != list(range(len(channels))):
        gaps = sorted(set(range(max(channels) + 1)) - set(channels))
        raise BadRecording(
            f"{path}: channels {gaps[:8]} are missing; were they silent or not recorded? Say how many "
            "channels the array has with n_channels, then missing ones count as silent"
        )
    return from_trains(
        trains,
        source=str(path),
        channels=channels,
        n_channels=wanted,
        start_s=number(facts, "start_s", path) if "start_s" in facts else 0.0,
        stop_s=number(facts, "stop_s", path) if "stop_s" in facts else None,
        sure=tick_s is not None or all(unit is not None for unit in units),
    )


def _number(key: str, path: Path) -> int:
    """The channel in a name such as 12, ch12 or channel_12."""
    match = re.fullmatch(r"(?:[A-Za-z]+_?)?(\d+)", key)
    if match is None:
        raise BadRecording(f"{path}: expected data sets named by channel number, such as 12, got {key!r}")
    return int(match[1])


def _unit(dataset: Any) -> str | None:
    unit = dataset.attrs.get("unit", dataset.attrs.get("units"))
    return None if unit is None else text(unit)
