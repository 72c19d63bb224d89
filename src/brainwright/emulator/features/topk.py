"""The few that are largest."""

import torch
from jaxtyping import Float
from torch import Tensor


def largest(drive: Float[Tensor, "*batch feature"], k: int) -> Float[Tensor, "*batch feature"]:
    """The `k` largest values of the last axis where they are above 0, and 0 elsewhere (TopK; Makhzani & Frey
    2014, arXiv:1312.5663).
    """
    values, at = drive.topk(min(k, drive.shape[-1]), dim=-1)
    return torch.zeros_like(drive).scatter(-1, at, values.relu())
