"""How near an answer came to what was wanted, cleared of the noise of few trials."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, eq=False)
class Wanted:
    """Answers that are wanted: `mean` [dish, target, channel], and `noise` of that mean, the variance that is
    left of few trials, summed over channels, [dish, target].
    """

    mean: NDArray[np.float64]
    noise: NDArray[np.float64]

    @classmethod
    def of(cls, answers: NDArray[np.floating]) -> "Wanted":
        """From repeated answers [dish, target, trial, channel]."""
        return cls(answers.mean(2).astype(np.float64), noise_of(answers))


def noise_of(answers: NDArray[np.floating]) -> NDArray[np.float64]:
    """Variance of the mean over trials, summed over channels: [..., trial, channel] -> [...]."""
    return (answers.var(-2, ddof=1, dtype=np.float64) / answers.shape[-2]).sum(-1)


def corrected_r2(answers: NDArray[np.floating], wanted: Wanted) -> NDArray[np.float64]:
    """R2 = 1 - mean(|zbar - z*|^2 - noise) / mean(|z*|^2 - noise), means over targets, [dish].

    Both squares hold the noise of the means beside what is meant; its estimate is taken off. 1 is the wanted
    answer itself, 0 an answer that does not depend on the write, below 0 is further away than that.

    Args:
        answers: [dish, target, trial, channel].
        wanted: from other trials.
    """
    missed = np.square(answers.mean(2, dtype=np.float64) - wanted.mean).sum(-1)
    missed -= noise_of(answers) + wanted.noise
    size = np.square(wanted.mean).sum(-1) - wanted.noise
    return 1 - missed.mean(1) / size.mean(1)


def correlations(a: NDArray[np.floating], b: NDArray[np.floating]) -> NDArray[np.float64]:
    """Correlation over channels, [..., channel] twice -> [...]; 0 where one does not vary."""
    a, b = a - a.mean(-1, keepdims=True), b - b.mean(-1, keepdims=True)
    size = np.sqrt(np.square(a).sum(-1) * np.square(b).sum(-1))
    return np.divide((a * b).sum(-1), size, out=np.zeros_like(size), where=size > 0)


def named(answers: NDArray[np.floating], wanted: NDArray[np.floating]) -> NDArray[np.float64]:
    """Share of single trials whose most alike target is their own, by correlation, [dish].

    Args:
        answers: [dish, target, trial, channel].
        wanted: [dish, target, channel].
    """
    alike = correlations(answers[:, :, :, None], wanted[:, None, None])
    own = np.arange(wanted.shape[1])[None, :, None]
    return (alike.argmax(-1) == own).mean((1, 2))
