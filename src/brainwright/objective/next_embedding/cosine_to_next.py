"""The arm itself, and what stands beside its loss: negative cosine to the embedding of the next patch."""

from collections.abc import Callable
from dataclasses import dataclass

from jaxtyping import Float
from torch import Tensor

from brainwright.network.unrolling import Trajectory

from ..loss import Batch, Loss
from .parts import cosine, predicted, rows, weighted_mean

Beside = Callable[[Float[Tensor, "row dimension"]], Float[Tensor, ""]]
"""A term of the loss that looks at embeddings alone; see `SIGReg`, `VICReg`."""


@dataclass(frozen=True)
class NextEmbedding:
    """-mean cos(prediction at t, embedding of patch t + 1) over valid pairs (Xu et al. 2025,
    arXiv:2512.16922). Targets are embeddings made beforehand, without gradient (`loop.predict_next` makes
    them): by the network's own weights (stop-gradient), by those of some updates ago (a delay line), or by
    their running mean.

    Parts: `loss`, `cosine`, and `beside` where there is a further term.

    Args:
        hold: steps of the network for each patch.
        through: whether the gradient flows into the target too, which is then the network's own embedding:
            the arm without stop-gradient, which collapses in part.
        beside: a further term, of the embeddings, that keeps them apart.
    """

    hold: int = 1
    through: bool = False
    beside: Beside | None = None

    def loss(self, trajectory: Trajectory, batch: Batch) -> Loss:
        """Raises `NetworkError`; see `parts.predicted`."""
        found = predicted(trajectory, batch, self.hold)
        wanted = found.embedding[:, 1:] if self.through else found.wanted
        like = weighted_mean(cosine(found.made, wanted), found.weights)
        parts = {"cosine": float(like.detach())}
        total = -like
        if self.beside is not None:
            term = self.beside(rows(found.embedding, found.valid))
            parts["beside"] = float(term.detach())
            total = total + term
        return Loss(total, {"loss": float(total.detach()), **parts})
