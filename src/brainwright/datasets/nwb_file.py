"""What Neurodata Without Borders files hold (NWB 2; Rubel et al. 2022, eLife 11:e78362), by one set of rules.

Both readers stand on it: `datasets.nwb` (activity in bins) and the tissue's (`Recording`).
"""

import importlib
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from brainwright.datasets.errors import DatasetError
from brainwright.datasets.nwb_series import Series, checked_series
from brainwright.signal.clock import TOLERANCE_S
from brainwright.signal.seconds import why_no_seconds
from brainwright.untrusted import Bounds, refused_as
from brainwright.untrusted.hdf5 import check_file

UNITS = "units"
NWB = "an NWB 2 file"
VOLTAGE, FLUORESCENCE = "ElectricalSeries", "RoiResponseSeries"
FAR = 100.0  # spikes beyond so many times the last trial's end are in another unit of time


@dataclass(frozen=True)
class Trains:
    """Of each sorted unit it holds the spikes [event] and observed intervals [interval, 2], None where not
    said.
    """

    names: tuple[str, ...]
    times_s: list[np.ndarray]
    spans: list[np.ndarray | None]

    def interval_s(self) -> tuple[float, float]:
        """It is the recorded interval: what was observed, and where the file does not say, first to last
        spike.
        """
        ends = [x for x in (*self.times_s, *(s.ravel() for s in self.spans if s is not None)) if len(x)]
        if not ends:
            raise DatasetError("every unit is silent: there is nothing to emulate")
        return float(min(x.min() for x in ends)), float(max(x.max() for x in ends))


@contextmanager
def opened(path: Path, bounds: Bounds | None = None) -> Generator[Any]:
    """It returns the file as pynwb reads it, once every data set of it was looked at.

    Raises:
        DatasetError: no such file, or no NWB, or one that links to other files or is beyond the bounds; also
            where a value cannot be read later on.
        ImportError: pynwb is not installed.
    """
    if not path.is_file():
        raise DatasetError(f"expected an NWB file at {path}, got none")
    try:
        pynwb: Any = importlib.import_module("pynwb")
    except ImportError as error:
        raise ImportError(
            "reading NWB needs pynwb; install it with: pip install 'brainwright[nwb]'"
        ) from error
    check_file(path, DatasetError, bounds or Bounds(), NWB)
    # hdmf raises many kinds, of which none is its own, also when a value is looked at
    with refused_as(DatasetError, path.name, NWB), pynwb.NWBHDF5IO(path, "r", load_namespaces=True) as io:
        yield io.read()


def sources(file: Any, kinds: tuple[str, ...] = (VOLTAGE, FLUORESCENCE)) -> dict[str, Any]:
    """It returns name → table of units that have spike times, or series of these kinds, wherever in the
    file.
    """
    by_name: dict[str, Any] = {}
    if has_spikes(file.units):
        by_name[UNITS] = file.units
    places = {"acquisition": file.acquisition} | {k: m.data_interfaces for k, m in file.processing.items()}
    for place, holders in places.items():
        for name, series in _within(holders, kinds):
            by_name[f"{place}/{name}"] = series
    return by_name


def has_spikes(units: Any) -> bool:
    """It says whether a table of units is there and holds spike times."""
    return units is not None and len(units) > 0 and "spike_times" in units.colnames


def _within(holders: Any, kinds: tuple[str, ...]) -> Iterator[tuple[str, Any]]:
    """It yields series, also those within a container (Fluorescence, DfOverF, LFP, FilteredEphys)."""
    for name, holder in holders.items():
        if holder.neurodata_type in kinds:
            yield name, holder
        for kind in ("electrical_series", "roi_response_series"):
            for inner, series in getattr(holder, kind, {}).items():
                if series.neurodata_type in kinds:
                    yield f"{name}/{inner}", series


def chosen(
    path: Path, file: Any, source: str | None, kinds: tuple[str, ...] = (VOLTAGE, FLUORESCENCE)
) -> str:
    """It says which source to read: the one named, else the units, else the only series.

    Raises:
        DatasetError: none, several without a name (the message lists them), or no such name.
    """
    by_name = sources(file, kinds)
    if not by_name:
        without = file.units is not None and len(file.units)
        units = f"units without spike_times ({', '.join(file.units.colnames)})" if without else "none of them"
        elsewhere = ", ".join([*file.acquisition, *file.processing]) or "nothing else"
        raise DatasetError(
            f"{path.name}: expected units, or an {' or a '.join(kinds)}, got {units} and {elsewhere}"
        )
    if source is None and UNITS in by_name:
        return UNITS
    if source is None and len(by_name) == 1:
        return next(iter(by_name))
    if source not in by_name:
        raise DatasetError(f"{path.name}: expected source to be one of {', '.join(by_name)}; got {source!r}")
    return source


