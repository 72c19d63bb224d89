"""A user's own recording, whatever its format."""

from pathlib import Path

import numpy as np

from brainwright.datasets.activity import Activity
from brainwright.datasets.activity_files import read_array, read_splits, read_table
from brainwright.datasets.errors import DatasetError
from brainwright.datasets.nwb import read_nwb
from brainwright.untrusted import Bounds

SUFFIXES = (".csv", ".h5", ".hdf5", ".mat", ".npz", ".nwb")


def read_recording(
    path: Path,
    *,
    bin_s: float,
    array: str | None = None,
    tick_s: float | None = None,
    bounds: Bounds | None = None,
) -> Activity:
    """It returns the activity of a file: NWB, CSV (events or frames), NPZ or MAT (an array), HDF5 (NLB or
    LFADS layout).

    Whole numbers of 0 or more are taken for counts, other values for a continuous signal. Of an HDF5 file the
    training split alone is read: its other splits belong to its own benchmark.

    Args:
        path: of the file.
        bin_s: width of a bin in seconds; for frames with times of their own it is not needed, but given.
        array: name of the array (NPZ, MAT), of the group (HDF5) or of the source (NWB).
        tick_s: seconds of one step of the times of NWB and CSV files; where None they are taken for seconds,
            and refused where they cannot be.
        bounds: how much the file may unpack to.

    Raises:
        DatasetError: an unknown suffix, or whatever is wrong with the file.
    """
    suffix = path.suffix.lower()
    if suffix not in SUFFIXES:
        raise DatasetError(
            f"{path.name}: expected a file of {', '.join(SUFFIXES)}, got {suffix or 'no suffix'}"
        )
    if suffix == ".nwb":
        return read_nwb(path, bin_s=bin_s, source=array, tick_s=tick_s, bounds=bounds)
    if suffix == ".csv":
        return read_table(path, bin_s=bin_s, tick_s=tick_s, bounds=bounds)
    if suffix in (".h5", ".hdf5"):
        return read_splits(path, bin_s=bin_s, group=array or "/", bounds=bounds)["train"]
    if array is None:
        raise DatasetError(f"{path.name}: say which array holds the activity [bin, unit] (--array NAME)")
    raw = read_array(path, array, bin_s=bin_s, counts=False, bounds=bounds)
    known = raw.values[np.isfinite(raw.values)]
    counts = bool((known >= 0).all() and (known == np.round(known)).all())
    return Activity(raw.values, raw.bin_s, raw.unit_names, counts)
