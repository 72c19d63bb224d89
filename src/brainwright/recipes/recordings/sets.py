"""Which recordings are forecast together, and how large the networks are."""

from collections.abc import Callable, Mapping

from brainwright.datasets import MissingData, recordings
from brainwright.datasets.activity import Activity
from brainwright.emulator.forecast import RecordingFile, RecordingSet, Size, set_of_file

from . import Config

QUICK_UPDATES, QUICK_RECORDINGS = 5, 2
"""As little as shows that training, weighting and an interval over recordings work: such a run says nothing
of how well anything forecasts.
"""
SETS: Mapping[str, RecordingSet] = {
    "worm": RecordingSet(
        "Worms, calcium of named neurons (Dag et al. 2023)",
        recordings.worms,
        n_seen=48,
        n_ahead=16,
        size=Size(updates=100, network_updates=100),
        trials=False,
        what="skill over the mean of the 29 s that were seen; 0.6 s a frame, 16 frames ahead",
    ),
    "culture": RecordingSet(
        "Cultures on electrode arrays, 21 days old (Charlesworth et al. 2015)",
        recordings.cultures,
        n_seen=50,
        n_ahead=10,
        size=Size(updates=200, network_updates=200, stride=15),
        trials=False,
        what="bits per spike over each unit's mean; 0.1 s a bin, 50 seen, 10 ahead",
    ),
    "reach": RecordingSet(
        "Monkey, centre-out reaches (Dyer et al. 2017)",
        recordings.reaches,
        n_seen=16,
        n_ahead=15,
        size=Size(updates=150, network_updates=150, size=1),
        trials=True,
        what="bits per spike over each unit's mean; 16 bins seen, 15 ahead (the file's bins overlap)",
    ),
}


def chosen(config: Config) -> dict[str, RecordingSet]:
    """The sets of a run: the user's own file, or those whose files are here.

    Raises:
        MissingData: not a single file is here.
        DatasetError: a recording that cannot be used; says why.
    """
    if config.data is not None:
        file = RecordingFile(config.data, config.bin_s, config.array)
        sets = {"file": set_of_file(file, n_seen=config.seen, n_ahead=config.ahead)}
    else:
        sets = {name: records for name, records in SETS.items() if is_here(records.load)}
    if not sets:
        raise MissingData(
            "no recording is here: set BRAINWRIGHT_DATA to the folder of data sets, or give --data"
        )
    if not config.quick:
        return sets
    name, first = next(iter(sets.items()))  # all of them take minutes
    return {name: first.smaller(QUICK_UPDATES, QUICK_RECORDINGS)}


def is_here(load: Callable[[], Mapping[str, Activity]]) -> bool:
    """Whether any of the files of a set is here."""
    try:
        return bool(load())
    except MissingData:
        return False
