"""Contrastive prediction: the next embedding is to be told from others, not only to be near."""

from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn.functional import cross_entropy

from brainwright.network.unrolling import Trajectory

from ..loss import Batch, Loss
from .parts import SMALLEST, cosine, predicted, rows, weighted_mean


@dataclass(frozen=True)
class InfoNCE:
    """-mean log of the softmax, over all embeddings of the batch, of cos(prediction, embedding) / temperature
    at the right one (contrastive predictive coding: van den Oord et al. 2018, arXiv:1807.03748). The gradient
    flows into the targets too.

    Parts: `loss` in nats, `cosine`, and `information`, log(pairs) - loss, a lower bound of what predictions
    say of the next patch.

    Args:
        hold: steps of the network for each patch.
        temperature: of the softmax.
        pairs: at most so many, evenly chosen from the batch: their number squared are compared.
    """

    hold: int = 1
    temperature: float = 0.1
    pairs: int = 256

    def loss(self, trajectory: Trajectory, batch: Batch) -> Loss:
        """Raises `NetworkError`; see `parts.predicted`."""
        found = predicted(trajectory, batch, self.hold)
        own = found.embedding[:, 1:]
        made, wanted = rows(found.made, found.weights), rows(own, found.weights)
        n = min(self.pairs, len(made))
        chosen = torch.linspace(0, max(len(made) - 1, 0), n).round().long()
        logits = _units(made[chosen]) @ _units(wanted[chosen]).mT / self.temperature
        total = cross_entropy(logits, torch.arange(n))
        like = weighted_mean(cosine(found.made, own).detach(), found.weights)
        loss = float(total.detach())
        information = float(torch.tensor(float(max(n, 1))).log()) - loss
        return Loss(total, {"loss": loss, "cosine": float(like), "information": information})


def _units(values: Tensor) -> Tensor:
    return values / values.norm(dim=-1, keepdim=True).clamp(min=SMALLEST)
