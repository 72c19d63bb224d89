"""Activity from tables (CSV), and from HDF5 as the Neural Latents Benchmark and LFADS lay it out."""

from dataclasses import replace
from pathlib import Path

import numpy as np

from brainwright.datasets.activity import Activity, are_counts, from_events, from_traces, numbered, numbers_of
from brainwright.datasets.errors import DatasetError
from brainwright.datasets.frames import check_step
from brainwright.datasets.hdf5 import read_arrays
from brainwright.datasets.tables import events_and_units, frames_and_units, unit_of
from brainwright.signal.text_table import read_text_table
from brainwright.untrusted import Bounds, refused_as

# Names that both layouts use: LFADS "train_encod_data", the benchmark "train_spikes_heldin", ...
SPLITS = {"train": ("train",), "validation": ("valid",), "test": ("test", "eval")}
KINDS = ("encod_data", "recon_data", "data", "spikes")
KNOWN = {
    f"{prefix}_{kind}{part}"
    for prefixes in SPLITS.values()
    for prefix in prefixes
    for kind in KINDS
    for part in ("", "_heldin", "_heldout")
}


def read_table(
    path: Path, *, bin_s: float | None = None, tick_s: float | None = None, bounds: Bounds | None = None
) -> Activity:
    """It reads a CSV file: `time_s` and `unit` (a row per event), or `time_s` and a column per unit (frames:
    counts where all are whole numbers of 0 or more, else a continuous signal).

    Columns go by their names, in any order; other usual names of times and units (`t`, `timestamps`,
    `channel`, `cluster`; all are in `signal.spike_files`) are known too. Of a table of events the other
    columns are left out; of frames those without a name (the index that pandas writes). Names of units are
    kept as they stand: `007` is not `7`.

    Args:
        path: of the file, separated by commas, semicolons or tabs.
        bin_s: width of a bin, needed for events, whose bins begin at 0 (or the first event
            before it); of frames it must be that of their times, or None.
        tick_s: seconds of one step of `time_s`; where None, times that cannot be seconds are refused.
        bounds: on columns, and on what events become in bins.

    Raises:
        DatasetError: no such file or column, a cell that is no number, rows longer than the header, times in
            samples or milliseconds, frames of another step than `bin_s`, more than the bounds.
    """
    _must_be_there(path)
    with refused_as(DatasetError, path.name, "a CSV table"):
        table = read_text_table(path, DatasetError, bounds)
    if unit_of(table) is not None:
        time_s, unit = events_and_units(table, tick_s)
        start_s = min(0.0, float(np.min(time_s, initial=0.0)))  # as spike times of all other files
        return from_events(time_s, unit, bin_s=needed(path, bin_s), start_s=start_s, bounds=bounds)
    frames = from_traces(*frames_and_units(table, tick_s))
    check_step(bin_s, frames.bin_s, path.name)
    return replace(frames, counts=are_counts(frames.values))


def needed(path: Path, bin_s: float | None) -> float:
    """It returns the width of a bin. Raises DatasetError where it was not given."""
    if bin_s is None:
        raise DatasetError(
            f"{path.name}: expected the width of a bin in seconds (bin_s=0.05, or --bin-s 0.05), got none"
        )
    return bin_s


def read_splits(
    path: Path, *, bin_s: float, group: str = "/", bounds: Bounds | None = None
) -> dict[str, Activity]:
    """It returns counts of an HDF5 file in the layout of LFADS (`train_data`, `valid_encod_data`, ...) or of
    the Neural Latents Benchmark (`train_spikes_heldin` and `_heldout` joined; `eval_...` is the test), by
    split.

    Raises:
        DatasetError: no known array (the message names those that are there), splits of different units.
    """
    arrays = read_arrays(path, group, KNOWN, bounds)
    by_split = {}
    for split, prefixes in SPLITS.items():
        for name in (f"{prefix}_{kind}" for prefix in prefixes for kind in KINDS):
            parts = [arrays[key] for key in (name, f"{name}_heldin", f"{name}_heldout") if key in arrays]
            if parts and split not in by_split:
                if any(part.ndim != 3 for part in parts) or len({part.shape[:2] for part in parts}) != 1:
                    shapes = ", ".join(str(part.shape) for part in parts)
                    raise DatasetError(f"{path.name}: expected {name} as [trial, bin, unit], got {shapes}")
                values = np.concatenate([numbers_of(part, np.float32) for part in parts], axis=2)
                by_split[split] = Activity(values, bin_s, numbered(values.shape[2]), counts=True)
    if "train" not in by_split:
        raise DatasetError(f"{path.name}: expected train_data or train_spikes_heldin, got {sorted(arrays)}")
    for other in by_split.values():
        by_split["train"].same_units(other)
    return by_split


def _must_be_there(path: Path) -> None:
    if not path.is_file():
        raise DatasetError(f"no such file: {path}")
