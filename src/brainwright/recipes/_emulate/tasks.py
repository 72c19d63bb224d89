"""Real recordings as forecasting tasks: split in time or by trial, cut in windows, scaled by training data.

A window is what is seen (`n_seen` bins) and what is to be forecast (`n_ahead`). Blocks of time are apart from
one another by a gap as long as what is forecast; no test bin was ever an input or a target in training. A
continuous signal drifts over minutes, so each window is taken about each unit's mean over its own seen bins.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from jaxtyping import Float

from brainwright.datasets.activity import Activity
from brainwright.datasets.errors import DatasetError

SHARES = (0.64, 0.16, 0.20)
"""Of a recording: training, validation, test, in this order of time or trials."""


@dataclass(frozen=True, eq=False)
class Task:
    """One recording, ready to be forecast.

    Args:
        name: of the animal, culture or day.
        unit_names: those of recordings that share a neuron are the same.
        train, validation, test: windows [window, bin, unit]; continuous signals as
            differences from their mean over the seen bins, in units of the training sd.
        n_seen: bins that are seen; the others are to be forecast.
        counts: Poisson or Gaussian.
    """

    name: str
    unit_names: tuple[str, ...]
    train: Float[np.ndarray, "window bin unit"]
    validation: Float[np.ndarray, "window bin unit"]
    test: Float[np.ndarray, "window bin unit"]
    n_seen: int
    counts: bool

    @property
    def n_ahead(self) -> int:
        """Bins to be forecast."""
        return self.train.shape[1] - self.n_seen

    def seen(self, windows: Float[np.ndarray, "window bin unit"]) -> Float[np.ndarray, "window bin unit"]:
        """NaN where a model may not look."""
        hidden = np.array(windows, np.float32)
        hidden[:, self.n_seen :] = np.nan
        return hidden


def by_time(name: str, whole: Activity, *, n_seen: int, n_ahead: int, stride: int) -> Task:
    """A long recording cut into three blocks of time, a gap as long as the forecast between them.

    Raises:
        DatasetError: a block that is shorter than a window.
    """
    n_bins = n_seen + n_ahead
    blocks = [part.values[0] for part in whole.time_blocks(SHARES, gap_bins=n_ahead)]
    for part, block in zip(("training", "validation", "test"), blocks, strict=True):
        if len(block) < n_bins:
            raise DatasetError(
                f"{name}: the {part} block of {len(block)} bins is shorter than a window of {n_bins}; "
                "record for longer, or ask for a shorter window"
            )
    strides = (stride, max(1, stride // 2), max(1, stride // 2))
    cut = [_windows(block, n_bins, step) for block, step in zip(blocks, strides, strict=True)]
    return _task(name, whole, cut, n_seen)


def by_trial(name: str, whole: Activity, *, n_seen: int) -> Task:
    """A recording of trials: the first for training, the last for the test.

    Raises:
        DatasetError: too few trials, or trials that end within what is seen.
    """
    n, n_bins = whole.values.shape[:2]
    if n < 10 or n_bins <= n_seen:
        raise DatasetError(
            f"{name}: expected 10 trials or more of more than {n_seen} bins, got {n} of {n_bins}"
        )
    edges = np.round(np.cumsum([0, *SHARES]) * n).astype(int)
    parts = [whole.values[a:b] for a, b in pairwise(edges)]
    return _task(name, whole, parts, n_seen)


def _task(name: str, whole: Activity, parts: list[np.ndarray], n_seen: int) -> Task:
    """Units that are silent or constant in training are left out; continuous ones are centred and scaled."""
    train = parts[0]
    varies = np.nanstd(train, axis=(0, 1)) > 0
    if not varies.any():
        raise DatasetError(f"{name}: every unit is silent or constant in the training part")
    sd = np.where(varies, np.nanstd(train, axis=(0, 1)), 1)
    scaled = (
        parts if whole.counts else [(x - np.nanmean(x[:, :n_seen], 1, keepdims=True)) / sd for x in parts]
    )
    kept = [np.asarray(x[:, :, varies], np.float32) for x in scaled]
    names = tuple(n for n, keep in zip(whole.unit_names, varies, strict=True) if keep)
    return Task(name, names, *kept, n_seen, whole.counts)


def _windows(block: Float[np.ndarray, "bin unit"], n_bins: int, stride: int) -> np.ndarray:
    starts = range(0, len(block) - n_bins + 1, stride)
    return np.stack([block[start : start + n_bins] for start in starts])


@dataclass(frozen=True, eq=False)
class Pool:
    """Recordings side by side: one array over all their units, NaN where a recording has no such unit."""

    tasks: tuple[Task, ...]
    unit_names: tuple[str, ...]
    columns: Mapping[str, np.ndarray]
    """Of each recording's units, by its name."""

    @classmethod
    def of(cls, tasks: list[Task]) -> "Pool":
        """Units of the same name are the same unit."""
        names = tuple(dict.fromkeys(name for task in tasks for name in task.unit_names))
        place = {name: i for i, name in enumerate(names)}
        columns = {task.name: np.array([place[name] for name in task.unit_names]) for task in tasks}
        return cls(tuple(tasks), names, columns)

    def spread(self, task: Task, windows: Float[np.ndarray, "window bin unit"]) -> np.ndarray:
        """A recording's windows over all units, [window, bin, unit of the pool]."""
        wide = np.full((*windows.shape[:2], len(self.unit_names)), np.nan, np.float32)
        wide[:, :, self.columns[task.name]] = windows
        return wide

    def train(self) -> np.ndarray:
        """All training windows."""
        return np.concatenate([self.spread(task, task.train) for task in self.tasks])
