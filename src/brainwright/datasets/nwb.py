"""Recordings from Neurodata Without Borders files (NWB 2), through pynwb: units, fluorescence, voltage."""

import importlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from brainwright.datasets.activity import Activity, count_bins, from_traces
from brainwright.datasets.errors import DatasetError
from brainwright.untrusted import Bounds, refused_as
from brainwright.untrusted.hdf5 import check_file

UNITS = "units"


def nwb_sources(path: Path) -> list[str]:
    """What of a file can be read, by name: `units`, `acquisition/voltage`, `ophys/DfOverF/RoiResponseSeries`.

    Raises:
        DatasetError: no such file, or no NWB.
        ImportError: pynwb is not installed.
    """
    with refused_as(DatasetError, path.name, "an NWB 2 file"), _opened(path) as file:
        return list(_sources(file))


def read_nwb(
    path: Path, *, bin_s: float | None = None, source: str | None = None, by_trial: bool = False
) -> Activity:
    """Counts of sorted units, or fluorescence or voltage averaged in bins, [trial, bin, unit].

    Bins outside a unit's `obs_intervals` are missing (NaN), not silent. Frames of a series keep their own
    times unless `bin_s` is wider than they are apart.

    Args:
        path: of the file.
        bin_s: width of a bin; must be given for units and for voltage.
        source: one of `nwb_sources`; needed where there are several and none is `units`.
        by_trial: cut at the starts of the table of trials, all to the length of the shortest; else one trial.

    Raises:
        DatasetError: no such file or source, none or several to choose from, a number of channels that does
            not match its table, times that do not rise or lie outside what was observed, no table of trials.
        ImportError: pynwb is not installed.
    """
    # values are read when they are looked at, and a broken file may raise anything there
    with refused_as(DatasetError, path.name, "an NWB 2 file"), _opened(path) as file:
        found = _sources(file)
        name = _chosen(path, found, source)
        frames = getattr(found[name], "neurodata_type", "") == "RoiResponseSeries"
        if bin_s is None and not frames:
            raise DatasetError(f"{path.name}: {name} needs the width of a bin in seconds (bin_s), got none")
        start, whole = _units(file.units, bin_s) if name == UNITS else _series(name, found[name], bin_s)
        if not by_trial:
            return whole
        return _cut(path, whole, start, file.trials)


class _opened:
    """An open file; says what to install, and what is no NWB."""

    def __init__(self, path: Path):
        if not path.is_file():
            raise DatasetError(f"expected an NWB file at {path}, got none")
        try:
            pynwb: Any = importlib.import_module("pynwb")
        except ImportError as error:
            raise ImportError(
                "reading NWB needs pynwb; install it with: pip install 'brainwright[nwb]'"
            ) from error
        check_file(path, DatasetError, Bounds(), "an NWB 2 file")
        try:
            self._io = pynwb.NWBHDF5IO(path, "r", load_namespaces=True)
            self._file = self._io.read()
        except Exception as error:  # hdmf raises many kinds, of which none is its own
            raise DatasetError(f"{path.name}: expected an NWB 2 file, got: {error}") from error

    def __enter__(self) -> Any:
        return self._file

    def __exit__(self, *error: object) -> None:
        self._io.close()


def _sources(file: Any) -> dict[str, Any]:
    """Name → table of units or series."""
    found: dict[str, Any] = {}
    if file.units is not None and len(file.units):
        found[UNITS] = file.units
    places = {"acquisition": file.acquisition} | {k: m.data_interfaces for k, m in file.processing.items()}
    for place, holders in places.items():
        for name, series in _within(holders):
            found[f"{place}/{name}"] = series
    return found


def _within(holders: Any) -> Iterator[tuple[str, Any]]:
    """Series, also those within a container (Fluorescence, DfOverF, LFP, FilteredEphys)."""
    for name, one in holders.items():
        if one.neurodata_type in ("ElectricalSeries", "RoiResponseSeries"):
            yield name, one
        for kind in ("electrical_series", "roi_response_series"):
            for inner, series in getattr(one, kind, {}).items():
                yield f"{name}/{inner}", series


def _chosen(path: Path, found: dict[str, Any], source: str | None) -> str:
    if not found:
        raise DatasetError(
            f"{path.name}: expected units, an ElectricalSeries or a RoiResponseSeries, got none of them"
        )
    if source is None and UNITS in found:
        return UNITS
    if source is None and len(found) == 1:
        return next(iter(found))
    if source not in found:
        raise DatasetError(f"{path.name}: expected source to be one of {', '.join(found)}; got {source!r}")
    return source


