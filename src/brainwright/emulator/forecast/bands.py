"""An emulator's forecast of a recording with its 90 % band, from an ensemble of its latent dynamics."""

from dataclasses import dataclass

import numpy as np
import torch

from brainwright.evidence.scores import randomised_pit

from ..emulator import Emulator
from ..question import Question
from ..training import Plan, fit_dynamics
from .networks import BATCH, Fitted, Size, masks

MEMBERS = 16
"""Of the ensemble: enough for its variance and its 5 % and 95 % quantiles, which the band takes."""
BAND_WINDOWS = 12
"""Test windows of each recording on which bands are judged: an ensemble of all would take long."""
NORMAL_95 = 1.645
RATE_FLOOR = 1e-6
"""Least rate by which another is divided."""
LEARNING_RATE = 2e-3


@dataclass(frozen=True, eq=False)
class Band:
    """A forecast and the ends of its band, [window, ahead, unit]; which values lie inside, [entry]."""

    point: np.ndarray
    low: np.ndarray
    high: np.ndarray
    inside: np.ndarray


@dataclass(frozen=True, eq=False)
class Drawn:
    """An emulator with its dynamics, which draws ensembles of what may come."""

    fitted: Fitted
    model: Emulator

    def band(self, question: Question, windows: np.ndarray) -> Band:
        """The forecast beside own history with its 90 % band: the spread of the ensemble, and the noise
        around each member.

        Counts: the central interval of the Poisson mixture. Continuous: a Gaussian whose variance is that of
        the ensemble plus that of the residuals on validation windows, for each unit and horizon.
        """
        coming = question.coming(windows)
        point, drawn = self.fitted.layered(question, windows), self._members(question, windows)
        if question.counts:
            alone = self.fitted.alone(question, windows)
            members = drawn * point / np.maximum(alone, RATE_FLOOR)
            u = randomised_pit(members, coming)
            low, high = np.quantile(members, (0.05, 0.95), axis=0)
            return Band(point, low, high, (u >= 0.05) & (u <= 0.95))
        left = self.fitted.layered(question, question.validation) - question.coming(question.validation)
        half = NORMAL_95 * np.sqrt(drawn.var(0) + np.square(left).mean(0))
        return Band(point, point - half, point + half, (np.abs(coming - point) <= half).ravel())

    def latents(self, question: Question, windows: np.ndarray) -> np.ndarray:
        """Of the first group, [window, bin, latent]."""
        with torch.no_grad():
            return self.model.encode(self._wide(question, windows))[:, :, 0].numpy()

    def shown(self, n_units: int = 4, n_paths: int = 40) -> dict[str, float | np.ndarray]:
        """What a page shows.

        Args:
            n_units: of the first recording, those that vary most.
            n_paths: test windows whose latents are told.

        Returns:
            `coverage`: the share of test values that the bands hold; of the first test window of the first
            recording `truth` and `smoothed` [bin, unit], `point`, `low` and `high` [ahead, unit], `units`
            (names); and `latents` [window, bin, latent].
        """
        asked = self.fitted.pool.questions
        bands = [self.band(q, q.test[:: max(1, len(q.test) // BAND_WINDOWS)]) for q in asked]
        first, band = asked[0], bands[0]
        loud = np.sort(np.argsort(-np.nanstd(first.test, (0, 1)))[:n_units])
        return {
            "coverage": float(np.mean(np.concatenate([each.inside for each in bands]))),
            "point": band.point[0][:, loud],
            "low": band.low[0][:, loud],
            "high": band.high[0][:, loud],
            "truth": first.test[0][:, loud],
            "smoothed": self.fitted.expected(first, first.test[:1])[0][:, loud],
            "units": np.array(first.unit_names)[loud],
            "latents": self.latents(first, first.test[:n_paths]),
        }

    def _members(self, question: Question, windows: np.ndarray) -> np.ndarray:
        with torch.no_grad():
            drawn = self.model.ensemble(self._wide(question, windows), MEMBERS)
        return drawn[:, :, question.n_seen :, self.fitted.pool.columns[question.name]].numpy()

    def _wide(self, question: Question, windows: np.ndarray) -> torch.Tensor:
        return torch.from_numpy(self.fitted.pool.spread(question, question.seen(windows)))


def with_dynamics(fitted: Fitted, size: Size, seed: int) -> Drawn:
    """Trains the latent dynamics of a fitted emulator, whose forecast stays as it is.

    Raises:
        ValueError: a baseline, which has no latents.
    """
    if fitted.emulator is None:
        raise ValueError("expected a fitted emulator, got a baseline without latents")
    plan = Plan(size.dynamics_updates, BATCH, LEARNING_RATE, seed=seed)
    fit_dynamics(fitted.emulator, torch.from_numpy(fitted.pool.train()), masks(fitted.pool, size), plan)
    return Drawn(fitted, fitted.emulator)
