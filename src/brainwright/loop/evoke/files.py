"""A recording of your own with the stimulation that was delivered in it: NPZ and NWB."""

from collections.abc import Collection
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from brainwright.datasets.errors import DatasetError
from brainwright.datasets.nwb_file import opened
from brainwright.signal import Recording
from brainwright.tissue import StimulusPlan
from brainwright.tissue.adapters.recordings import load_recording
from brainwright.untrusted import read_npz, refused_as

from .protocol import EvokeError

TIMES, CHANNELS, BEGINS = "stimulus_time_s", "stimulus_channel", "trial_s"
OF_NPZ = (TIMES, CHANNELS, "stimulus_current_uA", "stimulus_width_us", BEGINS)
CHANNEL_NAMES = ("channel", "electrode", "stimulus_channel")
TIME_NAMES = ("delivered_s", "start_time")


def read_stimulated(
    path: str | Path, **options: Any
) -> tuple[Recording, StimulusPlan, NDArray[np.float64] | None]:
    """The spikes, the pulses that were delivered, and when trials began, where the file says so.

    NPZ: what `load_recording` reads (`time_s` and `channel`), with `stimulus_time_s` and `stimulus_channel`
    [pulse], and where they are there `stimulus_current_uA`, `stimulus_width_us` (one number, or one of each
    pulse) and `trial_s` [trial]. NWB: units, and a table of intervals with a column `channel` (or
    `electrode`), such as `brainwright` exports under `stimulus`; the start times of the file's trials.

    Args:
        path: `.npz` or `.nwb`.
        options: of `load_recording`, such as `n_channels`.

    Returns:
        Recording, plan, beginnings of trials or None.

    Raises:
        EvokeError: another kind of file, or no stimulation in it.
        BadRecording: spikes that cannot be read.
    """
    path = Path(path)
    recording = load_recording(path, **options)
    if path.suffix.lower() == ".npz":
        return recording, *_of_npz(path)
    if path.suffix.lower() == ".nwb":
        return recording, *_of_nwb(path)
    raise EvokeError(f"{path.name}: expected stimulus times in an .npz or .nwb file, got {path.suffix}")


def _of_npz(path: Path) -> tuple[StimulusPlan, NDArray[np.float64] | None]:
    with refused_as(EvokeError, path, "an NPZ file without pickled objects"):
        arrays = read_npz(path, only=OF_NPZ)
    missing = [name for name in (TIMES, CHANNELS) if name not in arrays]
    if missing:
        raise EvokeError(
            f"{path.name}: expected {TIMES} (seconds) and {CHANNELS} (whole numbers), one of each for every "
            f"pulse, got no {' and no '.join(missing)}"
        )
    plan = _plan(
        path,
        arrays[TIMES],
        arrays[CHANNELS],
        arrays.get("stimulus_current_uA", np.array(2.0)),
        arrays.get("stimulus_width_us", np.array(200.0)),
    )
    return plan, None if BEGINS not in arrays else _begins(path, arrays[BEGINS], BEGINS)


def _of_nwb(path: Path) -> tuple[StimulusPlan, NDArray[np.float64] | None]:
    try:
        with opened(path) as file:
            tables = {**file.stimulus, **(file.intervals or {})}
            for table in tables.values():
                columns = set(getattr(table, "colnames", ()))
                channel = next((name for name in CHANNEL_NAMES if name in columns), None)
                time = next((name for name in TIME_NAMES if name in columns), None)
                if channel and time:
                    found = _of_table(path, table, time, channel, columns)
                    trials = None if file.trials is None else file.trials["start_time"][:]
                    return found, None if trials is None else _begins(path, trials, "start times of trials")
            raise EvokeError(
                f"{path.name}: expected a table of intervals with a start and a channel for every pulse "
                f"(under stimulus or intervals), got {', '.join(tables) or 'none'}"
            )
    except DatasetError as error:
        raise EvokeError(str(error)) from error


def _of_table(path: Path, table: Any, time: str, channel: str, columns: Collection[str]) -> StimulusPlan:
    times, channels = np.asarray(table[time][:]), np.asarray(table[channel][:])
    current, width = (
        np.array([np.abs(np.asarray(table[name][k])).max() for k in range(len(times))])
        if name in columns
        else np.array(usual)
        for name, usual in (("current_uA", 2.0), ("width_us", 200.0))
    )
    return _plan(path, times, channels, current, width)


def _begins(path: Path, begin_s: NDArray, name: str) -> NDArray[np.float64]:
    """Beginnings of trials, rising."""
    begin_s = np.asarray(begin_s)
    if begin_s.dtype.kind not in "iuf" or not np.isfinite(begin_s).all():
        raise EvokeError(f"{path.name}: expected {name} in seconds, got {begin_s.dtype} or NaN")
    return np.sort(begin_s.astype(np.float64).ravel())


def _plan(path: Path, time_s: NDArray, channel: NDArray, current: NDArray, width: NDArray) -> StimulusPlan:
    """Biphasic pulses, whatever the phases looked like: what counts later is which came, and their charge."""
    n, shape = len(np.atleast_1d(time_s)), np.shape(time_s)
    if not n or np.shape(channel) != shape or len(shape) != 1 or np.asarray(channel).dtype.kind not in "iu":
        raise EvokeError(
            f"{path.name}: expected a time and a whole channel for every pulse, got times {shape} and "
            f"channels {np.shape(channel)} of {np.asarray(channel).dtype}"
        )
    each = {"times": time_s, "current_uA": current, "width_us": width}
    for name, values in each.items():
        values = np.asarray(values)
        if values.dtype.kind not in "iuf" or values.size not in (1, n) or not np.isfinite(values).all():
            raise EvokeError(
                f"{path.name}: expected finite numbers for {name} of stimuli, one or one of each of {n} "
                f"pulses, got {values.size} of {values.dtype}"
            )
    peaks, lasting = (np.broadcast_to(np.abs(each[name]).ravel(), n) for name in ("current_uA", "width_us"))
    balanced = np.stack([-peaks, peaks], axis=1)
    return StimulusPlan(np.zeros(n, np.int32), channel, time_s, balanced, np.stack([lasting] * 2, axis=1))
