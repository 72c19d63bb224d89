"""Losses of a module by what it heard, one value for each brain: local, each of one module alone."""

from collections.abc import Callable

from jaxtyping import Float
from torch import Tensor

from brainwright.network.modules import Heard
from brainwright.objective.next_embedding import cosine
from brainwright.objective.next_embedding.parts import SMALLEST

TEMPERATURE = 0.1
"""Of the softmax: as of `InfoNCE`."""


def next_embedding(heard: Heard) -> Float[Tensor, " brain"]:
    """-mean cosine of the prediction and the next embedding, without gradient into the latter."""
    like = cosine(heard.prediction[:, :, :-1], heard.embedding[:, :, 1:].detach())
    return -(like * heard.pairs).sum((1, 2)) / heard.pairs.sum((1, 2)).clamp(min=1)


def at_boundary(heard: Heard) -> Float[Tensor, " brain"]:
    """-mean log of the softmax, over the streams of the batch, of cos(prediction, embedding) / temperature
    where one input gives way to another: which second input belongs to the first (van den Oord et al. 2018,
    arXiv:1807.03748).
    """
    made, wanted = boundary(heard)
    logits = _units(made) @ _units(wanted).mT / TEMPERATURE
    return -logits.log_softmax(-1).diagonal(dim1=1, dim2=2).mean(-1)


def spread(heard: Heard) -> Float[Tensor, " brain"]:
    """mean_i max(0, 1 - sd_i) + .04 sum_{i≠j} cov_ij² / D of embeddings (Bardes, Ponce & LeCun 2022,
    arXiv:2105.04906).
    """
    z, weights = heard.embedding, heard.valid[..., None]
    total = weights.sum((1, 2), keepdim=True).clamp(min=1)
    centred = ((z - (z * weights).sum((1, 2), keepdim=True) / total) * weights).flatten(1, 2)
    between = centred.mT @ centred / total[:, :, 0]
    own = between.diagonal(dim1=1, dim2=2)
    apart = between.square().sum((1, 2)) - own.square().sum(1)
    return (1 - (own + SMALLEST).sqrt()).clamp(min=0).mean(1) + 0.04 * apart / z.shape[-1]


def slowness(heard: Heard) -> Float[Tensor, " brain"]:
    """-mean cosine of the state and the next one, each about the mean of the batch: what changes slowly
    (Wiskott & Sejnowski 2002, Neural Comput 14:715).
    """
    states = heard.states - heard.states.mean((1, 2), keepdim=True)
    like = cosine(states[:, :, :-1], states[:, :, 1:])
    return -(like * heard.pairs).sum((1, 2)) / heard.pairs.sum((1, 2)).clamp(min=1)


LOSSES: dict[str, Callable[[Heard], Tensor]] = {
    "next": next_embedding,
    "contrast": at_boundary,
    "spread": spread,
    "slow": slowness,
}
"""By the names that a stage gives them."""


def boundary(
    heard: Heard,
) -> tuple[Float[Tensor, "brain stream z"], Float[Tensor, "brain stream z"]]:
    """(prediction made at the last step of the first input, embedding of the first step of the second)."""
    changes = (heard.source[:, :, 1:] != heard.source[:, :, :-1]) & (heard.pairs > 0)
    at = changes.float().argmax(2)[..., None, None]
    made = heard.prediction.gather(2, at.expand(*at.shape[:3], heard.prediction.shape[3]))
    wanted = heard.embedding.gather(2, (at + 1).expand(*at.shape[:3], heard.embedding.shape[3]))
    return made[:, :, 0], wanted[:, :, 0]


def _units(values: Tensor) -> Tensor:
    return values / values.norm(dim=-1, keepdim=True).clamp(min=SMALLEST)
