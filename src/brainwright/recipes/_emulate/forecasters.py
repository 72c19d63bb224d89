"""What a forecast of a recording has to beat: from the mean to regressions on everything that was seen.

Each is fitted to one recording; its setting is the one that does best on the validation windows.
"""

from collections.abc import Callable

import numpy as np
from jaxtyping import Float

from brainwright.emulator.baselines import exponential_edge, fit_glm
from brainwright.emulator.history import QUIET, fit_history, fit_stack, own_past
from brainwright.evidence.scores import NothingVaries, bits_per_spike

from .tasks import Task

Forecast = Callable[[np.ndarray], np.ndarray]
"""Windows [window, bin, unit], NaN in the bins to come, to expected activity there [window, ahead, unit]."""
N_COMPONENTS = 8
OWN_PENALTY = 3.0
FLOOR = 1e-3


def score(task: Task, forecast: np.ndarray, windows: np.ndarray) -> float:
    """Bits per spike over each unit's mean, or skill over the mean of what was seen."""
    coming = windows[:, task.n_seen :]
    if task.counts:
        return bits_per_spike(forecast, coming)
    return skill(forecast, coming)


def skill(forecast: np.ndarray, coming: np.ndarray) -> float:
    """1 - squared error / squared error of the mean of what was seen (0 here), Murphy 1988; all units as one.

    Not about the mean of the coming entries themselves, as R² is: in a block of a minute that mean foretells
    most of a slow signal, and no forecaster knows it. Raises `NothingVaries` where the signal stays at the
    mean of what was seen.
    """
    energy = float(np.nansum(np.square(coming)))
    if energy == 0:
        raise NothingVaries("skill: the coming signal stays at the mean of what was seen")
    return float(1 - np.nansum(np.square(forecast - coming)) / energy)


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

    def past(windows: np.ndarray) -> np.ndarray:
        return own_past(windows[:, : task.n_seen], counts=task.counts)

    layer = fit_history(
        level(task.train), past(task.train), task.train[:, task.n_seen :], counts=task.counts, penalty=penalty
    )
    return lambda windows: layer.forecast(level(windows), past(windows))


def reweighted(task: Task, penalty: float) -> Forecast:
    """Own history weighted for each horizon on validation windows, as the networks' forecasts are.

    What a network with own history has beyond this comes from the network.
    """
    own = own_history(task, penalty)
    coming = task.validation[:, task.n_seen :]
    stack = fit_stack([own(task.seen(task.validation))], coming, counts=task.counts)
    return lambda windows: stack.forecast([own(windows)])


def smoothing(task: Task, penalty: float) -> Forecast:
    """All units' smoothed activity at the edge (an exponential of four bins)."""
    return _regression(task, lambda x: _filtered(x, (4.0,), task.counts), penalty)


def lagged(task: Task, penalty: float) -> Forecast:
    """All units through three exponential filters: the coupled model."""
    return _regression(task, lambda x: _filtered(x, (1.0, 4.0, 16.0), task.counts), penalty)


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
    """Counts by Poisson regression; of a continuous signal what the unit's own history leaves, by ridge."""
    seen = np.nan_to_num(task.train[:, : task.n_seen])
    x, coming = features(seen), np.nan_to_num(task.train[:, task.n_seen :])
    if task.counts:
        predict, own = _glms(x, coming, penalty), None
    else:
        own = own_history(task, OWN_PENALTY)
        predict = _ridge(x, (coming - own(task.train)).reshape(len(x), -1), penalty)

    def forecast(windows: np.ndarray) -> np.ndarray:
        found = predict(features(np.nan_to_num(windows[:, : task.n_seen])))
        found = found.reshape(len(windows), task.n_ahead, -1)
        return found if own is None else found + own(windows)

    return forecast


def _glms(
    x: Float[np.ndarray, "window feature"], coming: Float[np.ndarray, "window ahead unit"], penalty: float
) -> Callable[[np.ndarray], np.ndarray]:
    """One Poisson regression for each horizon, no rate above the largest count of the unit in training.

    A log-linear model extrapolates a burst to any rate; one such window would outweigh all others.
    """
    models = [fit_glm(x, coming[:, h], penalty) for h in range(coming.shape[1])]
    most = coming.max((0, 1))
    return lambda new: np.minimum(np.stack([model.rates(new) for model in models], axis=1), most)


def _ridge(x: np.ndarray, y: np.ndarray, penalty: float) -> Callable[[np.ndarray], np.ndarray]:
    """Penalty per row, on standardised features."""
    mean, sd, level = x.mean(0), x.std(0) + 1e-6, y.mean(0)
    z = (x - mean) / sd
    gram = z.T @ z / len(z) + penalty * np.eye(z.shape[1])
    weights = np.linalg.solve(gram, z.T @ (y - level) / len(z))
    return lambda new: (new - mean) / sd @ weights + level


def _filtered(x: Float[np.ndarray, "window bin unit"], taus: tuple[float, ...], counts: bool) -> np.ndarray:
    """Exponential means up to the last bin (of counts their logarithm), [window, feature]."""
    found = exponential_edge(x, taus)
    return np.log(found + QUIET) if counts else found


def _smooth(x: Float[np.ndarray, "window bin unit"], counts: bool) -> np.ndarray:
    """A causal mean over the last four bins, its square root for counts."""
    total = np.cumsum(np.nan_to_num(x), axis=1)
    before = np.concatenate([np.zeros_like(total[:, :4]), total[:, :-4]], axis=1)
    mean = (total - before) / np.minimum(np.arange(x.shape[1]) + 1, 4)[:, None]
    return np.sqrt(np.maximum(mean, 0)) if counts else mean


PENALTIES = {True: (0.3, 3.0), False: (1.0, 10.0, 100.0)}
"""Searched by Poisson regressions, and by ridges."""
LINEAR: dict[str, Callable[[Task], list[Forecast]]] = {
    "mean": lambda task: [mean(task)],
    "persistence": lambda task: [
        persistence(task, n, s) for n in (1, 4, 12) for s in (0.2, 0.4, 0.6, 0.8, 1)
    ],
    "own_history": lambda task: [own_history(task, p) for p in (0.1, 1.0, 10.0)],
    "reweighted": lambda task: [reweighted(task, OWN_PENALTY)],
    "smoothing": lambda task: [smoothing(task, p) for p in PENALTIES[task.counts]],
    "pca": lambda task: [pca(task, p) for p in PENALTIES[task.counts]],
    "lagged": lambda task: [lagged(task, p) for p in PENALTIES[task.counts]],
}


def searched(task: Task, kind: str) -> Forecast:
    """The setting that does best on the validation windows."""
    made = LINEAR[kind](task)
    seen = task.seen(task.validation)
    return max(made, key=lambda forecast: score(task, forecast(seen), task.validation))
