"""Which recordings are forecast together, how they are split, and how large the networks are."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

from brainwright.datasets import MissingData, recordings
from brainwright.datasets.read import read_recording

from .pooled import Size
from .tasks import Task, by_time, by_trial

if TYPE_CHECKING:
    from brainwright.recipes.emulate import Config


@dataclass(frozen=True)
class Set:
    """Recordings that are forecast together.

    Args:
        title: for the report.
        load: the recordings by name.
        n_seen, n_ahead: bins of a window (of trials: what is left of them).
        size: of the networks.
        trials: split by trial, or by blocks of time.
        what: the score.
    """

    title: str
    load: Callable[[], Mapping[str, Any]]
    n_seen: int
    n_ahead: int
    size: Size
    trials: bool
    what: str


SETS = {
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


def tasks_of(name: str, config: "Config") -> list[Task]:
    """The recordings of a set as forecasting tasks.

    Raises:
        MissingData: not one of its files is here.
        DatasetError: a recording that cannot be used; says why.
    """
    kind = set_of(name, config)
    made = []
    for recording, whole in kind.load().items():
        if kind.trials:
            made.append(by_trial(recording, whole, n_seen=kind.n_seen))
        else:
            made.append(
                by_time(recording, whole, n_seen=kind.n_seen, n_ahead=kind.n_ahead, stride=kind.size.stride)
            )
    return made


def set_of(name: str, config: "Config") -> Set:
    """A built-in set, or the user's own file."""
    if name != "file":
        return SETS[name]
    path = config.data
    assert path is not None
    whole = read_recording(path, bin_s=config.bin_s, array=config.array)
    trials = len(whole.values) > 1
    n_bins = whole.values.shape[1]
    n_seen = n_bins // 2 if trials else config.seen
    return Set(
        path.name,
        lambda: {path.stem: whole},
        n_seen=n_seen,
        n_ahead=n_bins - n_seen if trials else config.ahead,
        size=Size(updates=200, network_updates=200),
        trials=trials,
        what="bits per spike over each unit's mean"
        if whole.counts
        else "skill over the mean of what was seen",
    )


@cache
def tasks(name: str, config: "Config") -> tuple[Task, ...]:
    """The same, kept."""
    return tuple(tasks_of(name, config))


def here(name: str) -> bool:
    """Whether any of the files of a set is here."""
    try:
        return bool(SETS[name].load())
    except MissingData:
        return False


def has_bci() -> bool:
    """Whether the BCI session is here."""
    try:
        return bool(recordings.bci())
    except MissingData:
        return False
