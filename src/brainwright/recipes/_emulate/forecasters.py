"""What a forecast of a recording has to beat: from the mean to regressions on everything that was seen.

Each is fitted to one recording; its setting is the one that does best on the validation windows.
"""

from collections.abc import Callable

import numpy as np
from jaxtyping import Float

from brainwright.emulator.baselines import fit_glm
from brainwright.emulator.history import fit_history, own_past
from brainwright.evidence.scores import bits_per_spike

from .tasks import Task

Forecast = Callable[[np.ndarray], np.ndarray]
"""Windows [window, bin, unit], NaN in the bins to come, to expected activity there [window, ahead, unit]."""
N_COMPONENTS = 8
FLOOR = 1e-3


def score(task: Task, forecast: np.ndarray, windows: np.ndarray) -> float:
    """Bits per spike, or the share of variance explained about each unit's mean over the same entries."""
    coming = windows[:, task.n_seen :]
    if task.counts:
        return bits_per_spike(forecast, coming)
    return explained(forecast, coming)


def explained(forecast: np.ndarray, coming: np.ndarray) -> float:
    """1 - squared error / squared deviation from each unit's own mean in these entries, all units as one."""
    error = np.nansum(np.square(forecast - coming))
    return float(1 - error / np.nansum(np.square(coming - np.nanmean(coming, axis=(0, 1)))))


def mean(task: Task) -> Forecast:
    """Each unit's mean over training."""
    level = np.nanmean(task.train, axis=(0, 1))
    return lambda windows: np.broadcast_to(level, (len(windows), task.n_ahead, len(level))).copy()


def persistence(task: Task, n_last: int, share: float) -> Forecast:
    """The mean of the last bins, mixed with the unit's mean."""
    level = np.nanmean(task.train, axis=(0, 1))

    def forecast(windows: np.ndarray) -> np.ndarray:
        last = np.nanmean(windows[:, task.n_seen - n_last : task.n_seen], axis=1)
        held = share * last + (1 - share) * level + (FLOOR if task.counts else 0)
        return np.repeat(held[:, None], task.n_ahead, axis=1)

    return forecast


def own_history(task: Task, penalty: float) -> Forecast:
    """Each unit from its own past alone: an autoregression, a direct one for each horizon."""
    level = mean(task)
    centre = np.nanmean(task.train, axis=(0, 1))

    def past(windows: np.ndarray) -> np.ndarray:
        return own_past(windows[:, : task.n_seen] - centre)

    layer = fit_history(
        level(task.train), past(task.train), task.train[:, task.n_seen :], counts=task.counts, penalty=penalty
    )
    return lambda windows: layer.forecast(level(windows), past(windows))


def smoothing(task: Task, penalty: float) -> Forecast:
    """All units' smoothed activity at the edge (an exponential of four bins)."""
    return _regression(task, lambda x: _filtered(x, (4.0,)), penalty)


def lagged(task: Task, penalty: float) -> Forecast:
    """All units through four exponential filters: the coupled model."""
    return _regression(task, lambda x: _filtered(x, (1.0, 4.0, 16.0)), penalty)


def pca(task: Task, penalty: float) -> Forecast:
    """Eight principal components of the smoothed activity, at the edge and five and ten bins before."""
    rows = _smooth(task.train[:, : task.n_seen], task.counts)
    centre = rows.mean((0, 1))
    axes = np.linalg.svd((rows - centre).reshape(-1, rows.shape[2])[::3], full_matrices=False)[2][
        :N_COMPONENTS
    ].T

    def features(x: np.ndarray) -> np.ndarray:
        return ((_smooth(x, task.counts) - centre) @ axes)[:, [-1, -6, -11]].reshape(len(x), -1)

    return _regression(task, features, penalty)


def _regression(task: Task, features: Callable[[np.ndarray], np.ndarray], penalty: float) -> Forecast:
    x = features(np.nan_to_num(task.train[:, : task.n_seen]))
    coming = task.train[:, task.n_seen :].reshape(len(x), -1)
    fit = _glm if task.counts else _ridge
    predict = fit(x, np.nan_to_num(coming), penalty)

    def forecast(windows: np.ndarray) -> np.ndarray:
        seen = features(np.nan_to_num(windows[:, : task.n_seen]))
        return predict(seen).reshape(len(windows), task.n_ahead, -1)

    return forecast


def _glm(x: np.ndarray, y: np.ndarray, penalty: float) -> Callable[[np.ndarray], np.ndarray]:
    return fit_glm(x, y, penalty).rates


def _ridge(x: np.ndarray, y: np.ndarray, penalty: float) -> Callable[[np.ndarray], np.ndarray]:
    """Penalty per row, on standardised features."""
    mean, sd, level = x.mean(0), x.std(0) + 1e-6, y.mean(0)
    z = (x - mean) / sd
    gram = z.T @ z / len(z) + penalty * np.eye(z.shape[1])
    weights = np.linalg.solve(gram, z.T @ (y - level) / len(z))
    return lambda new: (new - mean) / sd @ weights + level


def _filtered(x: Float[np.ndarray, "window bin unit"], taus: tuple[float, ...]) -> np.ndarray:
    """Exponential means up to the last bin, [window, feature]."""
    age = np.arange(x.shape[1])[::-1]
    kernels = [np.exp(-age / tau) / np.exp(-age / tau).sum() for tau in taus]
    return np.concatenate([np.einsum("ntu,t->nu", x, kernel) for kernel in kernels], axis=1)


def _smooth(x: Float[np.ndarray, "window bin unit"], counts: bool) -> np.ndarray:
    """A causal mean over the last four bins, its square root for counts."""
    total = np.cumsum(np.nan_to_num(x), axis=1)
    before = np.concatenate([np.zeros_like(total[:, :4]), total[:, :-4]], axis=1)
    mean = (total - before) / np.minimum(np.arange(x.shape[1]) + 1, 4)[:, None]
    return np.sqrt(np.maximum(mean, 0)) if counts else mean


PENALTIES = {True: (1e-3, 1e-2, 1e-1), False: (1e-2, 1e-1, 1.0, 10.0)}
"""Searched by Poisson regressions, and by ridges."""
LINEAR: dict[str, Callable[[Task], list[Forecast]]] = {
    "mean": lambda task: [mean(task)],
    "persistence": lambda task: [
        persistence(task, n, s) for n in (1, 4, 12) for s in (0.2, 0.4, 0.6, 0.8, 1)
    ],
    "own_history": lambda task: [own_history(task, p) for p in PENALTIES[task.counts]],
    "smoothing": lambda task: [smoothing(task, p) for p in PENALTIES[task.counts]],
    "pca": lambda task: [pca(task, p) for p in PENALTIES[task.counts]],
    "lagged": lambda task: [lagged(task, p) for p in PENALTIES[task.counts]],
}


def searched(task: Task, kind: str) -> Forecast:
    """The setting that does best on the validation windows."""
    made = LINEAR[kind](task)
    seen = task.seen(task.validation)
    return max(made, key=lambda forecast: score(task, forecast(seen), task.validation))
