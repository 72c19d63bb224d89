"""Forecasts from each unit's own past, and several forecasts weighted into one."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

TIME_CONSTANTS = (0.0, 4.0, 16.0)
"""Frames; 0 is the last frame alone."""
NEWTON_STEPS = 12
"""Poisson regression converges quadratically; the clipped steps of 2 reach any rate within the first few."""
MAX_ETA = 7.0
"""Largest log rate, 1,097 events a frame: an extrapolation cannot overflow."""
FLOOR = 1e-6
"""Least rate whose logarithm is taken, and least ridge, so that a silent unit can be solved for."""
QUIET = 0.05
"""Added to mean counts before the logarithm: one event adds about 1/16 under the longest filter, so that it
stays apart from silence.
"""


def own_past(
    seen: Float[np.ndarray, "trial frame unit"], *, counts: bool = False
) -> Float[np.ndarray, "trial unit filter"]:
    """Exponentially weighted means of the last frames, NaN left out (0 where a unit was never seen).

    Of counts the logarithm, so that a burst does not foretell its own exponential.
    """
    age = np.arange(seen.shape[1])[::-1]
    there = np.isfinite(seen)
    x = np.where(there, seen, 0)
    of_filters = []
    for tau in TIME_CONSTANTS:
        kernel = (age == 0).astype(float) if tau == 0 else np.exp(-age / tau)
        weight = np.einsum("ntu,t->nu", there, kernel)
        of_filters.append(np.einsum("ntu,t->nu", x, kernel) / np.maximum(weight, FLOOR))
    means = np.stack(of_filters, axis=-1)
    return np.log(means + QUIET) if counts else means


@dataclass(frozen=True, eq=False)
class History:
    """A generalised linear model of each unit and horizon on the unit's own past: an autoregression.

    Counts: ln r = ln p + b + w f; continuous signals: x = p + b + w f, where p is a point of departure (the
    mean) and f the filtered past (Truccolo et al. 2005, J Neurophysiol 93:1074).
    """

    weights: Float[np.ndarray, "horizon unit feature"]
    counts: bool

    def forecast(
        self,
        point: Float[np.ndarray, "trial horizon unit"],
        past: Float[np.ndarray, "trial unit filter"],
    ) -> Float[np.ndarray, "trial horizon unit"]:
        """The point of departure with what the past adds to it."""
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
    """It maximises the mean likelihood less penalty |w_u - w|^2 / 2 for each horizon, by Newton.

    w is fitted first, for all units together: how a unit differs from the others has to pay for itself.

    Args:
        point: where the forecast starts from.
        past: `own_past` of the seen frames.
        coming: what came, NaN where missing.
        counts: Poisson with a log link, or Gaussian.
        penalty: on a unit's difference from all units, for filters of unit variance.
    """
    design = _with_one(past)
    ridge = penalty * np.square(design).mean(0) + FLOOR  # [unit, feature]
    common = design.reshape(-1, 1, design.shape[2])
    weights = []
    for h in range(point.shape[1]):
        flat = (x[:, h].reshape(-1, 1) for x in (point, coming))
        base, came = flat
        shared = _newton(base, common, came, np.full((1, common.shape[2]), FLOOR), 0.0, counts)
        weights.append(_newton(point[:, h], design, coming[:, h], ridge, shared, counts))
    return History(np.stack(weights), counts)


@dataclass(frozen=True, eq=False)
class Stack:
    """Several forecasts as one, weighted for each horizon alike for all units (Wolpert 1992).

    Continuous signals: x = sum_k w_k p_k; counts: ln r = sum_k w_k ln p_k + b, a logarithmic pool.
    """

    weights: Float[np.ndarray, "horizon feature"]
    counts: bool

    def forecast(
        self, points: list[Float[np.ndarray, "trial horizon unit"]]
    ) -> Float[np.ndarray, "trial horizon unit"]:
        """The forecast is the weighted one."""
        forecast = np.einsum("nhuf,hf->nhu", _members(points, self.counts), self.weights)
        return np.exp(np.minimum(forecast, MAX_ETA)) if self.counts else forecast


def fit_stack(
    points: list[Float[np.ndarray, "trial horizon unit"]],
    coming: Float[np.ndarray, "trial horizon unit"],
    *,
    counts: bool,
) -> Stack:
    """Maximises the likelihood of what came in windows that none of the forecasts was fitted to.

    Args:
        points: each model's forecast.
        coming: what came, NaN where missing.
        counts: Poisson with a log link, or Gaussian.
    """
    members = _members(points, counts)
    weights = []
    for h in range(coming.shape[1]):
        design = members[:, h].reshape(-1, 1, members.shape[-1])
        came = coming[:, h].reshape(-1, 1)
        # 1e-4: forecasts that are nearly equal share the weight in place of cancelling with huge ones
        ridge, prior = np.full((1, design.shape[2]), 1e-4), np.zeros((1, design.shape[2]))
        prior[:, 0] = 1.0  # to begin with, the first forecast alone
        base = np.ones_like(came) if counts else np.zeros_like(came)
        weights.append(_newton(base, design, came, ridge, prior, counts)[0])
    return Stack(np.stack(weights), counts)


def _members(points: list[np.ndarray], counts: bool) -> np.ndarray:
    """Forecasts as features [trial, horizon, unit, forecast]; logarithms and a constant for counts."""
    if not counts:
        return np.stack(points, axis=-1)
    logs = [np.log(np.maximum(point, FLOOR)) for point in points]
    return np.stack([*logs, np.ones_like(logs[0])], axis=-1)


def _newton(point, design, coming, ridge, prior, counts: bool) -> np.ndarray:
    """It returns the weights [unit, feature] of one horizon, drawn towards the prior."""
    there = np.isfinite(coming)
    y = np.where(there, coming, 0)
    n = np.maximum(there.sum(0), 1)[:, None]
    base = np.log(np.maximum(point, FLOOR)) if counts else point
    w = np.zeros(design.shape[1:]) + prior
    for _ in range(NEWTON_STEPS if counts else 1):
        eta = base + np.einsum("nuf,uf->nu", design, w)
        mean = np.exp(np.minimum(eta, MAX_ETA)) if counts else eta
        curve = np.where(there, mean if counts else 1.0, 0)
        gradient = np.einsum("nuf,nu->uf", design, np.where(there, mean - y, 0)) / n
        gradient += ridge * (w - prior)
        hessian = np.einsum("nuf,nu,nug->ufg", design, curve, design) / n[..., None]
        hessian += np.eye(w.shape[1]) * (ridge + FLOOR)[:, :, None]
        step = np.linalg.solve(hessian, gradient[..., None])[..., 0]
        # a Newton step from far away overshoots an exponential: at most a factor e^2 at a time
        w = w - np.clip(step, -2, 2) if counts else w - step
    return w


def _with_one(past: np.ndarray) -> np.ndarray:
    return np.concatenate([past, np.ones_like(past[..., :1])], axis=-1)
