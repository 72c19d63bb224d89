"""What a forecast of a recording has to beat: from the mean to regressions on everything that was seen.

Each is fitted to one recording; its setting is the one that does best on the validation windows.
"""

from collections.abc import Callable

import numpy as np
from jaxtyping import Float

from ..baselines import exponential_edge, fit_glm
from ..history import QUIET, History, fit_history, fit_stack, own_past
from ..question import Question
from .task import score

Forecast = Callable[[np.ndarray], np.ndarray]
"""Windows [window, bin, unit], NaN in the bins to come, to expected activity there [window, ahead, unit]."""
N_COMPONENTS = 8
"""Of the principal components: as many as the emulator has latents."""
OWN_PENALTY = 3.0
"""Of own history where it is a part of another forecast: found on validation blocks."""
FLOOR = 1e-3
"""Added to rates that may be 0: a spike that was held impossible would cost infinitely many bits."""


def mean(question: Question) -> Forecast:
    """The forecast is each unit's mean over training."""
    level = np.nanmean(question.train, axis=(0, 1))
    return lambda windows: np.broadcast_to(level, (len(windows), question.n_ahead, len(level))).copy()


def persistence(question: Question, n_last: int, share: float) -> Forecast:
    """It returns the mean of the last bins, mixed with the unit's mean."""
    level = np.nanmean(question.train, axis=(0, 1))

    def forecast(windows: np.ndarray) -> np.ndarray:
        last = np.nanmean(windows[:, question.n_seen - n_last : question.n_seen], axis=1)
        held = share * last + (1 - share) * level + (FLOOR if question.counts else 0)
        return np.repeat(held[:, None], question.n_ahead, axis=1)

    return forecast


def own_history(question: Question, penalty: float) -> Forecast:
    """It forecasts each unit from its own past alone: an autoregression, a direct one for each horizon."""
    level, layer = mean(question), history_of(question, penalty)
    return lambda windows: layer.forecast(level(windows), _past(question, windows))


def history_of(question: Question, penalty: float) -> History:
    """The autoregression of each unit around its mean over training."""
    return fit_history(
        mean(question)(question.train),
        _past(question, question.train),
        question.coming(question.train),
        counts=question.counts,
        penalty=penalty,
    )


def _past(question: Question, windows: np.ndarray) -> np.ndarray:
    return own_past(windows[:, : question.n_seen], counts=question.counts)


def reweighted(question: Question, penalty: float) -> Forecast:
    """Own history weighted for each horizon on validation windows, as the networks' forecasts are.

    What a network with own history has beyond this comes from the network.
    """
    history = own_history(question, penalty)
    coming = question.coming(question.validation)
    stack = fit_stack([history(question.seen(question.validation))], coming, counts=question.counts)
    return lambda windows: stack.forecast([history(windows)])


def smoothing(question: Question, penalty: float) -> Forecast:
    """It regresses on all units' smoothed activity at the edge (an exponential of four bins)."""
    return _regression(question, lambda x: _filtered(x, (4.0,), question.counts), penalty)


def lagged(question: Question, penalty: float) -> Forecast:
    """It regresses on all units through three exponential filters: the coupled model."""
    return _regression(question, lambda x: _filtered(x, (1.0, 4.0, 16.0), question.counts), penalty)


def pca(question: Question, penalty: float) -> Forecast:
    """It regresses on eight principal components of the smoothed activity, at the edge and five and ten bins
    before.
    """
    rows = _smooth(question.train[:, : question.n_seen], question.counts)
    centre = rows.mean((0, 1))
    axes = np.linalg.svd((rows - centre).reshape(-1, rows.shape[2])[::3], full_matrices=False)[2][
        :N_COMPONENTS
    ].T

    def features(x: np.ndarray) -> np.ndarray:
        return ((_smooth(x, question.counts) - centre) @ axes)[:, [-1, -6, -11]].reshape(len(x), -1)

    return _regression(question, features, penalty)


def _regression(question: Question, features: Callable[[np.ndarray], np.ndarray], penalty: float) -> Forecast:
    """Counts by Poisson regression; of a continuous signal what the unit's own history leaves, by ridge."""
    seen = np.nan_to_num(question.train[:, : question.n_seen])
    x, coming = features(seen), np.nan_to_num(question.coming(question.train))
    if question.counts:
        predict, history = _glms(x, coming, penalty), None
    else:
        history = own_history(question, OWN_PENALTY)
        predict = _ridge(x, (coming - history(question.train)).reshape(len(x), -1), penalty)

    def forecast(windows: np.ndarray) -> np.ndarray:
        flat = predict(features(np.nan_to_num(windows[:, : question.n_seen])))
        ahead = flat.reshape(len(windows), question.n_ahead, -1)
        return ahead if history is None else ahead + history(windows)

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
    """The penalty is per row, on standardised features."""
    # 1e-6: a feature that never varies is not divided by 0
    mean, sd, level = x.mean(0), x.std(0) + 1e-6, y.mean(0)
    z = (x - mean) / sd
    gram = z.T @ z / len(z) + penalty * np.eye(z.shape[1])
    weights = np.linalg.solve(gram, z.T @ (y - level) / len(z))
    return lambda new: (new - mean) / sd @ weights + level


def _filtered(x: Float[np.ndarray, "window bin unit"], taus: tuple[float, ...], counts: bool) -> np.ndarray:
    """Exponential means up to the last bin (of counts their logarithm), [window, feature]."""
    means = exponential_edge(x, taus)
    return np.log(means + QUIET) if counts else means


def _smooth(x: Float[np.ndarray, "window bin unit"], counts: bool) -> np.ndarray:
    """A causal mean over the last four bins, its square root for counts."""
    total = np.cumsum(np.nan_to_num(x), axis=1)
    before = np.concatenate([np.zeros_like(total[:, :4]), total[:, :-4]], axis=1)
    mean = (total - before) / np.minimum(np.arange(x.shape[1]) + 1, 4)[:, None]
    return np.sqrt(np.maximum(mean, 0)) if counts else mean


PENALTIES = {True: (0.3, 3.0), False: (1.0, 10.0, 100.0)}
"""Searched by Poisson regressions, and by ridges."""
LINEAR: dict[str, Callable[[Question], list[Forecast]]] = {
    "mean": lambda question: [mean(question)],
    "persistence": lambda question: [
        persistence(question, n, s) for n in (1, 4, 12) for s in (0.2, 0.4, 0.6, 0.8, 1.0)
    ],
    "own_history": lambda question: [own_history(question, p) for p in (0.1, 1.0, 10.0)],
    "reweighted": lambda question: [reweighted(question, OWN_PENALTY)],
    "smoothing": lambda question: [smoothing(question, p) for p in PENALTIES[question.counts]],
    "pca": lambda question: [pca(question, p) for p in PENALTIES[question.counts]],
    "lagged": lambda question: [lagged(question, p) for p in PENALTIES[question.counts]],
}


def searched(question: Question, kind: str) -> Forecast:
    """A baseline of `LINEAR`, with the setting that does best on the validation windows."""
    seen, coming = question.seen(question.validation), question.coming(question.validation)
    fits = LINEAR[kind](question)
    return max(fits, key=lambda forecast: score(forecast(seen), coming, counts=question.counts))
