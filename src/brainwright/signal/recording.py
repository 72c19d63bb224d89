"""Spike events of a batch of dishes on one clock.

A recording knows the interval on which it is defined, so that silence is data and a rate has a denominator.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import numpy as np

from brainwright.runs import write_arrays
from brainwright.shown import Shown
from brainwright.signal.clock import TOLERANCE_S, inside, is_within
from brainwright.signal.spike_files import read_trains
from brainwright.untrusted import Bounds, Unreadable, read_npz
from brainwright.untrusted.npz import npz_names

FORMAT_VERSION = 1
SAVED = {"shape", "span_s", "dish", "channel", "time_s"}
"""The arrays of a saved recording."""


@dataclass(frozen=True, eq=False, repr=False)
class Recording(Shown):
    """Events (dish, channel, time) of `n_dishes` dishes of `n_channels` channels, in [start_s, stop_s).

    Example:
        >>> r = Recording([0, 1], [3, 3], [0.001, 0.002], n_dishes=2, n_channels=4, start_s=0, stop_s=1)
        >>> r.counts().sum()
        np.int64(2)
    """

    dish: np.ndarray
    """Dish of each event, int32 [event]."""
    channel: np.ndarray
    """Channel of each event, int32 [event]."""
    time_s: np.ndarray
    """Time of each event in seconds, float64 [event]; need not be sorted."""
    n_dishes: int
    n_channels: int
    start_s: float
    stop_s: float

    def __post_init__(self) -> None:
        for name, dtype in (("dish", np.int32), ("channel", np.int32), ("time_s", np.float64)):
            object.__setattr__(self, name, _column(getattr(self, name), name, dtype))
        if not len(self.dish) == len(self.channel) == len(self.time_s):
            raise ValueError(
                "Recording: expected dish, channel and time_s of one length, "
                f"got {len(self.dish)}, {len(self.channel)} and {len(self.time_s)}"
            )
        if not (math.isfinite(self.start_s) and math.isfinite(self.stop_s) and self.stop_s > self.start_s):
            raise ValueError(
                f"Recording: expected finite start_s < stop_s, got {self.start_s} and {self.stop_s}"
            )
        _check_index(self.dish, self.n_dishes, "dish", "n_dishes")
        _check_index(self.channel, self.n_channels, "channel", "n_channels")
        ends_s = np.array([self.time_s.min(), self.time_s.max()] if len(self) else [])
        if not inside(ends_s, self.start_s, self.stop_s).all():
            bad = self.time_s[~inside(self.time_s, self.start_s, self.stop_s)][0]
            raise ValueError(
                f"Recording: expected every time_s in [{self.start_s}, {self.stop_s}) s, got {bad}; "
                "correct the clock, or set start_s and stop_s to the interval that was recorded"
            )

    def __len__(self) -> int:
        return len(self.time_s)

    def glance(self) -> dict[str, str]:
        """What it shows of itself: dishes, channels, interval, events and their rate."""
        rate_hz = len(self) / (self.n_dishes * self.n_channels * self.duration_s)
        return {
            "dishes": f"{self.n_dishes:,}",
            "channels": f"{self.n_channels:,}",
            "from": f"{self.start_s:g} to {self.stop_s:g} s",
            "events": f"{len(self):,}",
            "rate": f"{rate_hz:.3g} Hz per channel",
        }

    @property
    def duration_s(self) -> float:
        """Length of the recorded interval in seconds."""
        return self.stop_s - self.start_s

    def counts(self) -> np.ndarray:
        """Events per dish and channel, int64 [dish, channel]."""
        flat = self.dish.astype(np.int64) * self.n_channels + self.channel
        return np.bincount(flat, minlength=self.n_dishes * self.n_channels).reshape(
            self.n_dishes, self.n_channels
        )

    def rate_hz(self) -> np.ndarray:
        """Mean event rate in hertz, float64 [dish, channel]."""
        return self.counts() / self.duration_s

    def between(self, start_s: float, stop_s: float) -> "Recording":
        """The part in [start_s, stop_s), on the same clock. The interval must have been recorded."""
        if not is_within(start_s, stop_s, self.start_s, self.stop_s):
            raise ValueError(
                f"between: expected a part of [{self.start_s}, {self.stop_s}) s, got [{start_s}, {stop_s})"
            )
        return self._select(inside(self.time_s, start_s, stop_s), start_s=start_s, stop_s=stop_s)

    def of_dish(self, index: int) -> "Recording":
        """The events of one dish, as a recording of one dish."""
        if not 0 <= index < self.n_dishes:
            raise IndexError(f"of_dish: expected 0 <= index < {self.n_dishes}, got {index}")
        part = self._select(self.dish == index, start_s=self.start_s, stop_s=self.stop_s)
        return Recording(
            np.zeros(len(part), np.int32),
            part.channel,
            part.time_s,
            n_dishes=1,
            n_channels=self.n_channels,
            start_s=self.start_s,
            stop_s=self.stop_s,
        )

    @staticmethod
    def concatenate(parts: Sequence["Recording"]) -> "Recording":
        """Joins recordings that follow one another without a gap (same dishes, same channels, same clock)."""
        if not parts:
            raise ValueError("concatenate: expected at least one recording, got none")
        first = parts[0]
        for before, after in pairwise(parts):
            if (after.n_dishes, after.n_channels) != (first.n_dishes, first.n_channels):
                raise ValueError(
                    f"concatenate: expected {first.n_dishes} dishes x {first.n_channels} channels, "
                    f"got {after.n_dishes} x {after.n_channels}"
                )
            if abs(after.start_s - before.stop_s) > TOLERANCE_S:
                raise ValueError(
                    f"concatenate: expected a part that starts at {before.stop_s} s, "
                    f"got one at {after.start_s} s; "
                    "join only recordings without gap or overlap"
                )
        return Recording(
            np.concatenate([p.dish for p in parts]),
            np.concatenate([p.channel for p in parts]),
            np.concatenate([p.time_s for p in parts]),
            n_dishes=first.n_dishes,
            n_channels=first.n_channels,
            start_s=first.start_s,
            stop_s=parts[-1].stop_s,
        )

    def save(self, path: str | Path) -> None:
        """Writes one `.npz` file (no pickle), whole or not at all."""
        shape = np.array([FORMAT_VERSION, self.n_dishes, self.n_channels], np.int64)
        span_s = np.array([self.start_s, self.stop_s], np.float64)
        columns = {"dish": self.dish, "channel": self.channel, "time_s": self.time_s}
        write_arrays(Path(path), {"shape": shape, "span_s": span_s, **columns})

    @staticmethod
    def load(
        path: str | Path,
        *,
        array: str | None = None,
        tick_s: float | None = None,
        bounds: Bounds | None = None,
    ) -> "Recording":
        """Reads what `save` wrote, or the spike times of any file that holds some: NPZ, MATLAB, HDF5, NWB,
        CSV (see `spike_files.read_trains` for the layouts). Such a recording has one dish, a channel for each
        unit, and lasts from 0 (or the first spike) to just behind the last. Channels are in the
        order of the file where it has a list for each unit; where each event has a label, in that of numbers,
        else of the alphabet.

        Args:
            path: the file.
            array: name of the cell array (MATLAB) or of the group (HDF5).
            tick_s: seconds of one step of the times, where these are no seconds.
            bounds: how much the file may unpack to.

        Raises:
            ValueError: another format version, a file without spike times, sizes beyond the bounds.
            FileNotFoundError: no such file.
        """
        path, bounds = Path(path), bounds or Bounds()
        if not path.is_file():
            raise FileNotFoundError(f"no such file: {path}")
        if path.suffix.lower() == ".npz" and set(npz_names(path)) >= SAVED:
            return Recording._saved(path, bounds)
        found = read_trains(path, array=array, tick_s=tick_s, bounds=bounds)
        if found is None:
            raise Unreadable(
                f"{path.name}: expected spike times (such as time_s and unit, or a list for each unit), got "
                "none; counts and continuous signals are read by brainwright.Activity.load"
            )
        time_s = np.concatenate(found.times_s)
        if not len(time_s):
            raise Unreadable(f"{path.name}: expected spikes, got {len(found.names)} silent units")
        channel = np.repeat(np.arange(len(found.times_s)), [len(train) for train in found.times_s])
        stop_s = float(np.nextafter(time_s.max(), np.inf)) + 2 * TOLERANCE_S
        start_s = min(0.0, float(time_s.min()))
        dish = np.zeros(len(time_s), np.int32)
        return Recording(dish, channel, time_s, 1, len(found.names), start_s, stop_s)

    @staticmethod
    def _saved(path: Path, bounds: Bounds) -> "Recording":
        file = read_npz(path, bounds=bounds)
        shape, span_s = file["shape"], file["span_s"]
        if shape.shape != (3,) or shape.dtype.kind not in "iu" or span_s.shape != (2,):
            raise ValueError(f"{path}: expected shape of three whole numbers and span_s of two")
        if span_s.dtype.kind not in "iuf" or file["time_s"].dtype.kind not in "iuf":
            raise ValueError(f"{path}: expected numbers in span_s and time_s")
        version, n_dishes, n_channels = shape.tolist()
        if version != FORMAT_VERSION:
            raise ValueError(f"{path}: expected format version {FORMAT_VERSION}, got {version}")
        bounds.check("channels", n_channels, str(path))
        bounds.check_values(n_dishes * n_channels, path.stat().st_size, str(path))
        return Recording(
            file["dish"], file["channel"], file["time_s"], n_dishes, n_channels, *map(float, span_s)
        )

    def _select(self, keep: np.ndarray, *, start_s: float, stop_s: float) -> "Recording":
        return Recording(
            self.dish[keep],
            self.channel[keep],
            self.time_s[keep],
            self.n_dishes,
            self.n_channels,
            start_s,
            stop_s,
        )


def _column(values: object, name: str, dtype: type) -> np.ndarray:
    """A read-only one-dimensional view of `values`; lossless conversion only."""
    raw = np.asarray(values)
    if raw.ndim != 1:
        raise ValueError(f"Recording: expected {name} of shape [event], got shape {raw.shape}")
    if raw.size and dtype is np.int32 and raw.dtype.kind not in "iu":
        raise ValueError(f"Recording: expected whole numbers in {name}, got {raw.dtype}")
    fits = raw.dtype == dtype or not raw.size
    if dtype is np.int32 and not (fits or -(2**31) <= raw.min() <= raw.max() < 2**31):
        raise ValueError(f"Recording: expected {name} within 32 bits, got {raw.min()} to {raw.max()}")
    column = np.ascontiguousarray(raw, dtype).view()
    column.flags.writeable = False
    return column


def _check_index(index: np.ndarray, size: int, name: str, limit: str) -> None:
    if size < 1:
        raise ValueError(f"Recording: expected {limit} >= 1, got {size}")
    if len(index) and index.view(np.uint32).max() >= size:  # a negative index is seen as a very large one
        raise ValueError(
            f"Recording: expected 0 <= {name} < {limit} = {size}, got {index.min()} to {index.max()}"
        )