def trains_of(path: Path, file: Any, tick_s: float | None = None) -> Trains:
    """It returns the sorted units.

    Args:
        tick_s: seconds of one step of the spike times; where None they are taken for seconds, and refused
            where they cannot be.

    Raises:
        DatasetError: times that are NaN, fall, are no seconds or lie outside what was observed.
    """
    table, scale = file.units, 1.0 if tick_s is None else tick_s
    times = [np.asarray(table.get_unit_spike_times(i), np.float64).ravel() * scale for i in range(len(table))]
    names = tuple(str(i) for i in table.id[:])
    spans = [_observed(table, i, name) for i, name in enumerate(names)]
    for name, train in zip(names, times, strict=True):
        _check_rising(name, train)
    doubt = why_no_seconds(times) if tick_s is None else None
    doubt = doubt or _beyond_trials(times, file)
    if doubt:
        raise DatasetError(f"{path.name}: units: {doubt}")
    for name, train, span in zip(names, times, spans, strict=True):
        _check_observed(name, train, span)
    return Trains(names, times, spans)


def series_of(name: str, series: Any) -> Series:
    """It returns a series, checked against its table and its clock; see `nwb_series`."""
    return checked_series(name, series)


def trials_of(path: Path, file: Any) -> tuple[np.ndarray, np.ndarray]:
    """It returns start and end of each trial in seconds. Raises DatasetError where there is no table of
    trials.
    """
    if file.trials is None or not len(file.trials):
        raise DatasetError(f"{path.name}: expected a table of trials (intervals/trials), got none")
    begins, ends = (np.asarray(file.trials[key][:], np.float64) for key in ("start_time", "stop_time"))
    if not (np.isfinite(begins).all() and np.isfinite(ends).all() and (ends > begins).all()):
        raise DatasetError(f"{path.name}: expected trials that end after they begin")
    return begins, ends


def _observed(table: Any, i: int, name: str) -> np.ndarray | None:
    """It returns the intervals [interval, 2] in which the unit was recorded; None where the file does not
    say.
    """
    if "obs_intervals" not in table.colnames:
        return None
    span = np.asarray(table.get_unit_obs_intervals(i), np.float64).reshape(-1, 2)
    if not (np.isfinite(span).all() and (span[:, 1] > span[:, 0]).all()):
        raise DatasetError(
            f"unit {name}: expected obs_intervals that end after they begin, got {span.tolist()[:3]}"
        )
    return span if len(span) else None


def _check_rising(name: str, train: np.ndarray) -> None:
    if not np.isfinite(train).all():
        raise DatasetError(f"unit {name}: expected finite spike times in seconds, got NaN or infinity")
    falls = np.flatnonzero(np.diff(train) < 0)
    if len(falls):
        before, after = train[falls[0]], train[falls[0] + 1]
        raise DatasetError(
            f"unit {name}: expected spike times that rise, got {before:g} s and then "
            f"{after:g} s; the clock jumped or the file is spoiled: cut it there, or sort it knowingly"
        )


def _check_observed(name: str, train: np.ndarray, span: np.ndarray | None) -> None:
    if span is None or not len(train):
        return
    inside = (
        (train[:, None] >= span[:, 0] - TOLERANCE_S) & (train[:, None] <= span[:, 1] + TOLERANCE_S)
    ).any(1)
    if not inside.all():
        raise DatasetError(
            f"unit {name}: {int((~inside).sum())} of {len(train)} spikes lie outside its obs_intervals "
            f"(to {span.max():g} s; spikes to {train.max():g}): are both in seconds?"
        )


def _beyond_trials(trains: list[np.ndarray], file: Any) -> str | None:
    if file.trials is None or not len(file.trials):
        return None
    ends = np.asarray(file.trials["stop_time"][:], np.float64)
    last, end = max((float(t.max()) for t in trains if len(t)), default=0.0), float(np.nanmax(ends))
    if end > 0 and last > FAR * end:
        return f"spikes to {last:g}, trials to {end:g} s: are both in seconds?"
    return None
