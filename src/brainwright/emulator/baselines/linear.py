"""Baselines without learned features: mean, persistence, and Poisson regressions on smoothed counts.

The rate of an unseen unit in a seen bin is regressed on features around that bin; that of any unit in a bin
to come on features of the past alone, one regression for each horizon, over all bins of training windows.
"""

from collections.abc import Callable, Sequence

import numpy as np
from jaxtyping import Float
from scipy.ndimage import gaussian_filter1d

from ..question import Question
from .glm import PoissonGLM, fit_glm
from .search import Predict

BOXCARS = ((-12, -7), (-6, -3), (-2, 2), (3, 6), (7, 12))
TIME_CONSTANTS = (2.0, 4.0, 8.0, 16.0)
FLOOR = 1e-3
N_COMPONENTS = 6
FIRST_EDGE, EDGE_STEP = 15, 4
Features = Callable[[np.ndarray], np.ndarray]


def mean_rate(question: Question) -> Predict:
    """Each unit's mean over training windows."""
    mean = question.train.mean((0, 1))
    return lambda counts: np.broadcast_to(mean, counts.shape).copy()


def persistence(question: Question, n_last: float = 5, share: float = 0.5) -> Predict:
    """Seen units keep the mean of their last bins, mixed with their mean rate; unseen units their mean."""
    mean = question.train.mean((0, 1))
    last = np.s_[:, question.n_seen - int(n_last) : question.n_seen, : question.n_held_in]

    def predict(counts: np.ndarray) -> np.ndarray:
        rates = np.broadcast_to(mean, counts.shape).copy()
        held = share * counts[last].mean(1) + (1 - share) * mean[: question.n_held_in]
        rates[:, question.n_seen :, : question.n_held_in] = held[:, None] + FLOOR
        return rates

    return predict


def smoothing_glm(question: Question, sd: float = 3, penalty: float = 1e-3, ahead: float = 3e-2) -> Predict:
    """Log of the Gaussian-smoothed counts."""

    def features(x: np.ndarray) -> np.ndarray:
        return np.log(gaussian_filter1d(x, sd, axis=1, mode="nearest") + 0.02)

    return _regressions(question, features, exponential_edge, penalty, ahead)


def pca_glm(question: Question, sd: float = 4, penalty: float = 1e-3, ahead: float = 1e-3) -> Predict:
    """Six principal components of the square root of the smoothed counts."""

    def smoothed(x: np.ndarray) -> np.ndarray:
        return np.sqrt(gaussian_filter1d(x, sd, axis=1, mode="nearest"))

    rows = smoothed(question.inputs(question.train)).reshape(-1, question.n_held_in)
    centre = rows.mean(0)
    axes = np.linalg.svd(rows - centre, full_matrices=False)[2][:N_COMPONENTS].T

    def features(x: np.ndarray) -> np.ndarray:
        return (smoothed(x) - centre) @ axes

    def edge(x: np.ndarray) -> np.ndarray:
        return features(x)[:, [-1, -6, -11]].reshape(len(x), -1)

    return _regressions(question, features, edge, penalty, ahead)


def lagged_glm(question: Question, penalty: float = 3e-3, ahead: float = 3e-2) -> Predict:
    """Every seen unit's counts in five boxcars around the bin (a coupled GLM that may look ahead)."""
    return _regressions(question, boxcars, exponential_edge, penalty, ahead)


def boxcars(x: Float[np.ndarray, "trial bin unit"]) -> Float[np.ndarray, "trial bin feature"]:
    """Mean count in windows of lags, shorter at the ends of a trial."""
    n = x.shape[1]
    total = np.concatenate([np.zeros_like(x[:, :1]), x.cumsum(1)], axis=1)
    t = np.arange(n)
    found = []
    for first, last in BOXCARS:
        a, b = np.clip(t + first, 0, n), np.clip(t + last + 1, 0, n)
        found.append((total[:, b] - total[:, a]) / np.maximum(b - a, 1)[:, None])
    return np.concatenate(found, axis=2)


def exponential_edge(
    x: Float[np.ndarray, "trial bin unit"], time_constants: Sequence[float] = TIME_CONSTANTS
) -> Float[np.ndarray, "trial feature"]:
    """Means up to the last bin under exponential filters of so many bins."""
    age = np.arange(x.shape[1])[::-1]
    kernels = [np.exp(-age / tau) / np.exp(-age / tau).sum() for tau in time_constants]
    return np.concatenate([np.einsum("nbu,b->nu", x, kernel) for kernel in kernels], axis=1)


def _regressions(
    question: Question, features: Features, edge: Features, penalty: float, ahead: float
) -> Predict:
    """Both regressions. A seen unit in a seen bin gets its mean rate: nothing asks for it."""
    n_seen, n_in = question.n_seen, question.n_held_in
    mean = question.train.mean((0, 1))
    x = question.inputs(question.train)
    around = features(x)
    smooth = fit_glm(
        around.reshape(-1, around.shape[-1]),
        question.train[:, :n_seen, n_in:].reshape(-1, question.n_units - n_in),
        penalty,
    )
    edges = np.arange(FIRST_EDGE, question.n_bins, EDGE_STEP)
    whole = question.train[:, :, :n_in].astype(np.float64)
    pasts = np.stack([edge(whole[:, :e]) for e in edges], axis=1)
    coming: list[PoissonGLM] = []
    for horizon in range(question.n_bins - n_seen):
        usable = edges + horizon < question.n_bins
        rows, targets = pasts[:, usable], question.train[:, edges[usable] + horizon]
        coming.append(fit_glm(rows.reshape(-1, rows.shape[-1]), targets.reshape(-1, question.n_units), ahead))

    def predict(counts: np.ndarray) -> np.ndarray:
        rates = np.broadcast_to(mean, counts.shape).copy()
        seen = question.inputs(counts)
        rates[:, :n_seen, n_in:] = smooth.rates(features(seen))
        at_edge = edge(seen)
        for horizon, glm in enumerate(coming):
            rates[:, n_seen + horizon] = glm.rates(at_edge)
        return rates

    return predict
