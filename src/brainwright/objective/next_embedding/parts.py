"""What all arms of next-embedding prediction share: embeddings, predictions, targets, and which count.

A stream is [batch, patch, values]; each patch is shown for `hold` steps of the network. The network must
embed its input (`network.embedded`), and record it: unroll it with `recording(hold)`.
"""

from typing import Any, NamedTuple

import torch
from jaxtyping import Float
from torch import Tensor

from brainwright.network import NetworkError
from brainwright.network.unrolling import Trajectory

from ..loss import Batch

SMALLEST = 1e-8
"""Added to what divides: far below any length, sum of weights or variance that means something."""


class Predicted(NamedTuple):
    """These are predictions beside what they are of, patch by patch."""

    embedding: Float[Tensor, "batch patch dimension"]
    """Embeddings are those of the network, with their gradient."""
    valid: Float[Tensor, "batch patch"]
    """It is 1 for patches of the stream, 0 for what fills it up."""
    made: Float[Tensor, "batch next dimension"]
    """Predictions are made at every patch but the last, of the next one."""
    wanted: Float[Tensor, "batch next dimension"]
    """Targets are the batch's, without gradient."""
    weights: Float[Tensor, "batch next"]
    """It is 1 where a patch and the next are both valid."""


def recording(hold: int = 1, *more: str) -> dict[str, Any]:
    """The options of `unroll` that every arm needs: the input population is called "input" in all networks
    of ours; `more` names further populations.
    """
    return {"hold": hold, "record": ("input", *more)}


def predicted(trajectory: Trajectory, batch: Batch, hold: int) -> Predicted:
    """It finds the predictions of a trajectory and their targets, [batch, patch, dimension], of which a row
    of zeros marks a patch that is none.

    Raises:
        NetworkError: an input that was not recorded, a stream shorter than two patches, targets of another
            shape or with NaN.
    """
    outputs, targets = trajectory.outputs[:, hold - 1 :: hold], batch.targets
    if "input" not in trajectory.recorded:
        raise NetworkError("next-embedding prediction needs the embeddings: unroll with **recording(hold)")
    embedding = trajectory.recorded["input"][:, hold - 1 :: hold]
    if outputs.shape[1] < 2:
        raise NetworkError(
            f"a stream of {outputs.shape[1]} patch has no next one: expected at least two patches "
            f"({hold} steps each)"
        )
    if not targets.is_floating_point() or targets.shape != embedding.shape:
        raise NetworkError(
            f"expected target embeddings of shape {tuple(embedding.shape)}, zeros where there is no patch, "
            f"got {targets.dtype} {tuple(targets.shape)}"
        )
    if not bool(torch.isfinite(targets).all()):
        raise NetworkError(
            "a target embedding is NaN or infinite: fill missing values of the stream, or mark the patch as "
            "none by zeros"
        )
    valid = (targets != 0).any(-1).to(outputs.dtype)
    weights = valid[:, :-1] * valid[:, 1:]
    return Predicted(embedding, valid, outputs[:, :-1], targets[:, 1:].detach(), weights)


def cosine(a: Float[Tensor, "... dimension"], b: Float[Tensor, "... dimension"]) -> Float[Tensor, "..."]:
    """The cosine of the angle between two vectors; 0 where one of them is 0."""
    return (a * b).sum(-1) / (a.norm(dim=-1) * b.norm(dim=-1)).clamp(min=SMALLEST)


def weighted_mean(values: Float[Tensor, "..."], weights: Float[Tensor, "..."]) -> Float[Tensor, ""]:
    """The mean over what counts; 0 where nothing does."""
    return (values * weights).sum() / weights.sum().clamp(min=1)


def rows(values: Float[Tensor, "batch patch n"], valid: Float[Tensor, "batch patch"]) -> Tensor:
    """The valid ones, one below another, [row, n]."""
    return values[valid > 0]


def covariance(values: Float[Tensor, "row n"]) -> Float[Tensor, "n n"]:
    """Over rows, whose number divides."""
    centred = values - values.mean(0)
    return centred.mT @ centred / max(len(values), 1)
