"""Recordings of others as `Recording`: NPZ, HDF5 and NWB, told apart by their contents, never unpickled."""

from pathlib import Path
from typing import Any

import numpy as np

from brainwright.signal import Recording
from brainwright.untrusted import Bounds, read_npz, refused_as

from .hdf5_files import read_hdf5
from .nwb_files import read_nwb
from .spike_trains import BadRecording, by_channel, check_channels, from_trains, in_seconds

SUFFIXES = {".npz": "npz", ".h5": "hdf5", ".hdf5": "hdf5", ".nwb": "nwb"}


def load_recording(
    path: str | Path,
    *,
    n_channels: int | None = None,
    source: str | None = None,
    tick_s: float | None = None,
    between_s: tuple[float, float] | None = None,
    bounds: Bounds | None = None,
) -> Recording:
    """It reads a recording of spikes; `docs/hardware.md` lists the layouts.

    Args:
        path: `.npz`, `.h5`, `.hdf5` or `.nwb`.
        n_channels: channels of the array, where the file does not say or names only those that fired.
        source: which of several sources of an NWB file; the error lists them.
        tick_s: seconds of one step of the times (1 / rate for sample numbers, 0.001 for milliseconds, 1.0
            where they are seconds); where None, times that cannot be seconds are refused.
        between_s: start and stop of the part to read; what is beyond it is left out.
        bounds: how much the file may unpack to, and how many channels it may have.

    Raises:
        BadRecording: another layout, sizes beyond the bounds, times that are not rising seconds, channels
            that do not fit, gaps.
        MissingPackage: h5py or pynwb is not installed.
        FileNotFoundError: no such file.

    Example:
        >>> import tempfile, numpy as np
        >>> from pathlib import Path
        >>> path = Path(tempfile.mkdtemp()) / "culture.npz"
        >>> np.savez(path, time_s=[0.1, 0.2, 0.2], channel=[3, 0, 3], stop_s=1.0)
        >>> load_recording(path, n_channels=8).counts()[0].tolist()
        [1, 0, 0, 2, 0, 0, 0, 0]
    """
    path = Path(path)
    if not path.is_file():
        raise FileNotFoundError(f"expected a recording, got {path}, which is no file")
    kind = SUFFIXES.get(path.suffix.lower())
    if kind is None:
        raise BadRecording(f"{path}: expected a name that ends in {', '.join(SUFFIXES)}")
    if source is not None and kind != "nwb":
        raise BadRecording(f"{path}: only NWB files hold several sources, got source={source!r}")
    if kind == "nwb":
        return read_nwb(path, n_channels, source=source, tick_s=tick_s, between_s=between_s, bounds=bounds)
    read = _read_npz if kind == "npz" else read_hdf5
    recording = read(path, n_channels, tick_s, bounds or Bounds())
    return recording if between_s is None else _part(recording, between_s, path)


def _part(recording: Recording, between_s: tuple[float, float], path: Path) -> Recording:
    try:
        return recording.between(*between_s)
    except ValueError as error:
        raise BadRecording(f"{path}: {error}") from error


def _read_npz(path: Path, n_channels: int | None, tick_s: float | None, bounds: Bounds) -> Recording:
    with refused_as(BadRecording, path, "an NPZ file without pickled objects"):
        arrays = read_npz(path, bounds=bounds)
    names = set(arrays)
    if {"shape", "span_s", "dish", "channel", "time_s"} <= names:
        try:
            return _same_channels(Recording.load(path, bounds=bounds), n_channels, path)
        except BadRecording:
            raise
        except ValueError as error:
            raise BadRecording(f"{path}: {error}") from error
    if {"isi_10us", "spike_counts", "recording_s"} <= names:
        return _from_intervals(arrays, n_channels, path, bounds)
    if {"time_s", "channel"} <= names:
        return from_events(arrays, n_channels, str(path), tick_s, bounds)
    raise BadRecording(
        f"{path}: expected arrays time_s and channel (seconds, whole numbers; optional n_channels, start_s, "
        f"stop_s), or what Recording.save wrote, got {', '.join(sorted(names)) or 'nothing'}"
    )


