"""Fits of forgetting curves: maximum likelihood, intervals, and the law by Akaike's criterion."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.optimize import minimize

from ..errors import RecallError
from .laws import LAWS

TINY = 1e-9
"""Chances are kept so far from 0 and 1 that a logarithm is finite."""
Z95 = 1.959964
"""Of a normal distribution, two-sided."""


@dataclass(frozen=True)
class Curve:
    """What was retained after which lag.

    Attributes:
        lags: 0 or more, in any unit.
        retained: share from 0 to 1 at each lag.
        trials: items asked at each lag, for the likelihood of counts; None where shares are measured with an
            unknown error that is the same at all lags.

    Raises:
        RecallError: other lengths, lags or shares, or fewer than four lags.
    """

    lags: NDArray[np.float64]
    retained: NDArray[np.float64]
    trials: NDArray[np.float64] | None = None

    @classmethod
    def of(cls, lags: ArrayLike, retained: ArrayLike, trials: ArrayLike | None = None) -> "Curve":
        """From any sequences; one number of trials stands for all lags."""
        t, share = np.asarray(lags, float), np.asarray(retained, float)
        n = None if trials is None else np.broadcast_to(np.asarray(trials, float), t.shape)
        return cls(t, share, n)

    def __post_init__(self) -> None:
        t, share = self.lags, self.retained
        if t.ndim != 1 or share.shape != t.shape or len(t) < 4:
            raise RecallError(f"expected four lags or more, a share each, got {t.shape} and {share.shape}")
        if not (np.isfinite(t).all() and (t >= 0).all() and ((share >= 0) & (share <= 1)).all()):
            raise RecallError("expected lags of 0 or more and shares from 0 to 1")
        if t.max() == 0 or (self.trials is not None and (self.trials < 1).any()):
            raise RecallError("expected a lag above 0, and a trial or more at each")


@dataclass(frozen=True)
class Fitted:
    """One law, fitted.

    Attributes:
        law: its name.
        parameters: name → (value, low, high) with 95 % intervals; an interval is (0, inf) where the data do
            not fix the parameter.
        aic: Akaike's criterion, 2 k - 2 log likelihood; lower is better.
    """

    law: str
    parameters: dict[str, tuple[float, float, float]]
    aic: float

    def retained(self, lags: ArrayLike) -> NDArray[np.float64]:
        """The share that the law expects after lags."""
        values = np.array([value for value, _, _ in self.parameters.values()])
        level = values[-1] if "level" in self.parameters else 1.0
        return level * LAWS[self.law].retained(np.asarray(lags, float), values)


def forgetting(curve: Curve, *, level: bool = False, laws: Sequence[str] = tuple(LAWS)) -> list[Fitted]:
    """Every law fitted to retention data, best first by Akaike's criterion.

    Args:
        curve: what was retained.
        level: whether the share at lag 0 is fitted too, for what was never learned fully; else it is 1.
        laws: which.

    Raises:
        RecallError: a law that there is not.

    Example:
        >>> lags = np.arange(1, 21)
        >>> forgetting(Curve.of(lags, np.exp(-lags / 5.0)))[0].law
        'exponential'
    """
    return sorted((fitted(curve, law, level=level) for law in laws), key=lambda fit: fit.aic)


def fitted(curve: Curve, law: str, *, level: bool = False) -> Fitted:
    """One law by maximum likelihood, with intervals from the curvature in the logarithm of each parameter.

    Raises:
        RecallError: a law that there is not.
    """
    if law not in LAWS:
        raise RecallError(f"expected one of {', '.join(LAWS)}, got {law!r}")
    form = LAWS[law]
    names = (*form.names, *(("level",) if level else ()))
    k = len(form.names)

    def chance(logs: np.ndarray) -> np.ndarray:
        p = np.exp(np.clip(logs, -30, 30))  # beyond, every law is a constant
        top = p[k] if level else 1.0
        return np.clip(top * form.retained(curve.lags, p), TINY, 1 - TINY)

    def loss(logs: np.ndarray) -> float:
        return _minus_log_likelihood(curve, chance(logs))

    middle = float(np.median(curve.lags[curve.lags > 0]))
    starts = [np.log([*start, *((0.9,) if level else ())]) for start in form.start(middle)]
    bounds = [(-20.0, 20.0)] * k + [(-20.0, 0.0)] * level
    tries = [minimize(loss, start, method="L-BFGS-B", bounds=bounds) for start in starts]
    best = min(tries, key=lambda found: found.fun)
    # a law of squared errors has one parameter more, the size of the error
    free = len(names) + (curve.trials is None)
    widths = _widths(loss, best.x)
    values = {
        name: (math.exp(x), *_ends(x, width)) for name, x, width in zip(names, best.x, widths, strict=True)
    }
    return Fitted(law, values, 2 * free + 2 * float(best.fun))


def _minus_log_likelihood(curve: Curve, chance: np.ndarray) -> float:
    if curve.trials is not None:
        hits = curve.retained * curve.trials
        return float(-(hits * np.log(chance) + (curve.trials - hits) * np.log(1 - chance)).sum())
    n, error = len(curve.lags), float(np.square(curve.retained - chance).mean())
    return 0.5 * n * math.log(max(error, TINY**2))


def _widths(loss, at: np.ndarray, step: float = 1e-3) -> np.ndarray:
    """Standard errors of logarithms from the inverse curvature; infinite where nothing is fixed."""
    n, shift = len(at), step * np.eye(len(at))
    curvature = np.empty((n, n))
    for i in range(n):
        for j in range(n):
            corners = (
                loss(at + a * shift[i] + b * shift[j]) * a * b
                for a, b in ((1, 1), (1, -1), (-1, 1), (-1, -1))
            )
            curvature[i, j] = sum(corners) / (4 * step**2)
    values, vectors = np.linalg.eigh(curvature)
    # a direction in which nothing bends leaves everything in it unknown
    variance = np.where(values > 1e-6 * max(values.max(), 1e-300), 1 / np.maximum(values, 1e-300), np.inf)
    spread = np.where(vectors**2 > 1e-9, vectors**2, 0.0)
    terms = np.where(spread > 0, spread * np.where(np.isinf(variance), 1e300, variance), 0.0)
    return np.sqrt(terms.sum(1))


def _ends(x: float, width: float) -> tuple[float, float]:
    if width > 50:
        return 0.0, math.inf
    return math.exp(x - Z95 * width), math.exp(min(x + Z95 * width, 700.0))