def _units(table: Any, bin_s: float | None) -> tuple[float, Activity]:
    """The time at which counts begin, and the counts."""
    assert bin_s is not None
    trains = [np.asarray(table.get_unit_spike_times(i), np.float64) for i in range(len(table))]
    names = tuple(str(i) for i in table.id[:])
    spans = [_observed(table, i) for i in range(len(table))]
    for name, train, span in zip(names, trains, spans, strict=True):
        _check_train(name, train, span)
    ends = [x for x in (*trains, *(s.ravel() for s in spans if s is not None)) if len(x)]
    if not ends:
        raise DatasetError("every unit is silent: there is nothing to emulate")
    start, stop = min(x.min() for x in ends), max(x.max() for x in ends)
    n_bins = count_bins(start, stop, bin_s, n_units=len(trains), n_events=sum(map(len, trains)))
    if n_bins < 1:
        raise DatasetError(f"a recording of {stop - start:g} s is shorter than a bin of {bin_s:g} s")
    edges = start + bin_s * np.arange(n_bins + 1)
    values = np.stack([np.histogram(train, edges)[0] for train in trains], axis=1).astype(np.float32)
    for column, span in enumerate(spans):
        if span is not None:
            values[~_covered(edges, span), column] = np.nan
    return float(start), Activity(values[None], bin_s, names, counts=True)


def _observed(table: Any, i: int) -> np.ndarray | None:
    """Intervals [interval, 2] in which the unit was recorded; None where the file does not say."""
    if "obs_intervals" not in table.colnames:
        return None
    span = np.asarray(table.get_unit_obs_intervals(i), np.float64).reshape(-1, 2)
    return span if len(span) else None


def _check_train(name: str, train: np.ndarray, span: np.ndarray | None) -> None:
    if not np.isfinite(train).all():
        raise DatasetError(f"unit {name}: expected finite spike times in seconds, got NaN or infinity")
    if (np.diff(train) < 0).any():
        raise DatasetError(
            f"unit {name}: expected spike times that rise, got {np.diff(train).min():g} s; sort them"
        )
    if span is not None and len(train):
        inside = ((train[:, None] >= span[:, 0] - 1e-6) & (train[:, None] <= span[:, 1] + 1e-6)).any(1)
        if not inside.all():
            raise DatasetError(
                f"unit {name}: {int((~inside).sum())} of {len(train)} spikes lie outside its obs_intervals "
                f"(to {span.max():g} s; spikes to {train.max():g}): are both in seconds?"
            )


def _covered(edges: np.ndarray, span: np.ndarray) -> np.ndarray:
    """Bins that lie wholly within one of the intervals."""
    low, high = edges[:-1, None] + 1e-9, edges[1:, None] - 1e-9
    return ((low >= span[:, 0]) & (high <= span[:, 1])).any(1)


def _series(name: str, series: Any, bin_s: float | None) -> tuple[float, Activity]:
    """The first time, and the signal."""
    data = np.asarray(series.data[:], np.float64)
    data = data[:, None] if data.ndim == 1 else data
    table = getattr(series, "rois", None) if hasattr(series, "rois") else getattr(series, "electrodes", None)
    if table is not None and len(table.data) != data.shape[1]:
        raise DatasetError(
            f"{name}: expected {len(table.data)} channels, as its table has rows, got {data.shape[1]}: did "
            "the number of channels change during the recording?"
        )
    scale = 1.0 if series.conversion is None else series.conversion
    per_channel = getattr(series, "channel_conversion", None)
    data = data * scale * (1.0 if per_channel is None else np.asarray(per_channel[:])) + (
        series.offset or 0.0
    )
    time_s = (
        np.asarray(series.timestamps[:], np.float64)
        if series.timestamps is not None
        else (series.starting_time or 0.0) + np.arange(len(data)) / series.rate
    )
    names = [str(i) for i in range(data.shape[1])] if table is None else [str(i) for i in table.data[:]]
    whole = from_traces(time_s, data, names)
    if bin_s is None or bin_s <= whole.bin_s:
        return float(time_s[0]), whole
    n = max(1, round(bin_s / whole.bin_s))
    kept = len(data) // n * n
    if not kept:
        raise DatasetError(f"{name}: a recording of {len(data)} frames is shorter than a bin of {bin_s:g} s")
    binned = whole.values[0, :kept].reshape(-1, n, data.shape[1]).mean(1)
    return float(time_s[0]), Activity(binned[None], n * whole.bin_s, whole.unit_names, counts=False)


def _cut(path: Path, whole: Activity, start_s: float, trials: Any) -> Activity:
    """One trial for each row of the table of trials, all as long as the shortest."""
    if trials is None or not len(trials):
        raise DatasetError(f"{path.name}: expected a table of trials (intervals/trials), got none")
    begins, ends = (np.asarray(trials[key][:], np.float64) for key in ("start_time", "stop_time"))
    if not (ends > begins).all():
        raise DatasetError(f"{path.name}: expected trials that end after they begin")
    n_bins = int((ends - begins).min() / whole.bin_s + 1e-9)
    first = np.round((begins - start_s) / whole.bin_s).astype(int)
    if n_bins < 1 or first.min() < 0 or (first + n_bins).max() > whole.values.shape[1]:
        raise DatasetError(
            f"{path.name}: expected trials of a bin or more within the recording, got trials of {n_bins} "
            f"bins, bins {first.min()} to {(first + n_bins).max()} of {whole.values.shape[1]}"
        )
    values = np.stack([whole.values[0, a : a + n_bins] for a in first])
    return Activity(values, whole.bin_s, whole.unit_names, whole.counts)
