"""Recorded activity as an emulator takes it: [trial, bin, unit], NaN where missing, with splits that hold.

What cannot be right is refused here, before anything is trained. `activity_files` reads it from files.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from jaxtyping import Float

from brainwright.datasets.bins import bins_within, check_bins, check_width, count
from brainwright.datasets.errors import DatasetError
from brainwright.datasets.frames import on_grid
from brainwright.shown import Shown
from brainwright.signal import Recording
from brainwright.signal.native import native
from brainwright.signal.unit_names import in_order
from brainwright.untrusted import Bounds


@dataclass(frozen=True, eq=False, repr=False)
class Activity(Shown):
    """It holds the activity of units over time.

    Args:
        values: counts per bin, or a continuous signal; NaN where missing, [trial, bin, unit].
        bin_s: width of a bin in seconds.
        unit_names: one per unit, each once.
        counts: whether values are counts (whole numbers of 0 or more).
    """

    values: Float[np.ndarray, "trial bin unit"]
    bin_s: float
    unit_names: tuple[str, ...]
    counts: bool

    def __post_init__(self) -> None:
        if self.values.ndim != 3 or 0 in self.values.shape:
            raise DatasetError(f"expected activity [trial, bin, unit], got shape {self.values.shape}")
        object.__setattr__(self, "values", native(self.values))
        check_width(self.bin_s)
        names = self.unit_names
        if len(names) != self.values.shape[2] or len(set(names)) != len(names):
            raise DatasetError(
                f"expected {self.values.shape[2]} unit names, each once, got {len(names)} of which "
                f"{len(set(names))} differ"
            )
        _check_values(self.values, names, self.counts)

    def glance(self) -> dict[str, str]:
        """What it shows of itself: trials, bins, units, what the values are, how many are missing."""
        n_trials, n_bins, n_units = self.values.shape
        missing = np.isnan(self.values)
        facts = {
            "trials": f"{n_trials:,}",
            "bins": f"{n_bins:,} of {self.bin_s:g} s",
            "units": f"{n_units:,}",
            "values": "continuous",
            "missing": f"{missing.mean():.1%}",
        }
        if self.counts and not missing.all():
            facts["values"] = f"counts, {np.nanmean(self.values) / self.bin_s:.3g} Hz per unit"
        return facts

    @classmethod
    def load(cls, path, *, bin_s: float | None = None, array: str | None = None, **options) -> "Activity":
        """It reads any recording: NWB, CSV, NPZ, MATLAB, HDF5; see `read.read_recording`."""
        from brainwright.datasets.read import read_recording

        return read_recording(path, bin_s=bin_s, array=array, **options)

    @classmethod
    def of(cls, recording: Recording, bin_s: float, dish: int = 0) -> "Activity":
        """It counts the spikes of one dish in bins, one trial; channels without a spike are left out."""
        events = recording.of_dish(dish)
        return from_events(
            events.time_s, events.channel, bin_s=bin_s, start_s=events.start_s, stop_s=events.stop_s
        )

    def same_units(self, other: "Activity") -> None:
        """Raises DatasetError where another recording has other units: an emulator holds one set of them."""
        if self.unit_names != other.unit_names:
            raise DatasetError(
                f"expected the {len(self.unit_names)} units of the first recording, got "
                f"{len(other.unit_names)}: give the missing ones NaN, "
                "or train embeddings for the new session (`Emulator.for_units`)"
            )

    def windows(self, n_bins: int) -> "Activity":
        """It returns every trial cut into adjoining windows as trials of their own; what does not fill one is
        left out.

        Raises:
            DatasetError: trials shorter than a window.
        """
        have = self.values.shape[1]
        if not 1 <= n_bins <= have:
            raise DatasetError(
                f"expected windows of 1 to {have} bins, got {n_bins}: the recording is shorter than a window"
            )
        n = have // n_bins
        cut = self.values[:, : n * n_bins].reshape(-1, n_bins, self.values.shape[2])
        return replace(self, values=cut)

    def time_blocks(self, shares: Sequence[float], gap_bins: int = 0) -> list["Activity"]:
        """It returns consecutive parts of a long recording, `gap_bins` left out between two: the split by
        time.

        Args:
            shares: of the whole, adding up to 1; the last part is the latest.
            gap_bins: longer than the activity remembers, so that no part foretells the next.

        Raises:
            DatasetError: shares that do not add up, or parts that would be empty.
        """
        if min(shares, default=0) <= 0 or not np.isclose(sum(shares), 1):
            raise DatasetError(f"expected shares above 0 that add up to 1, got {list(shares)}")
        edges = np.round(np.cumsum([0, *shares]) * self.values.shape[1]).astype(int)
        starts = edges[:-1] + np.where(np.arange(len(shares)) > 0, gap_bins, 0)
        if (edges[1:] <= starts).any():
            raise DatasetError(f"a recording of {self.values.shape[1]} bins is too short for {list(shares)}")
        return [replace(self, values=self.values[:, a:b]) for a, b in zip(starts, edges[1:], strict=True)]


def from_events(
    time_s: np.ndarray,
    unit: np.ndarray,
    *,
    bin_s: float,
    start_s: float | None = None,
    stop_s: float | None = None,
    bounds: Bounds | None = None,
) -> Activity:
    """It returns counts of events in bins, one trial; units are named by their labels, in the order of
    `signal.unit_names.in_order`.

    Args:
        time_s: of each event, in any order.
        unit: label of each event.
        bin_s: width of a bin.
        start_s, stop_s: of the recording; the first and last event where None.
        bounds: on bins times units.

    Raises:
        DatasetError: a width that is none, no events, times that are not finite or lie outside the
            recording, more bins than the bounds.
    """
    check_width(bin_s)
    time_s, unit = numbers_of(time_s, np.float64), np.asarray(unit)
    if time_s.ndim != 1 or time_s.shape != unit.shape or not len(time_s):
        raise DatasetError(f"expected a time and a unit for each event, got {time_s.shape} and {unit.shape}")
    if unit.dtype.kind == "O" and not all(isinstance(label, str) for label in unit):
        raise DatasetError("expected a unit for each event, as text or as a number; some are missing")
    if not np.isfinite(time_s).all():
        raise DatasetError("expected finite event times in seconds, got NaN or infinity")
    start = float(time_s.min()) if start_s is None else start_s
    stop = float(time_s.max()) + bin_s if stop_s is None else stop_s
    if time_s.min() < start or time_s.max() >= stop:
        raise DatasetError(f"expected events in [{start}, {stop}) s, got {time_s.min()} to {time_s.max()} s")
    names, column = in_order(unit)
    n_bins = bins_within(start, stop, bin_s)
    check_bins(n_bins, len(names), len(time_s), (start, stop, bin_s), bounds)
    order = np.argsort(column, kind="stable")  # once, whatever the number of units
    trains = np.split(time_s[order], np.searchsorted(column[order], np.arange(1, len(names))))
    values = count(trains, np.array([start]), bin_s, n_bins)
    return Activity(values, bin_s, tuple(str(name) for name in names), counts=True)


def from_traces(time_s: np.ndarray, traces: np.ndarray, unit_names: Sequence[str] | None = None) -> Activity:
    """It takes a continuous signal (fluorescence) sampled at times that rise evenly, one trial.

    Frames that were left out are missing (NaN), so that those after them keep their times; see
    `frames.on_grid`.

    Args:
        time_s: of each frame.
        traces: [frame, unit], NaN where missing.
        unit_names: numbers where None.

    Raises:
        DatasetError: times that do not rise evenly or that change their unit, another number of frames.
    """
    step_s, values = on_grid(numbers_of(time_s, np.float64), numbers_of(traces, np.float32))
    names = tuple(map(str, unit_names)) if unit_names is not None else numbered(values.shape[1])
    return Activity(values[None], step_s, names, counts=False)


def numbers_of(values: object, dtype: type) -> np.ndarray:
    """It returns the values as an array of that type. Raises DatasetError for text or complex numbers."""
    array = np.asarray(values)
    if array.dtype.kind == "c":
        raise DatasetError("expected real numbers, got complex ones: choose the part or the magnitude")
    try:
        with np.errstate(over="ignore"):  # beyond float32 it is infinity, which is refused
            return array.astype(dtype)
    except (TypeError, ValueError, OverflowError) as error:
        raise DatasetError(f"expected numbers, got {array.dtype}: {error}") from error


def _check_values(values: np.ndarray, names: Sequence[str], counts: bool) -> None:
    finite = np.isfinite(values)
    if np.isinf(values).any():
        raise DatasetError("expected finite activity, NaN where missing; got infinity")
    recorded = np.asarray(finite.any((0, 1)))
    lost = [name for name, any_there in zip(names, recorded, strict=True) if not any_there]
    if lost:
        raise DatasetError(
            f"units without a single value: {', '.join(lost[:5])} ({len(lost)}); leave them out"
        )
    known = values[finite]
    if counts and ((known < 0).any() or (known != np.round(known)).any()):
        raise DatasetError(
            "expected counts, whole numbers of 0 or more; got others: are these rates, or dF/F?"
        )
    # one spike in every bin is activity, of which nothing is known but its rate; a flat trace is none
    least = np.zeros(1) if counts else np.nanmin(values, (0, 1))
    if not (np.nanmax(values, (0, 1)) > least).any():
        raise DatasetError("every unit is silent or constant: there is nothing to emulate")


def are_counts(values: np.ndarray) -> bool:
    """It says whether all that is known are whole numbers of 0 or more."""
    known = values[np.isfinite(values)]
    return bool((known >= 0).all() and (known == np.round(known)).all())


def numbered(n: int) -> tuple[str, ...]:
    return tuple(str(i) for i in range(n))
