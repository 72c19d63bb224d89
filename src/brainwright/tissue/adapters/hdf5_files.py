"""Spike times in HDF5: brainwright's own layout and those in use for multi-electrode arrays."""

import os
import re
from pathlib import Path
from typing import Any

import numpy as np

from brainwright.signal import Recording

from ..leftovers import sweep
from .optional import need
from .spike_trains import BadRecording, from_trains, in_seconds

_TRAINS = ("spike_times", "spiketrains", "trains", "spikes")  # groups that hold one data set per channel
_RELATIVE = b"stim_and_spike_timestamps_relative_to_start"  # in `file_format` of a CL1 recording


def read_hdf5(path: Path, n_channels: int | None = None) -> Recording:
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
            return _own(file, n_channels, path)
        if is_table and "sCount" in file:
            return _concatenated(file, n_channels, path)
        if is_table and spikes.dtype.names and {"timestamp", "channel"} <= set(spikes.dtype.names):
            return _cl1(file, n_channels, path)
        for name in _TRAINS:
            if isinstance(file.get(name), h5py.Group):
                return _per_channel(file, name, n_channels, path)
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


def _own(file: Any, n_channels: int | None, path: Path) -> Recording:
    missing = {"n_dishes", "n_channels", "start_s", "stop_s"} - set(file.attrs)
    if missing:
        raise BadRecording(f"{path}: expected the attributes {sorted(missing)} beside dish, channel, time_s")
    time_s = in_seconds(file["time_s"][:], _unit(file["time_s"]), str(path))
    said = int(file.attrs["n_channels"])
    if n_channels not in (None, said):
        raise BadRecording(f"{path}: holds {said} channels, asked for {n_channels}")
    span = (float(file.attrs["start_s"]), float(file.attrs["stop_s"]))
    try:
        return Recording(
            file["dish"][:], file["channel"][:], time_s, int(file.attrs["n_dishes"]), said, *span
        )
    except ValueError as error:
        raise BadRecording(f"{path}: {error}") from error


def _concatenated(file: Any, n_channels: int | None, path: Path) -> Recording:
    times = in_seconds(file["spikes"][:], _unit(file["spikes"]), str(path))
    counts = file["sCount"][:].astype(np.int64)
    if counts.sum() != len(times):
        raise BadRecording(f"{path}: sCount promises {counts.sum()} spikes, spikes holds {len(times)}")
    trains = np.split(times, np.cumsum(counts)[:-1])
    return from_trains(trains, source=str(path), n_channels=n_channels)


def _cl1(file: Any, n_channels: int | None, path: Path) -> Recording:
    facts = file.attrs
    rate = facts.get("frames_per_second", facts.get("sampling_frequency"))
    if rate is None or "duration_frames" not in facts:
        raise BadRecording(f"{path}: expected the attributes frames_per_second and duration_frames")
    table = file["spikes"]
    frame = table["timestamp"].astype(np.int64)
    if _RELATIVE not in bytes(facts.get("file_format", b"")):
        frame = frame - int(facts.get("start_timestamp", 0))
    channel = table["channel"].astype(np.int64)
    said = int(facts.get("channel_count", n_channels or 64))
    if n_channels not in (None, said):
        raise BadRecording(f"{path}: holds {said} channels, asked for {n_channels}")
    return from_trains(
        [np.sort(frame[channel == c]) / float(rate) for c in range(said)],
        source=str(path),
        n_channels=said,
        stop_s=float(facts["duration_frames"]) / float(rate),
    )


def _per_channel(file: Any, name: str, n_channels: int | None, path: Path) -> Recording:
    """One data set per channel; `n_channels`, `start_s` and `stop_s` may be attributes of group or file."""
    group = file[name]
    channels = [_number(key, path) for key in group]
    trains = [in_seconds(group[key][:], _unit(group[key]), f"{path}: {name}/{key}") for key in group]
    facts = {**dict(file.attrs), **dict(group.attrs)}
    said = int(facts["n_channels"]) if "n_channels" in facts else None
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
        start_s=float(facts.get("start_s", 0.0)),
        stop_s=float(facts["stop_s"]) if "stop_s" in facts else None,
    )


def _number(key: str, path: Path) -> int:
    """The channel in a name such as 12, ch12 or channel_12."""
    match = re.fullmatch(r"(?:[A-Za-z]+_?)?(\d+)", key)
    if match is None:
        raise BadRecording(f"{path}: expected data sets named by channel number, such as 12, got {key!r}")
    return int(match[1])


def _unit(dataset: Any) -> str | None:
    unit = dataset.attrs.get("unit", dataset.attrs.get("units"))
    return unit.decode() if isinstance(unit, bytes) else unit
