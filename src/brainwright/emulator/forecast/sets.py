"""Recordings that are forecast together: where they come from, how they are cut, how large networks are."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import cache
from itertools import islice
from pathlib import Path

from brainwright.datasets.activity import Activity
from brainwright.datasets.read import read_recording

from ..question import Question
from .networks import Size
from .task import SHARES, by_time, by_trial


@dataclass(frozen=True)
class RecordingSet:
    """Recordings that are forecast together.

    Attributes:
        title: for a page.
        load: gives the recordings by name.
        n_seen, n_ahead: bins of a window (of trials what is left of them is forecast).
        size: of the networks.
        trials: split by trial, or by blocks of time.
        what: the score, in words.
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

    def smaller(self, updates: int, most: int) -> "RecordingSet":
        """It returns the same with few updates and recordings: to see that all works."""
        size = replace(self.size, updates=updates, network_updates=updates, dynamics_updates=updates)
        return replace(self, size=size, most=most)


@dataclass(frozen=True)
class RecordingFile:
    """A recording of the user's own, read when it is called (arguments as of `read_recording`)."""

    path: Path
    bin_s: float | None
    array: str | None = None

    def __call__(self) -> dict[str, Activity]:
        """It returns the recording by the file's name. Raises DatasetError."""
        return {self.path.stem: read_recording(self.path, bin_s=self.bin_s, array=self.array)}


def set_of_file(file: RecordingFile, *, n_seen: int, n_ahead: int) -> RecordingSet:
    """A file as a set of its own: trials are seen up to their middle, a long recording is cut in windows.

    Args:
        file: the recording.
        n_seen, n_ahead: bins of a window of a long recording.

    Raises:
        DatasetError: a file that cannot be used; says why.
    """
    whole = file()[file.path.stem]
    n_trials, n_bins, _ = whole.values.shape
    if n_trials > 1:
        n_seen, n_ahead = n_bins // 2, n_bins - n_bins // 2
    what = "bits per spike over each unit's mean" if whole.counts else "skill over the mean of what was seen"
    return RecordingSet(file.path.name, file, n_seen, n_ahead, Size(), n_trials > 1, what)


@cache
def questions_of(records: RecordingSet) -> tuple[Question, ...]:
    """The recordings of a set as forecasting tasks, read once per process.

    Raises:
        MissingData: not one of its files is here.
        DatasetError: a recording that cannot be used; says why.
    """
    wholes = islice(records.load().items(), records.most)
    if records.trials:
        return tuple(by_trial(name, whole, n_seen=records.n_seen) for name, whole in wholes)
    cut = {"n_seen": records.n_seen, "n_ahead": records.n_ahead, "stride": records.size.stride}
    return tuple(by_time(name, whole, **cut) for name, whole in wholes)


def split_words(records: RecordingSet) -> str:
    """How recordings are split, with the sizes of the first one's parts."""
    first, shares = questions_of(records)[0], " / ".join(f"{round(100 * share)} %" for share in SHARES)
    sizes = ", ".join(str(len(part)) for part in (first.train, first.validation, first.test))
    if records.trials:
        return f"by trial, {shares} in order ({sizes} trials of the first recording)"
    return (
        f"by block of time, {shares}, {records.n_ahead} bins left out between blocks ({sizes} windows of the "
        "first recording)"
    )
