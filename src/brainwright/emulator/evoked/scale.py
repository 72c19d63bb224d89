"""Counts as numbers that have about the same noise everywhere."""

from dataclasses import dataclass

from jaxtyping import Float
from torch import Tensor

LEAST_SD = 0.05
"""Of the square root of a count: a channel that was silent in nearly every trial is not blown up."""


@dataclass(frozen=True, eq=False)
class AnswerScale:
    """z = (sqrt(count) - mean) / sd over recorded trials: the root makes the noise of a Poisson count even.

    `mean` and `sd` are [dish, 1, channel].
    """

    mean: Tensor
    sd: Tensor

    @classmethod
    def of(cls, counts: Float[Tensor, "dish trial channel"]) -> "AnswerScale":
        """The scale of recorded trials."""
        root = counts.sqrt()
        return cls(root.mean(1, keepdim=True), root.std(1, keepdim=True).clamp(min=LEAST_SD))

    def __call__(self, counts: Float[Tensor, "dish trial channel"]) -> Float[Tensor, "dish trial channel"]:
        return (counts.sqrt() - self.mean) / self.sd
