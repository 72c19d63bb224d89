"""A diffusion transformer over latent patches, each frame with a noise level of its own."""

import math

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn
from torch.nn.functional import silu

from .attention import Attention, until_now
from .encoder import frame_of
from .noise import N_LEVELS

LEVEL_FEATURES = 64
"""Sines and cosines of the noise level, 32 frequencies: as many channels as the default width."""


class AdaptiveBlock(nn.Module):
    """A transformer block whose shifts, scales and gates follow from each token's noise level.

    Peebles & Xie 2023, arXiv 2212.09748, with one map from level to modulation for all blocks and an offset
    for each. Both start at zero, so the block starts as identity.
    """

    def __init__(self, width: int, n_heads: int, dropout: float):
        super().__init__()
        self.norm = nn.LayerNorm(width, elementwise_affine=False)
        self.attention = Attention(width, n_heads)
        self.mlp = nn.Sequential(nn.Linear(width, 2 * width), nn.GELU(), nn.Linear(2 * width, width))
        self.offset = nn.Parameter(torch.zeros(6 * width))
        self.drop = nn.Dropout(dropout)

    def forward(
        self,
        x: Float[Tensor, "batch token width"],
        modulation: Float[Tensor, "#batch token six_widths"],
        time: Int[Tensor, " token"],
        bias: Float[Tensor, "token token"] | None,
    ) -> Float[Tensor, "batch token width"]:
        """x + gate f(norm(x) (1 + scale) + shift), for attention and for the perceptron."""
        shift, scale, gate, shift2, scale2, gate2 = (modulation + self.offset).chunk(6, dim=-1)
        x = x + gate * self.drop(self.attention(self.norm(x) * (1 + scale) + shift, time, bias))
        return x + gate2 * self.drop(self.mlp(self.norm(x) * (1 + scale2) + shift2))


class LatentDiffusion(nn.Module):
    """Predicts the velocity of noisy latents, given evidence; one noise level per token.

    Diffusion forcing (Chen et al. 2024, arXiv 2407.01392): because levels are independent in training, the
    same network takes a past that is known and a future that is noise, or noise everywhere. What diffuses
    is the deviation of the latents from the evidence, so that the first guess is the point estimate.

    Args:
        width, n_heads, n_blocks: of the transformer.
        n_latent: size of a patch.
        n_groups: spatial patches.
        n_stimuli: channels of the stimulus; 0 for none.
        dropout: within blocks.
    """

    def __init__(
        self,
        width: int,
        n_heads: int,
        n_blocks: int,
        n_latent: int,
        n_groups: int = 1,
        n_stimuli: int = 0,
        dropout: float = 0.1,
    ):
        super().__init__()
        self.enter = nn.Linear(2 * n_latent + 1, width)
        self.stimulus = nn.Linear(n_stimuli, width) if n_stimuli else None
        self.group = nn.Parameter(0.1 * torch.randn(n_groups, width))
        self.level = nn.Sequential(nn.Linear(LEVEL_FEATURES, width), nn.SiLU(), nn.Linear(width, width))
        self.blocks = nn.ModuleList(AdaptiveBlock(width, n_heads, dropout) for _ in range(n_blocks))
        self.norm = nn.LayerNorm(width, elementwise_affine=False)
        self.modulation, self.last = nn.Linear(width, 6 * width), nn.Linear(width, 2 * width)
        self.out = nn.Linear(width, n_latent)
        for layer in (self.modulation, self.last, self.out):
            nn.init.zeros_(layer.weight)
            nn.init.zeros_(layer.bias)

    def forward(
        self,
        noisy: Float[Tensor, "batch time group latent"],
        level: Int[Tensor, "#batch time group"],
        evidence: Float[Tensor, "batch time group latent"],
        seen: Float[Tensor, "batch time group"],
        stimulus: Float[Tensor, "batch time channel"] | None = None,
        causal: bool = False,
    ) -> Float[Tensor, "batch time group latent"]:
        """It returns the velocity of each token. `evidence` is standardised; `seen` the share of units
        observed.

        A batch whose trials share their levels gives them once, [1, time, group]: so does the sampler.
        """
        frames, groups = noisy.shape[1:3]
        x = self.enter(torch.cat([noisy, evidence, seen[..., None]], dim=-1)) + self.group
        if self.stimulus is not None and stimulus is not None:
            x = x + self.stimulus(stimulus)[:, :, None]
        x = x.flatten(1, 2)
        condition = silu(self.level(level_features(level).to(x.dtype).flatten(1, 2)))
        modulation = self.modulation(condition)
        time = frame_of(frames, groups, x.device)
        bias = until_now(time, x.dtype) if causal else None
        for block in self.blocks:
            x = block(x, modulation, time, bias)
        shift, scale = self.last(condition).chunk(2, dim=-1)
        return self.out(self.norm(x) * (1 + scale) + shift).unflatten(1, (frames, groups))


def level_features(level: Int[Tensor, "*token"]) -> Float[Tensor, "*token feature"]:
    """It returns the sines and cosines of the noise level at periods from one level to all of them."""
    half = LEVEL_FEATURES // 2
    frequency = torch.exp(-math.log(N_LEVELS) * torch.arange(half, device=level.device) / half)
    angle = level[..., None] * frequency
    return torch.cat([angle.cos(), angle.sin()], dim=-1)
