"""An emulator fitted to a recording in one call: it forecasts, fills in what is missing, and is kept."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import torch
from jaxtyping import Float

from brainwright.datasets.activity import Activity
from brainwright.errors import UserError

from .emulator import Emulator
from .forecast.beside import linear_scores, network_scores
from .forecast.linear import OWN_PENALTY, history_of
from .forecast.networks import Fitted, Size, fit_network
from .forecast.task import FEWEST_TRIALS, SHARES, Pool, by_time, by_trial
from .history import History, Stack, own_past
from .question import Question
from .storage import SavedEmulatorError, load_emulator, save_emulator
from .threads import one_thread

SEEN, AHEAD = 50, 10
"""Bins of a window that are seen and forecast of a long recording, where nothing else is asked."""
SHORTEST = 6
"""Windows that the shortest block of a recording, a sixth of it, must have room for: fewer say nothing."""
SAME_BIN = 0.01
"""Widths of bins within so much of one another are one: clocks of cameras differ by less."""
BLAND = ("mean", "own_history")
"""What every forecast has to beat: each unit's mean, and its own past."""


class EmulatorError(UserError):
    """What was asked of a fitted emulator cannot be: another recording, or no recording at all."""


@dataclass(frozen=True, eq=False)
class FittedEmulator:
    """An emulator of one recording with all that a forecast needs.

    A forecast is that of the emulator beside each unit's own past (`history`), weighted for each horizon on
    windows that neither was fitted to (`stack`). Units that were silent or constant in training have no
    forecast: they are NaN.

    Attributes:
        model: the emulator itself.
        bin_s: width of a bin in seconds.
        unit_names: of the recording.
        fitted: positions of the units that the model knows.
        level, sd, base: of those, [unit]: mean and deviation; the mean of training windows as the model reads
            them (a continuous signal about its mean over the bins seen, in units of sd).
        n_seen, n_ahead: bins of a window.
        history, stack: see above.
        scores: on the last fifth of the recording, which nothing was fitted to: `emulator`, `own_history`
            and `mean` (of counts bits per spike over each unit's mean; else skill over the mean of what was
            seen).
    """

    model: Emulator
    bin_s: float
    unit_names: tuple[str, ...]
    fitted: np.ndarray
    level: Float[np.ndarray, " unit"]
    sd: Float[np.ndarray, " unit"]
    base: Float[np.ndarray, " unit"]
    n_seen: int
    n_ahead: int
    history: History
    stack: Stack
    scores: dict[str, float] = field(default_factory=dict)

    @property
    def counts(self) -> bool:
        """Whether activity is counts or a continuous signal."""
        return self.model.counts

    @property
    def beats(self) -> tuple[str, ...]:
        """They are the plain forecasts that it beats on the last fifth of the recording."""
        return tuple(name for name in BLAND if self.scores["emulator"] > self.scores.get(name, -np.inf))

    def forecast(self, activity: "Activity | np.ndarray") -> Float[np.ndarray, "trial ahead unit"]:
        """The `n_ahead` bins to come of each trial, from its last `n_seen` bins (NaN where missing).

        Args:
            activity: `Activity` of the same units, or [bin, unit] or [trial, bin, unit] of all units.

        Raises:
            EmulatorError: other units, bins or values than it was fitted to; fewer bins than `n_seen`.
        """
        values = self._values(activity)
        if values.shape[1] < self.n_seen:
            raise EmulatorError(f"forecast: expected {self.n_seen} bins or more, got {values.shape[1]}")
        seen, about = self._about(values[:, -self.n_seen :][:, :, self.fitted])
        hidden = np.pad(seen, ((0, 0), (0, self.n_ahead), (0, 0)), constant_values=np.nan)
        alone = self._predicted(hidden)[:, self.n_seen :]
        base = np.broadcast_to(self.base, alone.shape)
        own = self.history.forecast(base, own_past(seen, counts=self.counts))
        return self._spread(self.stack.forecast([own, alone]), about)

    def fill(self, activity: "Activity | np.ndarray") -> Float[np.ndarray, "trial bin unit"]:
        """Expected activity wherever it is missing (NaN); what was recorded stays as it is.

        Read in windows of the length that was trained, the last one ending with the recording.

        Args:
            activity: as of `forecast`.

        Raises:
            EmulatorError: as of `forecast`, of whatever length.
        """
        values = self._values(activity).copy()
        n = min(self.n_seen + self.n_ahead, values.shape[1])
        for start in dict.fromkeys([*range(0, values.shape[1] - n + 1, n), values.shape[1] - n]):
            part = values[:, start : start + n]
            seen, about = self._about(part[:, :, self.fitted])
            expected = self._spread(self._predicted(seen), about)
            part[...] = np.where(np.isnan(part), expected, part)
        return values

    def files(self) -> dict[str, bytes]:
        """They are what `save` writes, by name, for those who keep it elsewhere."""
        with TemporaryDirectory() as folder:
            return {path.name: path.read_bytes() for path in sorted(self.save(folder).iterdir())}

    def save(self, folder: str | Path) -> Path:
        """Writes `model.safetensors` and `model.json`, whole or not at all; `load` reads them back."""
        folder = Path(folder)
        names = [self.unit_names[k] for k in self.fitted]
        about = {
            "all_unit_names": list(self.unit_names),
            "n_seen": self.n_seen,
            "n_ahead": self.n_ahead,
            "level": self.level.tolist(),
            "sd": self.sd.tolist(),
            "base": self.base.tolist(),
            "history": self.history.weights.tolist(),
            "stack": self.stack.weights.tolist(),
            "scores": self.scores,
        }
        save_emulator(self.model, folder, bin_s=self.bin_s, unit_names=names, recording=about)
        return folder

    @classmethod
    def load(cls, folder: str | Path) -> "FittedEmulator":
        """Reads what `save` wrote.

        Raises:
            SavedEmulatorError: no such files, files that were changed, an emulator without a recording.
        """
        model, description = load_emulator(Path(folder))
        about = description.get("recording")
        if not isinstance(about, dict):
            raise SavedEmulatorError(f"{folder}: expected an emulator of a recording; use load_emulator")
        try:
            return cls._restored(model, description, about)
        except (KeyError, TypeError, ValueError) as error:
            raise SavedEmulatorError(f"{folder}: expected a recording's emulator, got: {error}") from error

    @classmethod
    def _restored(cls, model: Emulator, description: dict, about: dict[str, Any]) -> "FittedEmulator":
        names = tuple(map(str, about["all_unit_names"]))
        n, horizons = len(model.units), int(about["n_ahead"])
        weights, stack = (np.array(about[name], float) for name in ("history", "stack"))
        level, sd, base = (np.array(about[name], float) for name in ("level", "sd", "base"))
        shapes = {level.shape, sd.shape, base.shape}
        if weights.shape[:2] != (horizons, n) or len(stack) != horizons or shapes != {(n,)}:
            raise ValueError(f"tables of other sizes than {n} units and {horizons} bins")
        fitted = np.array([names.index(name) for name in description["unit_names"]])
        history, pooled = History(weights, model.counts), Stack(stack, model.counts)
        scores = {str(name): float(value) for name, value in about["scores"].items()}
        sizes = (int(about["n_seen"]), horizons)
        return cls(
            model, description["bin_s"], names, fitted, level, sd, base, *sizes, history, pooled, scores
        )

    def _values(self, activity: "Activity | np.ndarray") -> np.ndarray:
        if isinstance(activity, Activity):
            self._check_alike(activity)
            activity = activity.values
        values = np.asarray(activity, np.float32)
        values = values[None] if values.ndim == 2 else values
        if values.ndim != 3 or values.shape[2] != len(self.unit_names):
            raise EmulatorError(
                f"expected activity [bin, unit] or [trial, bin, unit] of {len(self.unit_names)} units, got "
                f"{values.shape}"
            )
        return values

    def _check_alike(self, activity: Activity) -> None:
        """Raises EmulatorError for other units, bins or values than it was fitted to."""
        if activity.unit_names != self.unit_names:
            raise EmulatorError(
                f"expected the {len(self.unit_names)} units that it was fitted to, got "
                f"{len(activity.unit_names)} others"
            )
        if not np.isclose(activity.bin_s, self.bin_s, rtol=SAME_BIN, atol=0):
            raise EmulatorError(
                f"expected bins of {self.bin_s:g} s, as it was fitted to, got bins of {activity.bin_s:g} s; "
                "read the recording with that bin_s, or fit another emulator"
            )
        if activity.counts != self.counts:
            kinds = {True: "counts", False: "a continuous signal"}
            raise EmulatorError(
                f"expected {kinds[self.counts]}, as it was fitted to, got {kinds[activity.counts]}; "
                "fit another emulator"
            )

    def _about(self, values: np.ndarray) -> tuple[np.ndarray, np.ndarray | None]:
        """A continuous signal about its mean over the bins seen, in units of its deviation."""
        if self.counts:
            return values, None
        known = np.isfinite(values)
        mean = np.where(known, values, 0).sum(1, keepdims=True) / np.maximum(known.sum(1, keepdims=True), 1)
        mean = np.where(known.any(1, keepdims=True), mean, self.level)
        return ((values - mean) / self.sd).astype(np.float32), mean

    def _predicted(self, values: np.ndarray) -> np.ndarray:
        with torch.no_grad():
            return self.model.predict(torch.from_numpy(np.ascontiguousarray(values))).numpy()

    def _spread(self, values: np.ndarray, about: np.ndarray | None) -> np.ndarray:
        """Over all units, in their own scale."""
        scaled = values if about is None else values * self.sd + about
        whole = np.full((*values.shape[:2], len(self.unit_names)), np.nan, np.float32)
        whole[:, :, self.fitted] = scaled
        return whole


