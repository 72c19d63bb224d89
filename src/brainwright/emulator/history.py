"""What a unit's own past says beyond the latent state: a history layer on top of a forecast."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

TIME_CONSTANTS = (0.0, 4.0, 16.0)
"""Frames; 0 is the last frame alone."""
NEWTON_STEPS = 12
MAX_ETA = 7.0
FLOOR = 1e-6


def own_past(residual: Float[np.ndarray, "trial frame unit"]) -> Float[np.ndarray, "trial unit filter"]:
    """Exponentially weighted means of the last frames, NaN left out (0 where a unit was never seen)."""
    age = np.arange(residual.shape[1])[::-1]
    there = np.isfinite(residual)
    x = np.where(there, residual, 0)
    found = []
    for tau in TIME_CONSTANTS:
        kernel = (age == 0).astype(float) if tau == 0 else np.exp(-age / tau)
        weight = np.einsum("ntu,t->nu", there, kernel)
        found.append(np.einsum("ntu,t->nu", x, kernel) / np.maximum(weight, FLOOR))
    return np.stack(found, axis=-1)


@dataclass(frozen=True, eq=False)
class History:
    """A generalised linear model of each unit and horizon on the unit's own recent residuals.

    Counts: ln r = ln p + b + w f; continuous signals: x = p + b + w f, where p is the forecast of a model and
    f the filtered differences between what was seen and what the model made of it (the history layer of
    LDNS, Kapoor et al. 2024, arXiv 2407.08751, taken to forecasts). With p the mean: an autoregression.
    """

    weights: Float[np.ndarray, "horizon unit feature"]
    counts: bool

    def forecast(
        self,
        point: Float[np.ndarray, "trial horizon unit"],
        past: Float[np.ndarray, "trial unit filter"],
    ) -> Float[np.ndarray, "trial horizon unit"]:
        """The forecast with what the past adds to it."""
        added = np.einsum("nuf,huf->nhu", _with_one(past), self.weights)
        if not self.counts:
            return point + added
        return np.exp(np.minimum(np.log(np.maximum(point, FLOOR)) + added, MAX_ETA))


def fit_history(
    point: Float[np.ndarray, "trial horizon unit"],
    past: Float[np.ndarray, "trial unit filter"],
    coming: Float[np.ndarray, "trial horizon unit"],
    *,
    counts: bool,
    penalty: float = 1e-2,
) -> History:
    """Maximises the mean likelihood less penalty |w|^2 / 2 for each unit and horizon by itself, by Newton.

    Args:
        point: the model's forecast.
        past: `own_past` of the residuals in the seen frames.
        coming: what came, NaN where missing.
        counts: Poisson with a log link, or Gaussian.
        penalty: on all weights but the constant one, for filters of unit variance.
    """
    design = _with_one(past)
    scale = np.sqrt(np.square(past).mean(0) + FLOOR)  # [unit, filter]
    ridge = penalty * np.concatenate([np.square(scale), np.full((len(scale), 1), 1e-3)], axis=1)
    weights = np.stack(
        [_newton(point[:, h], design, coming[:, h], ridge, counts) for h in range(point.shape[1])]
    )
    return History(weights, counts)


def _newton(point, design, coming, ridge, counts: bool) -> np.ndarray:
    """Weights [unit, feature] of one horizon."""
    there = np.isfinite(coming)
    y = np.where(there, coming, 0)
    n = np.maximum(there.sum(0), 1)[:, None]
    base = np.log(np.maximum(point, FLOOR)) if counts else point
    w = np.zeros(design.shape[1:])
    for _ in range(NEWTON_STEPS if counts else 1):
        eta = base + np.einsum("nuf,uf->nu", design, w)
        mean = np.exp(np.minimum(eta, MAX_ETA)) if counts else eta
        curve = np.where(there, mean if counts else 1.0, 0)
        gradient = np.einsum("nuf,nu->uf", design, np.where(there, mean - y, 0)) / n + ridge * w
        hessian = np.einsum("nuf,nu,nug->ufg", design, curve, design) / n[..., None]
        hessian += np.eye(w.shape[1]) * (ridge + FLOOR)[:, :, None]
        step = np.linalg.solve(hessian, gradient[..., None])[..., 0]
        w = w - np.clip(step, -2, 2) if counts else w - step
    return w


def _with_one(past: np.ndarray) -> np.ndarray:
    return np.concatenate([past, np.ones_like(past[..., :1])], axis=-1)
