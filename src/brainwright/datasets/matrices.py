"""Activity out of an array of a file: which array, which side is time, how wide a bin is."""

from math import prod
from pathlib import Path

import numpy as np

from brainwright.datasets.activity import Activity, are_counts, from_traces, numbered, numbers_of
from brainwright.datasets.activity_files import needed
from brainwright.datasets.bins import check_width
from brainwright.datasets.errors import DatasetError
from brainwright.datasets.frames import check_step
from brainwright.datasets.hdf5 import arrays_in, read_arrays
from brainwright.datasets.tables import check_frame_times
from brainwright.signal.unit_names import first, is_row, names_in
from brainwright.untrusted import Bounds, read_npz, refused_as
from brainwright.untrusted.mat import read_mat
from brainwright.untrusted.mat_contents import mat_contents
from brainwright.untrusted.npz import npz_names, npz_shapes

WIDTH = "bin_s"
CLOCK = ("time_s", "time", "times", "t", "timestamps")


def read_matrix(
    path: Path,
    array: str | None,
    *,
    bin_s: float | None = None,
    tick_s: float | None = None,
    bounds: Bounds | None = None,
) -> Activity:
    """It reads an array [bin, unit] or [trial, bin, unit] of an NPZ, MATLAB or HDF5 file.

    Args:
        path: of the file.
        array: its name; the only one of two or three dimensions where None.
        bin_s: width of a bin; where None the file must hold it as a number of that name, or the times of the
            bins (`time_s`). Where both are there they must agree.
        tick_s: seconds of one step of these times; where None, times that cannot be seconds are refused.
        bounds: how much the file may unpack to.

    Raises:
        DatasetError: no such array or several (they are named, with their shapes), no width of a bin, times
            in frames or milliseconds, an array whose bins the names of units belong to,
            times of another step than `bin_s`.
    """
    with refused_as(DatasetError, path.name, "a recording"):
        shapes = shapes_in(path)
        name = array or only(path, shapes)
        values = numbers_of(_read(path, name, shapes, bounds), np.float32)
        width_s = _width(path, shapes, bounds)
        clock = first([n for n, shape in shapes.items() if is_row(shape)], CLOCK)
        time_s = None if clock is None else np.ravel(_read(path, clock, shapes, bounds)).astype(float)
        names = names_in(path, bounds)
    counts = are_counts(values)
    if time_s is not None and values.ndim == 2 and len(time_s) in values.shape:
        values = values if len(time_s) == values.shape[0] else values.T
        if tick_s is None:
            check_frame_times(time_s, path.name)
        else:
            time_s = time_s * tick_s
        named = names if len(names) == values.shape[1] else numbered(values.shape[1])
        signal = from_traces(time_s, values, named)
        check_step(bin_s, signal.bin_s, path.name)
        check_step(width_s, signal.bin_s, path.name)
        return Activity(signal.values, signal.bin_s, signal.unit_names, counts)
    if width_s is not None:
        check_step(bin_s, width_s, path.name)
    bin_s = needed(path, width_s if bin_s is None else bin_s)
    values = values[None] if values.ndim == 2 else values
    if values.ndim != 3:
        raise DatasetError(
            f"{path.name}: expected {name} as [bin, unit] or [trial, bin, unit], got {values.shape}"
        )
    n_bins, n = values.shape[1:]
    if len(names) == n_bins != n:
        raise DatasetError(
            f"{path.name}: names of {n_bins} units, but {name} as [bin, unit] has {n} units: transpose it"
        )
    return Activity(values, bin_s, names if len(names) == n else numbered(n), counts)


def _width(path: Path, shapes: dict[str, tuple[int, ...]], bounds: Bounds | None) -> float | None:
    """The width of a bin that a file names itself, in seconds; None where it names none."""
    if prod(shapes.get(WIDTH, (0,))) != 1:
        return None
    width_s = numbers_of(_read(path, WIDTH, shapes, bounds), np.float64).item()
    check_width(width_s)
    return width_s


def shapes_in(path: Path) -> dict[str, tuple[int, ...]]:
    """Name → shape of every array of numbers in a file."""
    suffix = path.suffix.lower()
    if suffix == ".mat":
        kinds = mat_contents(path).items()
        return {name: shape for name, (kind, shape) in kinds if kind in ("numbers", "sparse")}
    return npz_shapes(path) if suffix == ".npz" else arrays_in(path)


def only(path: Path, shapes: dict[str, tuple[int, ...]]) -> str:
    """The only array that may be activity: two or three dimensions, none of them 1."""
    fit = [name for name, shape in shapes.items() if len(shape) in (2, 3) and min(shape) > 1]
    if path.suffix.lower() == ".mat":  # of which some versions say no shape
        fit += [name for name, shape in shapes.items() if not shape]
    if len(fit) != 1:
        listed = ", ".join(f"{name} {list(shape)}" for name, shape in shapes.items() if prod(shape) > 1)
        raise DatasetError(
            f"{path.name}: say which array holds the activity [bin, unit] (array=NAME, or --array NAME): "
            f"there is {listed or 'none'}"
        )
    return fit[0]


def _read(path: Path, name: str, shapes: dict[str, tuple[int, ...]], bounds: Bounds | None) -> np.ndarray:
    suffix = path.suffix.lower()
    if suffix == ".mat":
        return read_mat(path, name, bounds)
    there = npz_names(path) if suffix == ".npz" else list(shapes)
    if name not in there:
        raise DatasetError(f"{path.name}: expected an array {name!r}, got {sorted(there)}")
    if suffix == ".npz":
        return read_npz(path, only=[name], bounds=bounds)[name]
    group, _, last = name.rpartition("/")
    return read_arrays(path, group or "/", [last], bounds)[last]
