"""The variance and covariance terms of VICReg keep embeddings apart, in place of a stop-gradient."""

from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor

from .parts import SMALLEST, covariance


@dataclass(frozen=True)
class VICReg:
    """variance × mean_i max(0, 1 - sd_i) + covariance × sum_{i≠j} cov_ij² / D (Bardes, Ponce & LeCun 2022,
    arXiv:2105.04906, where the ratio of the two is 25 : 1).

    Args:
        variance, covariance: weights.
    """

    variance: float = 1.0
    covariance: float = 0.04

    def __call__(self, z: Float[Tensor, "row dimension"]) -> Float[Tensor, ""]:
        """The term is a scalar."""
        between = covariance(z)
        spread = (between.diagonal() + SMALLEST).sqrt()
        apart = between - torch.diag(between.diagonal())
        return (
            self.variance * (1 - spread).clamp(min=0).mean()
            + self.covariance * apart.square().sum() / z.shape[1]
        )
