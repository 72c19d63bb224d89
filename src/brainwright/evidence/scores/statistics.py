"""Whether generated spike trains look like recorded ones: intervals, correlations, population counts.

Kapoor et al. 2024, arXiv 2407.08751. Print each beside the same comparison of training with test data.
"""

import numpy as np


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
        n_lags: fewer than the bins.
    """
    x = signal - signal.mean((0, 1))
    power = np.square(x).mean()
    n = x.shape[1]
    return np.array([(x[:, : n - k] * x[:, k:]).mean() / power for k in range(n_lags)])


def generative_statistics(sampled: np.ndarray, recorded: np.ndarray) -> dict[str, float]:
    """Agreement of generated with recorded counts.

    Args:
        sampled, recorded: [trial, bin, unit], the same units.

    Returns:
        Pearson's r over units of mean and sd of intervals, over pairs of correlations and their root mean
        square error, over k of population densities, and the divergence KL(recorded | sampled) of these.
    """
    a, b = interval_statistics(sampled), interval_statistics(recorded)
    pairs = pairwise_correlations(sampled), pairwise_correlations(recorded)
    largest = int(recorded.sum(-1).max())
    p, q = population_density(recorded, largest), population_density(sampled, largest)
    q = (q + 1e-6) / (q + 1e-6).sum()
    return {
        "mean_interval_r": _pearson(a[0], b[0]),
        "sd_interval_r": _pearson(a[1], b[1]),
        "correlation_r": _pearson(*pairs),
        "correlation_rmse": float(np.sqrt(np.square(pairs[0] - pairs[1]).mean())),
        "population_r": _pearson(p, q),
        "population_kl": float((p[p > 0] * np.log(p[p > 0] / q[p > 0])).sum()),
    }


def _pearson(a: np.ndarray, b: np.ndarray) -> float:
    here = np.isfinite(a) & np.isfinite(b)
    return float(np.corrcoef(a[here], b[here])[0, 1])
