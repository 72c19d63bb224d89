"""What drives a feature: the units of its pattern, the conditions that it prefers, its top moments."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .autoencoder import SparseFeatures


@dataclass(frozen=True, eq=False)
class Drive:
    """What one feature is about.

    Attributes:
        feature: its number.
        active: share of frames in which it is active.
        units: numbers of the units of its pattern, the largest weight first, whatever its sign.
        weights: of these.
        moments: numbers of the frames in which it was most active, the most first.
        strengths: in these.
        tuning: mean activity under each condition; empty where none is given.
        selectivity: 1 - mean of the tuning over its largest value: 0 where all conditions are alike.
    """

    feature: int
    active: float
    units: NDArray[np.int64]
    weights: NDArray[np.float64]
    moments: NDArray[np.int64]
    strengths: NDArray[np.float64]
    tuning: NDArray[np.float64]
    selectivity: float


def drives(
    features: SparseFeatures,
    values: NDArray,
    condition: NDArray[np.integer] | None = None,
    *,
    model: int = 0,
    top: int = 8,
    apart: int = 1,
) -> list[Drive]:
    """It says what drives the features of one model, the most active first; features never active are left
    out.

    Args:
        features: fitted.
        values: frames [time, unit].
        condition: of each frame, such as the number of a stimulus; -1 for none.
        model: of the batch.
        top: units and moments that are named.
        apart: frames between two moments at least, so that one event is named once.
    """
    codes = features.take([model]).encode(values)[0].astype(np.float64)
    patterns, shares = features.decoder[model].numpy(), (codes > 0).mean(0)
    shown = []
    for number in np.argsort(-shares, kind="stable"):
        if not shares[number]:
            continue
        own, units = codes[:, number], np.argsort(-np.abs(patterns[number]), kind="stable")[:top]
        moments = _peaks(own, top, apart)
        tuning = _tuning(own, condition)
        peak = tuning.max(initial=0.0)
        shown.append(
            Drive(
                int(number), float(shares[number]), units, patterns[number][units].astype(np.float64),
                moments, own[moments], tuning, float(1 - tuning.mean() / peak) if peak > 0 else 0.0,
            )
        )  # fmt: skip
    return shown


def _tuning(own: NDArray[np.float64], condition: NDArray[np.integer] | None) -> NDArray[np.float64]:
    if condition is None:
        return np.zeros(0)
    there = np.unique(condition[condition >= 0])
    return np.array([own[condition == which].mean() for which in there])


def _peaks(own: NDArray[np.float64], top: int, apart: int) -> NDArray[np.int64]:
    """Frames of the largest values, `apart` from one another."""
    kept: list[int] = []
    for frame in np.argsort(-own, kind="stable"):
        if len(kept) == top or own[frame] <= 0:
            break
        if all(abs(frame - other) >= apart for other in kept):
            kept.append(int(frame))
    return np.array(kept, np.int64)