def _from_intervals(arrays: dict[str, Any], n_channels: int | None, path: Path, bounds: Bounds) -> Recording:
    """It reads units end to end, each as intervals in steps of 10 us whose running sum is the time."""
    for name in ("spike_counts", "isi_10us", "recording_s"):
        if arrays[name].dtype.kind not in ("iuf" if name == "recording_s" else "iu"):
            raise BadRecording(f"{path}: expected numbers in {name}, got {arrays[name].dtype}")
    counts, isi = (arrays[name].ravel().astype(np.int64) for name in ("spike_counts", "isi_10us"))
    if arrays["recording_s"].size != 2:
        raise BadRecording(
            f"{path}: expected recording_s to be start and stop, got {arrays['recording_s'].size}"
        )
    if counts.size == 0 or counts.min() < 0:
        raise BadRecording(f"{path}: expected spike_counts of 0 or more, one per unit")
    check_channels(counts.size, str(path), bounds)
    if counts.sum() != len(isi):
        raise BadRecording(
            f"{path}: spike_counts promise {counts.sum()} spikes, isi_10us holds {len(isi)}; "
            "the file is cut short or spoiled"
        )
    trains = [np.cumsum(part) * 1e-5 for part in np.split(isi, np.cumsum(counts)[:-1])]
    start_s, stop_s = (float(t) for t in arrays["recording_s"].ravel())
    return from_trains(
        trains,
        source=str(path),
        n_channels=n_channels,
        start_s=start_s,
        stop_s=stop_s,
        sure=True,
        bounds=bounds,
    )


def from_events(
    arrays: dict[str, Any],
    n_channels: int | None,
    source: str,
    tick_s: float | None = None,
    bounds: Bounds | None = None,
) -> Recording:
    """It makes one dish from events `time_s` and `channel`, [event] each, with optional scalars about the
    whole.
    """
    time_s, channel = in_seconds(arrays["time_s"], None, source, tick_s), np.asarray(arrays["channel"])
    if channel.shape != time_s.shape or (channel.size and channel.dtype.kind not in "iu"):
        raise BadRecording(
            f"{source}: expected channel as whole numbers, one per time, got {channel.dtype} {channel.shape} "
            f"for times {time_s.shape}"
        )
    if time_s.ndim != 1:
        raise BadRecording(f"{source}: expected times in one row, got shape {time_s.shape}")
    in_file = _whole(arrays, "n_channels", source)
    if in_file is not None and n_channels not in (None, in_file):
        raise BadRecording(f"{source}: holds {in_file} channels, asked for {n_channels}")
    n_channels = n_channels or in_file or int(channel.max(initial=0)) + 1
    check_channels(n_channels, source, bounds)
    if channel.size and not 0 <= channel.min() <= channel.max() < n_channels:
        raise BadRecording(
            f"{source}: expected channels 0 to {n_channels - 1}, got {channel.min()} to {channel.max()}; "
            "correct n_channels, or renumber the channels"
        )
    return from_trains(
        by_channel(time_s, channel, n_channels),
        source=source,
        n_channels=n_channels,
        start_s=_number(arrays, "start_s", source) or 0.0,
        stop_s=_number(arrays, "stop_s", source),
        sure=tick_s is not None,
        bounds=bounds,
    )


def _number(arrays: dict[str, Any], name: str, source: str) -> float | None:
    """It returns a finite scalar about the whole; None where it is not there."""
    if name not in arrays:
        return None
    value = np.asarray(arrays[name])
    if value.size != 1 or value.dtype.kind not in "iuf" or not np.isfinite(value).all():
        raise BadRecording(
            f"{source}: expected {name} to be one finite number, got {value.dtype} {value.shape}"
        )
    return value.item()


def _whole(arrays: dict[str, Any], name: str, source: str) -> int | None:
    value = _number(arrays, name, source)
    if value is not None and (value != int(value) or value < 1):
        raise BadRecording(f"{source}: expected {name} to be a whole number above 0, got {value}")
    return None if value is None else int(value)


def _same_channels(recording: Recording, n_channels: int | None, path: Path) -> Recording:
    if n_channels not in (None, recording.n_channels):
        raise BadRecording(f"{path}: holds {recording.n_channels} channels, asked for {n_channels}")
    return recording
