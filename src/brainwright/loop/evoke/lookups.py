"""Without a model: what was tried and answered most alike, as such or smoothed over many trials."""

from typing import Literal

import numpy as np
from numpy.typing import NDArray

from .protocol import Writes
from .scores import correlations


def nearest(
    answers: NDArray[np.floating],
    targets: NDArray[np.floating],
    n: int = 1,
    *,
    among: NDArray[np.bool_] | None = None,
    by: Literal["amounts", "pattern"] = "amounts",
) -> NDArray[np.int64]:
    """The `n` trials whose answers are most like each target, the likest first, [dish, target, n].

    Args:
        answers: of single trials, [dish, trial, channel].
        targets: [dish, target, channel].
        n: how many.
        among: trials that are looked at first, [dish, target, trial].
        by: the squared distance, or the correlation.
    """
    if by == "pattern":
        far = -correlations(answers[:, None], targets[:, :, None])
    else:  # the targets' own size is the same for all trials
        far = np.square(answers).sum(-1)[:, None] - 2 * np.einsum("dnc,dtc->dtn", answers, targets)
    if among is not None:
        far = np.where(among, far, np.inf)
    return far.argsort(-1, kind="stable")[:, :, :n]


def smoothed(writes: Writes, trials: NDArray[np.int64], n_pulses: int) -> Writes:
    """Reverse correlation: the inputs that were written most often in the chosen trials.

    Args:
        writes: [dish, trial, input].
        trials: that were chosen for each target, [dish, target, n]; see `nearest`.
        n_pulses: of the write.

    Returns:
        Writes [dish, target, input].
    """
    dish = np.arange(len(writes))[:, None, None]
    often = writes[dish, trials].mean(2)
    return top(often, n_pulses)


def top(scores: NDArray[np.floating], k: int) -> Writes:
    """The k largest scores of each row, the first of equal ones: [..., input] -> bool [..., input]."""
    order = np.argsort(-scores, axis=-1, kind="stable")[..., :k]
    chosen = np.zeros(scores.shape, bool)
    np.put_along_axis(chosen, order, True, axis=-1)
    return chosen
