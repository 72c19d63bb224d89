"""Which recordings are forecast together, how they are split, and how large the networks are."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import cache
from itertools import islice
from pathlib import Path

from brainwright.datasets import MissingData, recordings
from brainwright.datasets.activity import Activity
from brainwright.datasets.read import read_recording
from brainwright.emulator import Question
from brainwright.emulator.forecast import SHARES, Size, by_time, by_trial

from . import Config

QUICK_UPDATES, QUICK_RECORDINGS = 5, 2


@dataclass(frozen=True)
class Set:
    """Recordings that are forecast together.

    Attributes:
        title: for the page.
        load: the recordings by name.
        n_seen, n_ahead: bins of a window (of trials what is left of them is forecast).
        size: of the networks.
        trials: split by trial, or by blocks of time.
        what: the score.
        most: recordings used at most.
    """

    title: str
    load: Callable[[], Mapping[str, Activity]]
    n_seen: int
    n_ahead: int
    size: Size
    trials: bool
    what: str
    most: int | None = None

    def quick(self) -> "Set":
        """The same, small: to see that all works."""
        n = QUICK_UPDATES
        size = replace(self.size, updates=n, network_updates=n, dynamics_updates=n)
        return replace(self, size=size, most=QUICK_RECORDINGS)


SETS: Mapping[str, Set] = {
    "worm": Set(
        "Worms, calcium of named neurons (Dag et al. 2023)",
        recordings.worms,
        n_seen=48,
        n_ahead=16,
        size=Size(updates=100, network_updates=100),
        trials=False,
        what="skill over the mean of the 29 s that were seen; 0.6 s a frame, 16 frames ahead",
    ),
    "culture": Set(
        "Cultures on electrode arrays, 21 days old (Charlesworth et al. 2015)",
        recordings.cultures,
        n_seen=50,
        n_ahead=10,
        size=Size(updates=200, network_updates=200, stride=15),
        trials=False,
        what="bits per spike over each unit's mean; 0.1 s a bin, 50 seen, 10 ahead",
    ),
    "reach": Set(
        "Monkey, centre-out reaches (Dyer et al. 2017)",
        recordings.reaches,
        n_seen=16,
        n_ahead=15,
        size=Size(updates=150, network_updates=150, size=1),
        trials=True,
        what="bits per spike over each unit's mean; 16 bins seen, 15 ahead (the file's bins overlap)",
    ),
}


@dataclass(frozen=True)
class File:
    """A recording of the user's own, read when it is called."""

    path: Path
    bin_s: float
    array: str | None

    def __call__(self) -> dict[str, Activity]:
        """The recording by the file's name. Raises DatasetError."""
        return {self.path.stem: read_recording(self.path, bin_s=self.bin_s, array=self.array)}


def chosen(config: Config) -> dict[str, Set]:
    """The sets of a run: the user's own file, or those whose files are here.

    Raises:
        MissingData: not a single file is here.
        DatasetError: a recording that cannot be used; says why.
    """
    if config.data is not None:
        sets = {"file": of_file(config.data, config)}
    else:
        sets = {name: kind for name, kind in SETS.items() if found(kind.load)}
    if not sets:
        raise MissingData(
            "no recording is here: set BRAINWRIGHT_DATA to the folder of data sets, or give --data"
        )
    return {name: kind.quick() for name, kind in sets.items()} if config.quick else sets


def of_file(path: Path, config: Config) -> Set:
    """A file as a set of its own: trials are seen up to their middle, a long recording is cut in windows."""
    load = File(path, config.bin_s, config.array)
    whole = load()[path.stem]
    n_trials, n_bins, _ = whole.values.shape
    trials, counts = n_trials > 1, "bits per spike over each unit's mean"
    n_seen, n_ahead = (n_bins // 2, n_bins - n_bins // 2) if trials else (config.seen, config.ahead)
    what = counts if whole.counts else "skill over the mean of what was seen"
    return Set(path.name, load, n_seen, n_ahead, Size(), trials, what)


def found(load: Callable[[], Mapping[str, Activity]]) -> bool:
    """Whether any of the files of a set is here."""
    try:
        return bool(load())
    except MissingData:
        return False


@cache
def questions(kind: Set) -> tuple[Question, ...]:
    """The recordings of a set as forecasting tasks, read once per process. Raises DatasetError."""
    wholes = islice(kind.load().items(), kind.most)
    if kind.trials:
        return tuple(by_trial(name, whole, n_seen=kind.n_seen) for name, whole in wholes)
    cut = {"n_seen": kind.n_seen, "n_ahead": kind.n_ahead, "stride": kind.size.stride}
    return tuple(by_time(name, whole, **cut) for name, whole in wholes)


def split_words(kind: Set) -> str:
    """How recordings are split, with the sizes of the first one's parts."""
    first, shares = questions(kind)[0], " / ".join(f"{round(100 * share)} %" for share in SHARES)
    sizes = ", ".join(str(len(part)) for part in (first.train, first.validation, first.test))
    if kind.trials:
        return f"by trial, {shares} in order ({sizes} trials of the first recording)"
    return (
        f"by block of time, {shares}, {kind.n_ahead} bins left out between blocks ({sizes} windows of the "
        "first recording)"
    )
