"""Latent predictive learning: every layer predicts its own past activity, and no gradient leaves a layer."""

from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor

from brainwright.network.unrolling import Trajectory

from ..loss import Batch, Loss
from .parts import Predicted, cosine, covariance, predicted, rows, weighted_mean

QUIET = 1e-4
"""Added to a variance before its logarithm, as its authors do."""


@dataclass(frozen=True)
class LayerLocal:
    """Of each recorded population y: mean |y_t - sg(y_{t-1})|² / n - hebb × mean_i log(var_i + 1e-4)
    + decorrelation × sum_{i≠j} cov_ij² / (n² - n), the mean of the batch without gradient (Halvagal & Zenke
    2023, Nat Neurosci 26:1906); and of the read-out the negative cosine to the next embedding. It is local
    where no gradient crosses a projection: train it by the rule `learning.LayerLocal`.

    Parts: `loss`, `cosine`, and `pull`, `hebb`, `decorrelation` summed over populations.

    Args:
        hold: steps of the network for each patch.
        hebb, decorrelation: weights, as of its authors.
    """

    hold: int = 1
    hebb: float = 1.0
    decorrelation: float = 10.0

    def loss(self, trajectory: Trajectory, batch: Batch) -> Loss:
        """Raises `NetworkError`; see `parts.predicted`."""
        found = predicted(trajectory, batch, self.hold)
        like = weighted_mean(cosine(found.made, found.wanted), found.weights)
        total, sums = -like, {"pull": 0.0, "hebb": 0.0, "decorrelation": 0.0}
        for shown in trajectory.recorded.values():
            for name, term in self._terms(shown[:, self.hold - 1 :: self.hold], found).items():
                sums[name] += float(term.detach())
                total = total + term
        return Loss(total, {"loss": float(total.detach()), "cosine": float(like.detach()), **sums})

    def _terms(self, y: Float[Tensor, "batch patch n"], found: Predicted) -> dict[str, Tensor]:
        n = y.shape[-1]
        moved = (y[:, 1:] - y[:, :-1].detach()).square().mean(-1)
        valid = rows(y, found.valid)
        # the mean carries no gradient, so that a cell's rule needs to know it only as a number
        between = covariance(valid - valid.mean(0).detach())
        apart = between - torch.diag(between.diagonal())
        return {
            "pull": weighted_mean(moved, found.weights),
            "hebb": -self.hebb * (between.diagonal() + QUIET).log().mean(),
            "decorrelation": self.decorrelation * apart.square().sum() / max(n * n - n, 1),
        }
