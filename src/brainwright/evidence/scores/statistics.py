"""Whether generated spike trains look like recorded ones: intervals, correlations, population counts.

Kapoor et al. 2024, arXiv 2407.08751. Print each beside the same comparison of training with test data.
"""

import warnings

import numpy as np

from brainwright.evidence.scores.variance import LeftOut, NothingVaries, pearson


def interval_statistics(counts: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Mean and standard deviation of each unit's interspike intervals in bins, pooled over trials, [unit].

    A bin with several spikes holds intervals of 0. NaN for a unit with fewer than two intervals.

    Args:
        counts: [trial, bin, unit].
    """
    found = []
    for unit in np.moveaxis(counts, -1, 0):
        gaps = [np.diff(np.repeat(np.arange(len(trial)), trial.astype(int))) for trial in unit]
        pooled = np.concatenate(gaps)
        found.append((pooled.mean(), pooled.std()) if len(pooled) > 1 else (np.nan, np.nan))
    mean, sd = np.array(found).T
    return mean, sd


def pairwise_correlations(counts: np.ndarray) -> np.ndarray:
    """Pearson's r of every pair of units over all bins and trials, [pair]; 0 where a unit never changes."""
    flat = counts.reshape(-1, counts.shape[-1]).astype(np.float64)
    centred = flat - flat.mean(0)
    norm = np.linalg.norm(centred, axis=0)
    matrix = centred.T @ centred / np.maximum(np.outer(norm, norm), 1e-12)
    return matrix[np.triu_indices(len(matrix), 1)]


def population_density(counts: np.ndarray, largest: int) -> np.ndarray:
    """Share of bins in which all units together fire k spikes, [k], k up to `largest` (the last: or more)."""
    total = np.minimum(counts.sum(-1).astype(int).ravel(), largest)
    return np.bincount(total, minlength=largest + 1) / len(total)


def autocorrelation(signal: np.ndarray, n_lags: int) -> np.ndarray:
    """Autocorrelation over time averaged over trials and units, [lag], lag 0 to n_lags - 1.

    Args:
        signal: [trial, bin, unit].
        n_lags: at most the bins.

    Raises:
        ValueError: more lags than bins; a signal that never changes (`NothingVaries`).
    """
    n = signal.shape[1]
    if n_lags > n:
        raise ValueError(f"autocorrelation: expected at most {n} lags, as many as bins, got {n_lags}")
    if (signal == signal[:1, :1]).all():
        raise NothingVaries("autocorrelation: expected a signal that varies, got constant units")
    x = signal - signal.mean((0, 1))
    power = np.square(x).mean()
    return np.array([(x[:, : n - k] * x[:, k:]).mean() / power for k in range(n_lags)])


def generative_statistics(sampled: np.ndarray, recorded: np.ndarray) -> dict[str, float]:
    """Agreement of generated with recorded counts.

    Args:
        sampled, recorded: [trial, bin, unit], the same units.

    Returns:
        Pearson's r over units of mean and sd of intervals, over pairs of correlations and their root mean
        square error, over k of population densities, and the divergence KL(recorded | sampled) of these. An
        r of what does not vary (or of fewer than two units or pairs) is left out, with the warning `LeftOut`.
    """
    a, b = interval_statistics(sampled), interval_statistics(recorded)
    pairs = pairwise_correlations(sampled), pairwise_correlations(recorded)
    largest = int(recorded.sum(-1).max())
    p, q = population_density(recorded, largest), population_density(sampled, largest)
    q = (q + 1e-6) / (q + 1e-6).sum()
    agreement = {
        "mean_interval_r": pearson(a[0], b[0]),
        "sd_interval_r": pearson(a[1], b[1]),
        "correlation_r": pearson(*pairs),
        "correlation_rmse": float(np.sqrt(np.square(pairs[0] - pairs[1]).mean())) if pairs[0].size else None,
        "population_r": pearson(p, q),
        "population_kl": float((p[p > 0] * np.log(p[p > 0] / q[p > 0])).sum()),
    }
    left = [name for name, value in agreement.items() if value is None]
    if left:
        warnings.warn(
            f"generative_statistics: nothing varies in {', '.join(left)}: left out", LeftOut, stacklevel=2
        )
    return {name: value for name, value in agreement.items() if value is not None}
