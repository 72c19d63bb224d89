"""How well predicted rates explain counts: Poisson and Bernoulli likelihoods.

Missing counts are NaN: they and the rates there count nowhere. The null rate of a unit is its mean over the
same evaluated entries, never one taken from training data.
"""

import numpy as np
from scipy.special import gammaln, xlogy

from brainwright.evidence.scores.variance import NothingVaries

RATE_FLOOR = 1e-9
PROBABILITY_FLOOR = 1e-6


def poisson_nll(rate: np.ndarray, count: np.ndarray) -> float:
    """Sum over entries of r - y ln r + ln Gamma(y + 1); a rate of 0 counts as 1e-9.

    Args:
        rate: expected counts, any shape.
        count: counts of that shape, NaN where missing.

    Raises:
        ValueError: another shape, negative counts, a rate that is negative or not a number.
    """
    r, y = _entries(rate, count)
    r = np.maximum(r, RATE_FLOOR)
    return float((r - y * np.log(r) + gammaln(y + 1)).sum())


def bits_per_spike(rate: np.ndarray, count: np.ndarray) -> float:
    """(NLL of the mean rates - NLL of `rate`) / (ln 2 × counts), Pei et al. 2021, arXiv 2109.04463.

    0 for each unit's own mean, negative for worse. On held-out units over the observed window this is
    co-bps; on all units over the window to come, from the observed window alone, fp-bps.

    Args:
        rate: expected counts [..., unit].
        count: counts [..., unit], NaN where missing.

    Raises:
        ValueError: as `poisson_nll`; no spike at all.
    """
    spikes = float(np.nansum(count))
    if spikes <= 0:
        raise ValueError("bits_per_spike: expected at least one spike, got none: the score is undefined")
    null = np.broadcast_to(mean_of_units(count), np.shape(count))
    return (poisson_nll(null, count) - poisson_nll(rate, count)) / (np.log(2) * spikes)


def bernoulli_bits_per_spike(probability: np.ndarray, spike: np.ndarray) -> float:
    """The same for bins that hold one spike or none; probabilities are kept within [1e-6, 1 - 1e-6].

    Args:
        probability: of a spike [..., unit].
        spike: 0, 1 or NaN (missing) [..., unit].

    Raises:
        ValueError: another shape, spikes other than 0 and 1, no spike, probabilities outside [0, 1].
    """
    p, s = _entries(probability, spike)
    if not np.isin(s, (0, 1)).all():
        raise ValueError("bernoulli_bits_per_spike: expected spikes of 0 and 1; use shorter bins, or Poisson")
    if (p > 1).any():
        raise ValueError(f"bernoulli_bits_per_spike: expected probabilities up to 1, got {p.max():.3g}")
    if s.sum() == 0:
        raise ValueError("bernoulli_bits_per_spike: expected at least one spike, got none")
    null, _ = _entries(np.broadcast_to(mean_of_units(spike), np.shape(spike)), spike)
    return float((_log2_likelihood(p, s) - _log2_likelihood(null, s)) / s.sum())


def poisson_d2(rate: np.ndarray, count: np.ndarray) -> float:
    """1 - D(rate) / D(mean) with the deviance D = 2 sum(y ln(y / r) - (y - r)): 1 perfect, 0 the mean.

    Args:
        rate: expected counts [..., unit].
        count: counts [..., unit], NaN where missing.

    Raises:
        ValueError: as `poisson_nll`; no unit's count varies (`NothingVaries`).
    """
    null = np.broadcast_to(mean_of_units(count), np.shape(count))
    if not (np.nan_to_num(count - null) != 0).any():
        raise NothingVaries("poisson_d2: expected counts that vary, got none: there is nothing to explain")
    return 1 - _deviance(rate, count) / _deviance(null, count)


def mean_of_units(count: np.ndarray) -> np.ndarray:
    """Each unit's mean over the entries that are there, [unit]; 0 for a unit without any."""
    flat = np.asarray(count, np.float64).reshape(-1, np.shape(count)[-1])
    here = np.isfinite(flat)
    return np.where(here, flat, 0).sum(0) / np.maximum(here.sum(0), 1)


def _deviance(rate: np.ndarray, count: np.ndarray) -> float:
    r, y = _entries(rate, count)
    r = np.maximum(r, RATE_FLOOR)
    return float(2 * (xlogy(y, y / r) - (y - r)).sum())


def _log2_likelihood(p: np.ndarray, s: np.ndarray) -> float:
    p = np.clip(p, PROBABILITY_FLOOR, 1 - PROBABILITY_FLOOR)
    return float((s * np.log2(p) + (1 - s) * np.log2(1 - p)).sum())


def _entries(rate: np.ndarray, count: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The entries that are there, checked, float64 [entry]."""
    rate, count = np.asarray(rate, np.float64), np.asarray(count, np.float64)
    if rate.shape != count.shape:
        raise ValueError(f"expected rates of the shape of the counts, {count.shape}, got {rate.shape}")
    here = ~np.isnan(count)
    r, y = rate[here], count[here]
    if np.isinf(y).any() or (y < 0).any():
        raise ValueError("expected counts of 0 or more, NaN where missing; got negative or infinite ones")
    if not np.isfinite(r).all() or (r < 0).any():
        raise ValueError("expected finite rates of 0 or more; got negative ones, NaN or infinity")
    return r, y
