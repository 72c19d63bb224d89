"""Activity in text tables: which columns hold times, units and frames."""

import numpy as np

from brainwright.datasets.errors import DatasetError
from brainwright.signal.seconds import ENOUGH, SAY, all_whole, why_no_seconds
from brainwright.signal.spike_files import TIMES, UNITS
from brainwright.signal.text_table import TextTable
from brainwright.signal.unit_names import first

TIME = "time_s"
"""Asked for where a table has none of the names of times."""


def time_of(table: TextTable) -> str:
    """It returns the name of the column that holds times."""
    return first(table.header, TIMES) or TIME


def unit_of(table: TextTable) -> str | None:
    """It returns the name of the column that holds the unit of each event; None in a table of frames."""
    return first(table.header, UNITS)


def events_and_units(table: TextTable, tick_s: float | None) -> tuple[np.ndarray, np.ndarray]:
    """It returns the times in seconds and names of the units, [event] each, of a table with a row per
    event.
    """
    time_s, unit = np.array(table.numbers(time_of(table))), np.array(table.texts(unit_of(table) or UNITS[0]))
    if tick_s is not None:
        return time_s * tick_s, unit
    doubt = why_no_seconds([np.sort(time_s[unit == name]) for name in np.unique(unit)])
    if doubt:
        raise DatasetError(f"{table.name}: {doubt}")
    return time_s, unit


def frames_and_units(table: TextTable, tick_s: float | None) -> tuple[np.ndarray, np.ndarray, list[str]]:
    """It returns the times [frame] in seconds, values [frame, unit] and names of units of a table with a row
    per frame.
    """
    time = time_of(table)
    time_s = np.array(table.numbers(time))
    names = [name for name in table.header if name and name != time]
    if not names:
        raise DatasetError(f"{table.name}: expected a column per unit beside {time}, got none")
    values = np.array([table.numbers(name, missing=True) for name in names], np.float64).T
    if tick_s is not None:
        return time_s * tick_s, values, names
    check_frame_times(time_s, table.name)
    return time_s, values, names


def check_frame_times(time_s: np.ndarray, source: str) -> None:
    """Refuses frames that are timed by whole numbers alone: their numbers, or milliseconds.

    Raises:
        DatasetError: of `ENOUGH` frames or more none lies between two whole numbers.
    """
    if len(time_s) >= ENOUGH and all_whole(time_s):
        raise DatasetError(
            f"{source}: all {len(time_s)} frames have whole numbers for times, up to {time_s.max():.0f}: "
            f"numbers of frames, or milliseconds, rather than seconds; {SAY}"
        )
