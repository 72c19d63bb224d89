"""How well an ensemble of rate paths forecasts counts: sharpness and calibration.

The predictive law of an entry is the Poisson mixture F(k) = mean_i F_Poisson(k; r_i) over the ensemble; the
first axis of an ensemble is the member. A point forecast is an ensemble of one.
"""

import numpy as np
from scipy.special import pdtr

from brainwright.evidence.scores.variance import NothingVaries

TAIL = 1e-9


def mixture_cdf(k: np.ndarray, ensemble: np.ndarray) -> np.ndarray:
    """F(k) of the Poisson mixture; 0 below 0.

    Args:
        k: counts [...].
        ensemble: rates [member, ...].
    """
    k, ensemble = np.asarray(k, np.float64), _rates(ensemble)
    return np.where(k < 0, 0, pdtr(np.maximum(k, 0), ensemble)).mean(0)


def mixture_crps(ensemble: np.ndarray, count: np.ndarray) -> np.ndarray:
    """Continuous ranked probability score of each count, sum_k (F(k) - 1[y <= k])^2: 0 is perfect.

    Gneiting & Raftery 2007, J Am Stat Assoc 102:359. Computed on the mixture itself, not on sampled counts.

    Args:
        ensemble: rates [member, ...].
        count: [...], NaN where missing; the score is NaN there.
    """
    ensemble, count = _rates(ensemble), _counts(count)
    score = np.zeros(count.shape)
    k, at_end = 0, False
    while not at_end:
        f = mixture_cdf(np.full(count.shape, k), ensemble)
        score += np.square(f - (count <= k))
        at_end = bool((f > 1 - TAIL).all() and not (count > k).any())
        k += 1
    return np.where(np.isnan(count), np.nan, score)


def crps_skill(ensemble: np.ndarray, count: np.ndarray, point: np.ndarray) -> float:
    """1 - CRPS of the ensemble / CRPS of a Poisson law around the point forecast.

    Args:
        ensemble: rates [member, ...].
        count: [...], NaN where missing.
        point: rates [...] of the point forecast.

    Raises:
        ValueError: no count is there; the point forecast is exact, so that nothing can be gained
            (`NothingVaries`).
    """
    if np.isnan(count).all():
        raise ValueError("crps_skill: expected at least one count that is not missing")
    plain = np.nanmean(mixture_crps(point[None], count))
    if plain == 0:
        raise NothingVaries("crps_skill: the point forecast leaves no error to improve on")
    return float(1 - np.nanmean(mixture_crps(ensemble, count)) / plain)


def sample_crps(samples: np.ndarray, value: np.ndarray) -> np.ndarray:
    """The fair sample form for continuous data: mean |x_i - y| - sum_ij |x_i - x_j| / (2 m (m - 1)).

    Args:
        samples: [member, ...], at least two members.
        value: [...].
    """
    samples, value = np.asarray(samples, np.float64), np.asarray(value, np.float64)
    m = len(samples)
    if m < 2:
        raise ValueError(f"sample_crps: expected at least two samples, got {m}")
    order = np.sort(samples, axis=0)
    weight = (2 * np.arange(1, m + 1) - m - 1).reshape(-1, *(1,) * value.ndim)
    spread = 2 * (weight * order).sum(0)
    return np.abs(samples - value).mean(0) - spread / (2 * m * (m - 1))


def energy_score(samples: np.ndarray, value: np.ndarray) -> np.ndarray:
    """The same for joint patterns along the last axis, with Euclidean distances, [...].

    Args:
        samples: [member, ..., dimension], at least two members.
        value: [..., dimension].
    """
    samples, value = np.asarray(samples, np.float64), np.asarray(value, np.float64)
    m = len(samples)
    if m < 2:
        raise ValueError(f"energy_score: expected at least two samples, got {m}")
    apart = sum(np.linalg.norm(samples - one, axis=-1).sum(0) for one in samples)
    return np.linalg.norm(samples - value, axis=-1).mean(0) - apart / (2 * m * (m - 1))


def randomised_pit(ensemble: np.ndarray, count: np.ndarray, seed: int = 0) -> np.ndarray:
    """u = F(y - 1) + V (F(y) - F(y - 1)), V uniform: uniform on [0, 1] if the forecast is calibrated.

    Czado, Gneiting & Held 2009, Biometrics 65:1254. On sparse counts nominal intervals cover too much
    trivially; this transform does not.

    Args:
        ensemble: rates [member, ...].
        count: [...], NaN where missing.
        seed: of V.

    Returns:
        u of the entries that are there, [entry].
    """
    ensemble, count = _rates(ensemble), _counts(count)
    here = ~np.isnan(count)
    y, rates = count[here], ensemble[:, here]
    below, upto = mixture_cdf(y - 1, rates), mixture_cdf(y, rates)
    v = np.random.default_rng(seed).random(len(y))
    return below + v * (upto - below)


def coverage(u: np.ndarray, level: float = 0.9) -> float:
    """Share of the transforms in the central interval of probability `level`."""
    if not np.size(u):
        raise ValueError("coverage: expected at least one transform, got none")
    tail = (1 - level) / 2
    return float(np.mean((u >= tail) & (u <= 1 - tail)))


def kolmogorov_distance(u: np.ndarray) -> float:
    """Largest distance between the distribution of the transforms and the uniform one."""
    if not np.size(u):
        raise ValueError("kolmogorov_distance: expected at least one transform, got none")
    u = np.sort(u)
    n = len(u)
    return float(max((np.arange(1, n + 1) / n - u).max(), (u - np.arange(n) / n).max()))


def summed(
    ensemble: np.ndarray, count: np.ndarray, *, bins: bool = False, units: bool = False
) -> tuple[np.ndarray, np.ndarray]:
    """Rates and counts summed over a window or a population, where errors that persist or are shared show.

    A sum of independent Poisson counts is Poisson, so that every score above holds for what is returned.

    Args:
        ensemble: rates [member, trial, bin, unit].
        count: [trial, bin, unit], no entry missing.
        bins: sum over the bins of each trial.
        units: sum over the units.

    Returns:
        Rates [member, trial, ...] and counts [trial, ...], without the axes that were summed.
    """
    axes = tuple(axis for axis, asked in ((-2, bins), (-1, units)) if asked)
    if np.isnan(count).any():
        raise ValueError("summed: expected no missing counts: a sum over some of them is another quantity")
    rates, counts = (np.asarray(x, np.float64).sum(axes) for x in (ensemble, count))
    return rates, counts


def _rates(ensemble: np.ndarray) -> np.ndarray:
    ensemble = np.asarray(ensemble, np.float64)
    if ensemble.ndim < 1 or not np.isfinite(ensemble).all() or (ensemble < 0).any():
        raise ValueError("expected an ensemble [member, ...] of finite rates of 0 or more")
    return ensemble


def _counts(count: np.ndarray) -> np.ndarray:
    count = np.asarray(count, np.float64)
    if np.isinf(count).any() or (count < 0).any():
        raise ValueError("expected counts of 0 or more, NaN where missing")
    return count
