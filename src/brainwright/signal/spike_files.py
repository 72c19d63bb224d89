"""Spike times out of the files of laboratories: NPZ, MATLAB, HDF5 (the units of NWB, too), tables."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

from brainwright.signal.seconds import why_no_seconds
from brainwright.signal.text_table import read_text_table
from brainwright.signal.unit_names import NAMES, first, in_order, label_text, names_in, numbers_last
from brainwright.untrusted import Bounds, Unreadable, read_npz
from brainwright.untrusted.hdf5_rows import hdf5_rows
from brainwright.untrusted.mat import read_mat
from brainwright.untrusted.mat_contents import mat_contents, read_mat_list
from brainwright.untrusted.npz import npz_names

TIMES = ("time_s", "time", "times", "spike_times", "spike_time", "timestamps", "spiketimes", "t")
UNITS = ("unit", "units", "channel", "channels", "spike_clusters", "cluster", "clusters", "neuron", "id")
COUNTS = ("spike_counts", "n_spikes", "counts")
INDEX = ("spike_times_index", "index", "offsets", "ends")
TRAINS = ("spikes", "spike_times", "spiketimes", "trains", "times")
"""Names under which these are kept, the likeliest first."""
SUFFIXES = (".npz", ".mat", ".h5", ".hdf5", ".nwb", ".csv", ".tsv", ".txt")


class Trains(NamedTuple):
    """Spike times in seconds of each unit, rising, and the names of units."""

    names: tuple[str, ...]
    times_s: list[np.ndarray]


def read_trains(
    path: str | Path, *, array: str | None = None, tick_s: float | None = None, bounds: Bounds | None = None
) -> Trains | None:
    """It returns the spike times of a file; None where it holds none in a known layout.

    Layouts: a time and a unit for each event (`time_s` and `unit`, and names like them); the times of all
    units in a row, with the number of each (`spike_counts`) or where each ends (`spike_times_index`, as NWB);
    a cell array with a list for each unit (MATLAB); an array for each unit (NPZ, a group of HDF5).

    Args:
        path: the file.
        array: name of the cell array (MATLAB) or of the group (HDF5).
        tick_s: seconds of one step of the times; where None they are seconds, and refused where they cannot
            be.
        bounds: how much the file may unpack to.

    Raises:
        ValueError: no such file, one that cannot be read, times that are no seconds.
    """
    path = Path(path)
    if not path.is_file():
        raise Unreadable(f"no such file: {path}")
    suffix = path.suffix.lower()
    if suffix in (".csv", ".tsv", ".txt"):
        found = _of_table(path, bounds)
    elif suffix == ".mat":
        found = _of_mat(path, array, bounds)
    elif suffix == ".npz":
        found = _of_arrays(_flat(path, bounds), path.name)
    elif suffix in (".h5", ".hdf5", ".nwb"):
        found = _of_hdf5(path, array, bounds)
    else:
        raise Unreadable(
            f"{path.name}: expected a file of {', '.join(SUFFIXES)}, got {suffix or 'no suffix'}"
        )
    if found is None:
        return None
    times = [np.sort(np.asarray(train, float)) for train in found.times_s]
    if not all(np.isfinite(train).all() for train in times):
        raise Unreadable(f"{path.name}: expected finite spike times, got NaN or infinity")
    if tick_s is None and (doubt := why_no_seconds(times)):
        raise Unreadable(f"{path.name}: {doubt}")
    return Trains(found.names, [train * (tick_s or 1.0) for train in times])


def _flat(path: Path, bounds: Bounds | None) -> dict[str, np.ndarray]:
    """The arrays of one dimension that may be spikes; what else there is stays unread."""
    return read_npz(path, only=_spikes_among(npz_names(path)), bounds=bounds)


def _of_arrays(arrays: Mapping[str, np.ndarray], file: str) -> Trains | None:
    row = {name: np.ravel(a) for name, a in arrays.items() if a.size == max(a.shape, default=0)}
    numbers = {name: a for name, a in row.items() if a.dtype.kind in "iuf"}
    time = first(numbers, TIMES)
    if time is None:
        return _one_each(arrays)
    names = row.get(first(row, NAMES) or "")
    counts, ends, unit = (first(row, kind) for kind in (COUNTS, INDEX, UNITS))
    if counts is not None and row[counts].sum() == len(row[time]):
        return _split(row[time], np.cumsum(row[counts]), names)
    if ends is not None and len(row[ends]) and row[ends][-1] == len(row[time]):
        return _split(row[time], row[ends], names)
    if unit is not None and len(row[unit]) == len(row[time]):
        return by_unit(row[time], row[unit])
    return None


def _split(times: np.ndarray, ends: np.ndarray, names: np.ndarray | None) -> Trains | None:
    ends = ends.astype(np.int64)
    if (np.diff(ends, prepend=0) < 0).any():
        return None
    trains = np.split(times, ends[:-1])
    named = names is not None and len(names) == len(trains)
    said = tuple(map(label_text, names)) if named and names is not None else ()
    return Trains(said if len(set(said)) == len(trains) else _numbered(len(trains)), trains)


def by_unit(times: np.ndarray, unit: np.ndarray) -> Trains:
    """The events of each unit, named by its label, in the order of `in_order`."""
    labels, column = in_order(unit)
    order = np.argsort(column, kind="stable")
    trains = np.split(times[order], np.searchsorted(column[order], np.arange(1, len(labels))))
    return Trains(tuple(map(label_text, labels)), trains)


def _one_each(arrays: Mapping[str, np.ndarray]) -> Trains | None:
    """An array for each unit: all of one dimension, rising, and not all of one length (which are signals)."""
    lists = {name: a for name, a in arrays.items() if a.ndim == 1 and a.dtype.kind in "iuf"}
    if len(lists) != len(arrays) or len({len(a) for a in lists.values()}) < 2:
        return None
    return Trains(tuple(lists), [*lists.values()]) if all(map(_rises, lists.values())) else None


def _rises(train: np.ndarray) -> bool:
    return bool((np.diff(train) >= 0).all())


def _of_mat(path: Path, array: str | None, bounds: Bounds | None) -> Trains | None:
    there = mat_contents(path)
    cells = [name for name, content in there.items() if content.kind == "cell"]
    numeric = {name for name, content in there.items() if content.kind == "numbers"}
    time, unit = first([*numeric], TIMES), first([*numeric], UNITS)
    if array is None and time and unit and there[time].shape == there[unit].shape:
        return by_unit(read_mat(path, time, bounds).ravel(), read_mat(path, unit, bounds).ravel())
    chosen = array if array in cells else first(cells, TRAINS) if array is None else None
    chosen = chosen or (cells[0] if array is None and len(cells) == 1 else None)
    if chosen is None:
        return None
    items = read_mat_list(path, chosen, bounds)
    trains = [item.ravel() for item in items if isinstance(item, np.ndarray)]
    if len(trains) != len(items) or not trains or not all(map(_rises, trains)):
        return None
    shape = there[chosen].shape
    if sum(n > 1 for n in shape) > 1:
        raise Unreadable(
            f"{path.name}: expected a cell array with a list of spike times for each unit, got {chosen!r} of "
            f"{' x '.join(map(str, shape))} lists, such as [trial, unit]; save one trial, or counts "
            "[trial, bin, unit]"
        )
    names = names_in(path, bounds)
    return Trains(names if len(names) == len(trains) else _numbered(len(trains)), trains)


def _of_hdf5(path: Path, group: str | None, bounds: Bounds | None) -> Trains | None:
    rows = hdf5_rows(path, group, bounds, only=_spikes_among)
    if rows is None:
        return None
    # names in HDF5 come in alphabetical order: unit_10 before unit_2
    return _of_arrays({name: rows[name] for name in sorted(rows, key=numbers_last)}, path.name)


def _spikes_among(names: Sequence[str]) -> Sequence[str]:
    """Those that matter where one has the name of times; else all."""
    known = [name for name in names if name.lower() in {*TIMES, *UNITS, *COUNTS, *INDEX, *NAMES}]
    return known if first(names, TIMES) else names


def _of_table(path: Path, bounds: Bounds | None) -> Trains | None:
    table = read_text_table(path, Unreadable, bounds)
    time, unit = first(table.header, TIMES), first(table.header, UNITS)
    if time is None or unit is None:
        return None
    return by_unit(np.array(table.numbers(time)), np.array(table.texts(unit)))


def _numbered(n: int) -> tuple[str, ...]:
    return tuple(map(str, range(n)))
