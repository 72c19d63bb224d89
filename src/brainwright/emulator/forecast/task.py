"""Recordings as forecasting tasks: split in time or by trial, cut in windows, scaled by training data.

A window is what is seen (`n_seen` bins) and what is to be forecast (`n_ahead`). Blocks of time are apart from
one another by a gap as long as what is forecast; no test bin was ever an input or a target in training. A
continuous signal drifts over minutes, so each window is taken about each unit's mean over its own seen bins.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np
from jaxtyping import Float

from brainwright.datasets.activity import Activity
from brainwright.datasets.errors import DatasetError
from brainwright.evidence.scores import NothingVaries, bits_per_spike

from ..question import Question

SHARES = (0.64, 0.16, 0.20)
"""Of a recording: training, validation, test, in this order of time or trials."""
FEWEST_TRIALS = 10
"""Of fewer trials a fifth and a sixth are one or none: no test and no validation."""


def by_time(name: str, whole: Activity, *, n_seen: int, n_ahead: int, stride: int) -> Question:
    """It returns a long recording cut into three blocks of time, a gap as long as the forecast between them.

    Args:
        name: of the recording.
        whole: one long trial.
        n_seen, n_ahead: bins of a window that are seen, and that are to be forecast.
        stride: bins from one training window to the next; those of validation and test follow twice as close.

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
    return _question(name, whole, cut, n_seen)


def by_trial(name: str, whole: Activity, *, n_seen: int) -> Question:
    """It returns a recording of trials: the first for training, the last for the test.

    Raises:
        DatasetError: too few trials, or trials that end within what is seen.
    """
    n, n_bins = whole.values.shape[:2]
    if n < FEWEST_TRIALS or n_bins <= n_seen:
        raise DatasetError(
            f"{name}: expected {FEWEST_TRIALS} trials or more of more than {n_seen} bins, got {n} of {n_bins}"
        )
    edges = np.round(np.cumsum([0, *SHARES]) * n).astype(int)
    parts = [whole.values[a:b] for a, b in pairwise(edges)]
    return _question(name, whole, parts, n_seen)


def _question(name: str, whole: Activity, parts: list[np.ndarray], n_seen: int) -> Question:
    """Units that are silent or constant in training are left out; continuous ones are centred and scaled."""
    train = parts[0]
    varies = np.nanstd(train, axis=(0, 1)) > 0
    if not varies.any():
        raise DatasetError(f"{name}: every unit is silent or constant in the training part")
    sd = np.where(varies, np.nanstd(train, axis=(0, 1)), 1)
    scaled = (
        parts if whole.counts else [(x - np.nanmean(x[:, :n_seen], 1, keepdims=True)) / sd for x in parts]
    )
    train, validation, test = (np.asarray(x[:, :, varies], np.float32) for x in scaled)
    names = tuple(n for n, keep in zip(whole.unit_names, varies, strict=True) if keep)
    scale = None if whole.counts else sd[varies]
    named = Question(train, validation, test, n_seen, counts=whole.counts, name=name, unit_names=names)
    return replace(named, scale=scale)


def _windows(block: Float[np.ndarray, "bin unit"], n_bins: int, stride: int) -> np.ndarray:
    starts = range(0, len(block) - n_bins + 1, stride)
    return np.stack([block[start : start + n_bins] for start in starts])


def score(
    forecast: Float[np.ndarray, "window ahead unit"],
    coming: Float[np.ndarray, "window ahead unit"],
    *,
    counts: bool,
) -> float:
    """Bits per spike over each unit's mean, or skill over the mean of what was seen."""
    return bits_per_spike(forecast, coming) if counts else skill(forecast, coming)


def skill(forecast: np.ndarray, coming: np.ndarray) -> float:
    """1 - squared error / squared error of the mean of what was seen (0 here), Murphy 1988; all units as one.

    Not about the mean of the coming entries themselves, as R² is: in a block of a minute that mean foretells
    most of a slow signal, and no forecaster knows it. Raises `NothingVaries` where the signal stays at the
    mean of what was seen.
    """
    energy = float(np.nansum(np.square(coming)))
    if energy == 0:
        raise NothingVaries("skill: the coming signal stays at the mean of what was seen")
    return float(1 - np.nansum(np.square(forecast - coming)) / energy)


@dataclass(frozen=True, eq=False)
class Pool:
    """Recordings side by side: one array over all their units, NaN where a recording has no such unit."""

    questions: tuple[Question, ...]
    unit_names: tuple[str, ...]
    columns: Mapping[str, np.ndarray]
    """The columns are those of each recording's units, by its name."""

    @classmethod
    def of(cls, questions: Sequence[Question]) -> "Pool":
        """Units of the same name are the same unit."""
        names = tuple(dict.fromkeys(name for question in questions for name in question.unit_names))
        place = {name: i for i, name in enumerate(names)}
        columns = {each.name: np.array([place[name] for name in each.unit_names]) for each in questions}
        return cls(tuple(questions), names, columns)

    @property
    def counts(self) -> bool:
        """It says whether the activity is counts."""
        return self.questions[0].counts

    @property
    def n_ahead(self) -> int:
        """The number is that of the bins to be forecast."""
        return self.questions[0].n_ahead

    def spread(self, question: Question, windows: Float[np.ndarray, "window bin unit"]) -> np.ndarray:
        """It returns a recording's windows over all units, [window, bin, unit of the pool]."""
        wide = np.full((*windows.shape[:2], len(self.unit_names)), np.nan, np.float32)
        wide[:, :, self.columns[question.name]] = windows
        return wide

    def train(self) -> Float[np.ndarray, "window bin unit"]:
        """The windows are all training windows."""
        return np.concatenate([self.spread(question, question.train) for question in self.questions])
