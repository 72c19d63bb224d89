"""SIGReg keeps embeddings spread like a normal distribution, in place of a stop-gradient."""

import math
from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor

from .parts import SMALLEST

FARTHEST = 4.0
"""Of the frequencies at which characteristic functions are compared: there a normal one is 3e-4."""


@dataclass(frozen=True)
class SIGReg:
    """weight × mean over directions a of N int |E exp(i s aᵀz) - exp(-s²/2)|² exp(-s²/2) ds, the test of
    Epps and Pulley (1983) of each projection against a standard normal, N rows (Balestriero & LeCun 2025,
    arXiv:2511.08544; without stop-gradient in LeNEPA, arXiv:2607.00958). The same directions at every update,
    drawn from the seed, so that a loss follows from its arguments alone.

    Args:
        weight: of the term, for each row: 5e-2 was found on tuning seeds to keep the spread of digits.
        directions: how many; twice a dimension of 32 see every plane.
        points: of the integral from 0 to `FARTHEST`, by the rule of trapezoids.
        seed: of the directions.
    """

    weight: float = 5e-2
    directions: int = 64
    points: int = 9
    seed: int = 0

    def __call__(self, z: Float[Tensor, "row dimension"]) -> Float[Tensor, ""]:
        """The term is a scalar."""
        generator = torch.Generator().manual_seed(self.seed)
        a = torch.randn(z.shape[1], self.directions, generator=generator, dtype=torch.float64).to(z)
        along = z @ (a / a.norm(dim=0).clamp(min=SMALLEST))
        s = torch.linspace(0, FARTHEST, self.points, dtype=z.dtype)
        normal = torch.exp(-s.square() / 2)
        angles = along[..., None] * s
        away = (angles.cos().mean(0) - normal).square() + angles.sin().mean(0).square()
        # the integrand is even: twice the half from 0
        distance = 2 * torch.trapezoid(away * normal, s, dim=-1) / math.sqrt(2 * math.pi)
        return self.weight * len(z) * distance.mean()
