"""Can what was seen be had back from what is kept? The share of it, beside that of what was never seen."""

import torch
from jaxtyping import Float, Int
from torch import Tensor

from .errors import RecallError

RIDGE = 10.0
"""Added to the products of states: small beside thousands of samples, large beside rounding."""


def decoder(states: Float[Tensor, "row state"], inputs: Float[Tensor, "row feature"]) -> Tensor:
    """The linear map [state + 1, feature] from states back to inputs, by ridge regression: what an attacker
    would fit who has pictures of his own and the network.
    """
    ones = torch.cat([states, torch.ones(len(states), 1)], dim=1)
    return torch.linalg.solve(ones.T @ ones + RIDGE * torch.eye(ones.shape[1]), ones.T @ inputs)


def decoded(states: Float[Tensor, "row state"], back: Tensor) -> Float[Tensor, "row feature"]:
    """Inputs that states stand for."""
    return torch.cat([states, torch.ones(len(states), 1)], dim=1) @ back


def nearest_r2(
    kept: Float[Tensor, "kept feature"],
    kept_classes: Int[Tensor, " kept"],
    asked: Float[Tensor, "asked feature"],
    asked_classes: Int[Tensor, " asked"],
) -> float:
    """R² of the nearest of what is kept, of the same class, for inputs that are asked for: 1 where each is
    there to the last pixel, 0 where the mean of all would do as well.

    Kept may be samples, or draws of a generator. What the class alone says is in it (about .2 for digits), so
    that it must be compared with that of inputs which were never seen: what it is higher by was kept of
    single inputs.

    Raises:
        RecallError: a class of which nothing is kept.
    """
    missed = 0.0
    for c in asked_classes.unique():
        own, wanted = kept[kept_classes == c], asked[asked_classes == c]
        if not len(own):
            raise RecallError(f"nothing is kept of class {int(c)}")
        missed += float(torch.cdist(wanted, own).square().amin(1).sum())
    return 1 - missed / float((asked - asked.mean(0)).square().sum())


def told_apart(seen: Float[Tensor, " row"], never: Float[Tensor, " other"]) -> float:
    """How well a score tells what was seen from what was never seen: the chance that a seen one has the
    higher score, half where they are equal (the area under the curve of membership inference: Shokri et al.
    2017, arXiv:1610.05820). .5 where what is kept knows nothing of single samples.

    Args:
        seen, never: scores, such as log densities under what is kept.
    """
    above = (seen[:, None] > never).float() + 0.5 * (seen[:, None] == never).float()
    return float(above.mean())