def fit_recording(
    activity: Activity,
    *,
    n_seen: int | None = None,
    n_ahead: int | None = None,
    size: Size | None = None,
    seed: int = 0,
    progress: Callable[[int, float], Any] | None = None,
) -> FittedEmulator:
    """It fits an emulator to a recording, with masks, schedule and stop that suit some minutes of data.

    The first 64 % train, the next 16 % say when to stop and how much each unit's own past counts, the last
    fifth is for the scores; of ten trials or more these are trials, else blocks of time.

    Args:
        activity: counts or a continuous signal.
        n_seen, n_ahead: bins seen and forecast; 50 and 10, or as many as the recording has room for; of
            trials their halves.
        size: of the model, and how long it is trained at most.
        seed: of initial values, batches and masks.
        progress: called with the update and its loss.

    Raises:
        DatasetError: a recording that is too short; every unit silent.
    """
    question, size = question_of(activity, n_seen, n_ahead, size or Size())
    with one_thread():
        fitted = fit_network(Pool.of([question]), "emulator", size, seed, stop_early=True, progress=progress)
    return of_fitted(fitted, activity, {name: linear_scores([question], name)["skill"] for name in BLAND})


def question_of(
    activity: Activity, n_seen: int | None, n_ahead: int | None, size: Size
) -> tuple[Question, Size]:
    """The recording cut into windows, and how far training windows are apart."""
    n_trials, n_bins, _ = activity.values.shape
    if n_trials >= FEWEST_TRIALS:
        seen = n_seen or n_bins // 2
        cut = replace(activity, values=activity.values[:, : seen + n_ahead] if n_ahead else activity.values)
        return by_trial("recording", cut, n_seen=seen), size
    whole = replace(activity, values=activity.values[:1]) if n_trials > 1 else activity
    room = int(SHARES[1] * n_bins) - SHORTEST
    ahead = n_ahead or max(1, min(AHEAD, room // 5))
    seen = n_seen or max(12, min(SEEN, room - 2 * ahead))
    return by_time("recording", whole, n_seen=seen, n_ahead=ahead, stride=size.stride), size


def of_fitted(fitted: Fitted, activity: Activity, scores: dict[str, float]) -> FittedEmulator:
    """What was fitted to a pool of one recording, as an emulator of that recording.

    Raises:
        ValueError: several recordings, or a baseline in place of the emulator.
    """
    if len(fitted.pool.questions) != 1 or fitted.emulator is None:
        raise ValueError("expected an emulator that was fitted to one recording")
    (question,) = fitted.pool.questions
    place = np.array([activity.unit_names.index(name) for name in question.unit_names])
    base = np.nanmean(question.train, axis=(0, 1)).astype(float)
    level = base if question.counts else np.nanmean(activity.values[:, :, place], axis=(0, 1)).astype(float)
    sd = np.ones_like(base) if question.scale is None else question.scale.astype(float)
    return FittedEmulator(
        fitted.emulator,
        activity.bin_s,
        activity.unit_names,
        place,
        level,
        sd,
        base,
        question.n_seen,
        question.n_ahead,
        history_of(question, OWN_PENALTY),
        fitted.stack,
        {"emulator": network_scores(fitted)["history"], **scores},
    )
