"""Self-attention over tokens in time, with rotary positions."""

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn
from torch.nn.functional import scaled_dot_product_attention

LONGEST_PERIOD = 1_000.0
"""Frames over 2 pi of the slowest rotation: longer than any window, so that positions stay distinct."""


def rotate(
    x: Float[Tensor, "*batch token width"], time: Int[Tensor, " token"]
) -> Float[Tensor, "*batch token width"]:
    """It returns x at rotary positions, Su et al. 2021, arXiv 2104.09864: products depend on time differences
    alone.
    """
    half = x.shape[-1] // 2
    frequency = LONGEST_PERIOD ** (-torch.arange(half, dtype=x.dtype, device=x.device) / half)
    angle = time.to(x.dtype)[:, None] * frequency
    cos, sin = angle.cos(), angle.sin()
    a, b = x[..., :half], x[..., half:]
    return torch.cat([a * cos - b * sin, a * sin + b * cos], dim=-1)


def until_now(time: Int[Tensor, " token"], dtype: torch.dtype) -> Float[Tensor, "token token"]:
    """It returns the bias of causal attention: a token sees its own frame and those before, [query, key]."""
    return torch.where(time[None, :] > time[:, None], -torch.inf, 0.0).to(dtype)


class Attention(nn.Module):
    """Tokens attend to each other in several heads."""

    def __init__(self, width: int, n_heads: int):
        super().__init__()
        self.n_heads = n_heads
        self.qkv = nn.Linear(width, 3 * width)
        self.out = nn.Linear(width, width)

    def forward(
        self,
        x: Float[Tensor, "batch token width"],
        time: Int[Tensor, " token"],
        bias: Float[Tensor, "token token"] | None = None,
    ) -> Float[Tensor, "batch token width"]:
        """Attend over all tokens; `time` is the frame of each; `bias` is added to the logits of all heads."""
        qkv = self.qkv(x).unflatten(-1, (3, self.n_heads, -1)).permute(2, 0, 3, 1, 4)
        q, k = rotate(qkv[:2], time)
        y = scaled_dot_product_attention(q, k, qkv[2], attn_mask=bias)
        return self.out(y.transpose(1, 2).flatten(2))
