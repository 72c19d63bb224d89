"""How good sparse features are: what they leave, how many live, whether they come again, whether they are
true.
"""

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linear_sum_assignment

LEAST_ACTIVE = 1e-3
"""Share of frames in which a live feature is active at least."""
FLOOR = 101
"""Of random patterns: another stream of numbers than any data of the same seed."""


def fvu(values: NDArray[np.floating], again: NDArray[np.floating]) -> NDArray[np.float64]:
    """It returns the share of variance that is left, sum |x - xhat|^2 / sum |x - mean|^2, [model].

    Args:
        values: frames [time, unit] or [model, time, unit].
        again: as they were decoded, [model, time, unit].
    """
    x = np.asarray(values, np.float64)
    x = x[None] if x.ndim == 2 else x
    missed = np.square(x - again).sum((1, 2))
    return missed / np.square(x - x.mean(1, keepdims=True)).sum((1, 2))


def live(codes: NDArray[np.floating]) -> NDArray[np.bool_]:
    """It says which features are active in one frame of a thousand or more, [model, time, feature] -> [model,
    feature].
    """
    return (codes > 0).mean(1) >= LEAST_ACTIVE


def matched_cosine(a: NDArray[np.floating], b: NDArray[np.floating]) -> float:
    """It returns the mean cosine of two sets of patterns [feature, unit], matched one to one so that it is
    largest (Hungarian method); of the smaller set all are matched.
    """
    cosine = _unit(a) @ _unit(b).T
    return float(cosine[linear_sum_assignment(-cosine)].mean())


def stability(patterns: NDArray[np.floating], alive: NDArray[np.bool_]) -> NDArray[np.float64]:
    """It returns how much of a model's live features comes again under the other seeds: mean matched cosine
    with each other model, [model].

    Args:
        patterns: of the decoders, [model, feature, unit].
        alive: [model, feature].

    Raises:
        ValueError: fewer than two models.
    """
    n = len(patterns)
    if n < 2:
        raise ValueError(f"stability: expected two models or more, got {n}")
    kept = [pattern[own] for pattern, own in zip(patterns, alive, strict=True)]
    cosine = np.full((n, n), np.nan)
    for i in range(n):
        for j in range(i):
            cosine[i, j] = cosine[j, i] = (
                matched_cosine(kept[i], kept[j]) if len(kept[i]) * len(kept[j]) else 0
            )
    return np.nanmean(cosine, axis=1)


def stability_floor(n_features: int, n_units: int, seed: int = 0) -> float:
    """It returns the matched cosine of two sets of random patterns."""
    a, b = np.random.default_rng([seed, FLOOR]).normal(size=(2, n_features, n_units))
    return matched_cosine(a, b)


def match(truth: NDArray[np.floating], patterns: NDArray[np.floating]) -> float:
    """It returns the mean over true patterns [true, unit] of the largest cosine with one of the patterns
    [feature, unit].
    """
    return float((_unit(truth) @ _unit(patterns).T).max(1).mean())


def match_floor(truth: NDArray[np.floating], n_features: int, seed: int = 0) -> float:
    """It returns the same for as many random patterns."""
    rng = np.random.default_rng([seed, FLOOR])
    return match(truth, rng.normal(size=(n_features, truth.shape[1])))


def _unit(patterns: NDArray[np.floating]) -> NDArray[np.float64]:
    patterns = np.asarray(patterns, np.float64)
    size = np.linalg.norm(patterns, axis=-1, keepdims=True)
    return patterns / np.maximum(size, 1e-12)  # a pattern without length is like none
