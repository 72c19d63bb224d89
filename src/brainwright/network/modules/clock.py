"""Slower clocks: the mean over every k steps, or over so many equal parts of a stream."""

import torch
from jaxtyping import Float
from torch import Tensor


def every(
    values: Float[Tensor, "brain stream step n"], valid: Float[Tensor, "brain stream step"], k: int
) -> tuple[Float[Tensor, "brain stream block n"], Float[Tensor, "brain stream block"]]:
    """Means over blocks of k steps; a block counts where all of its steps do, and what fills no block is left
    out.
    """
    n = values.shape[2] // k
    blocks = values[:, :, : n * k].unflatten(2, (n, k)).mean(3)
    whole = valid[:, :, : n * k].unflatten(2, (n, k)).amin(3)
    return blocks * whole[..., None], whole


def in_parts(
    values: Float[Tensor, "brain stream step n"], counted: Float[Tensor, "brain stream step"], parts: int
) -> Float[Tensor, "brain stream part n"]:
    """Means over equal parts of the steps that count, in their order; where there are fewer steps than parts,
    neighbouring parts share one.
    """
    place = counted.cumsum(2) - 1
    length = counted.sum(2, keepdim=True)
    part = torch.arange(parts, dtype=values.dtype)
    first = (part * length / parts).floor()  # [brain, stream, part]
    last = torch.maximum(((part + 1) * length / parts).ceil(), first + 1)
    inside = (place[..., None] >= first[:, :, None]) & (place[..., None] < last[:, :, None])
    inside = inside * counted[..., None]
    weights = inside / inside.sum(2, keepdim=True).clamp(min=1)
    return torch.einsum("bstp,bstn->bspn", weights, values)
