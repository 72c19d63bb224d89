"""A user's own recording, whatever its format."""

from pathlib import Path

import numpy as np

from brainwright.datasets.activity import Activity, from_events
from brainwright.datasets.activity_files import needed, read_splits, read_table
from brainwright.datasets.bins import check_width
from brainwright.datasets.errors import DatasetError
from brainwright.datasets.hdf5 import has_splits, is_group
from brainwright.datasets.matrices import read_matrix
from brainwright.datasets.nwb import read_nwb
from brainwright.signal.spike_files import Trains, read_trains
from brainwright.untrusted import Bounds, refused_as
from brainwright.untrusted.mat_contents import Content, mat_contents

SUFFIXES = (".csv", ".tsv", ".txt", ".h5", ".hdf5", ".mat", ".npz", ".nwb")


def read_recording(
    path: str | Path,
    *,
    bin_s: float | None = None,
    array: str | None = None,
    tick_s: float | None = None,
    bounds: Bounds | None = None,
) -> Activity:
    """It returns the activity of a file: NWB; CSV and TSV (events or frames); NPZ, MATLAB and HDF5 with spike
    times, an array of counts or a continuous signal; HDF5 in the layout of NLB or LFADS.

    Whole numbers of 0 or more are taken for counts, other values for a continuous signal. Arrays are [bin,
    unit] or [trial, bin, unit]; where the file has the times of the bins (`time_s`), these tell which side is
    time, and how wide a bin is. Of an HDF5 file with splits the training split alone is read: its other
    splits belong to its own benchmark.

    Args:
        path: of the file.
        bin_s: width of a bin in seconds; needed for spike times and for arrays without times of their own;
            refused where the file's own times have another step.
        array: name of the array (NPZ, MAT, HDF5), of a cell array of spike times, of a group (HDF5) or of the
            source (NWB).
        tick_s: seconds of one step of the times in the file; where None they are taken for seconds, and
            refused where they cannot be.
        bounds: how much the file may unpack to.

    Raises:
        DatasetError: a width that is no number above 0, no such file, an unknown suffix, several arrays to
            choose from (they are named, with their shapes), or whatever is wrong with the file.
    """
    if bin_s is not None:
        check_width(bin_s)
    path = Path(path)
    suffix = path.suffix.lower()
    if not path.is_file():
        raise DatasetError(f"no such file: {path}")
    if suffix not in SUFFIXES:
        raise DatasetError(
            f"{path.name}: expected a file of {', '.join(SUFFIXES)}, got {suffix or 'no suffix'}"
        )
    if suffix == ".nwb":
        return read_nwb(path, bin_s=bin_s, source=array, tick_s=tick_s, bounds=bounds)
    if suffix in (".csv", ".tsv", ".txt"):
        return read_table(path, bin_s=bin_s, tick_s=tick_s, bounds=bounds)
    with refused_as(DatasetError, path.name, "a recording"):
        trains = None
        if _may_hold_trains(path, array):
            trains = read_trains(path, array=array, tick_s=tick_s, bounds=bounds)
    if trains is not None:
        return of_trains(trains, needed(path, bin_s), bounds)
    if suffix in (".h5", ".hdf5") and has_splits(path, array or "/"):
        return read_splits(path, bin_s=needed(path, bin_s), group=array or "/", bounds=bounds)["train"]
    return read_matrix(path, array, bin_s=bin_s, tick_s=tick_s, bounds=bounds)


def _may_hold_trains(path: Path, array: str | None) -> bool:
    """It says whether spike times may be meant: nothing was named, or a cell array or a group was."""
    if array is None:
        return True
    suffix = path.suffix.lower()
    return (suffix == ".mat" and mat_contents(path).get(array, Content("", ())).kind == "cell") or (
        suffix in (".h5", ".hdf5") and is_group(path, array)
    )


def of_trains(trains: Trains, bin_s: float, bounds: Bounds | None = None) -> Activity:
    """It counts spikes in bins from 0 (or the first spike), one trial; silent units are left out."""
    loud = [k for k, train in enumerate(trains.times_s) if len(train)]
    if not loud:
        raise DatasetError(f"expected spikes, got {len(trains.names)} silent units")
    time_s = np.concatenate([trains.times_s[k] for k in loud])
    unit = np.repeat(np.arange(len(loud)), [len(trains.times_s[k]) for k in loud])
    start = min(0.0, float(time_s.min()))
    counted = from_events(time_s, unit, bin_s=bin_s, start_s=start, bounds=bounds)
    return Activity(counted.values, bin_s, tuple(trains.names[k] for k in loud), counts=True)
