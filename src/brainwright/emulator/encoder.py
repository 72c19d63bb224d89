"""From activity with any part missing to time-aligned latents: local convolutions, then attention."""

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn.functional import gelu

from .attention import Attention

KERNEL = 5
DILATIONS = (1, 2, 4, 8)
"""Four convolutions that see 30 frames to either side, 2 (1 + 2 + 4 + 8): those of the reference autoencoder.
"""


class ConvBlock(nn.Module):
    """x + W gelu(conv(norm(x))): every group by itself, dilated in time, of the same length, not causal."""

    def __init__(self, width: int, dilation: int, dropout: float):
        super().__init__()
        self.norm = nn.LayerNorm(width)
        self.conv = nn.Conv1d(width, width, KERNEL, padding="same", dilation=dilation)
        self.out = nn.Linear(width, width)
        self.drop = nn.Dropout(dropout)

    def forward(self, x: Float[Tensor, "batch time group width"]) -> Float[Tensor, "batch time group width"]:
        """The tokens pass one residual block."""
        batch, time, group, width = x.shape
        h = self.norm(x).permute(0, 2, 3, 1).reshape(batch * group, width, time)
        h = self.conv(h).reshape(batch, group, width, time).permute(0, 3, 1, 2)
        return x + self.drop(self.out(gelu(h)))


class AttentionBlock(nn.Module):
    """A transformer block over all frames and groups: attention, then a perceptron, on normed residuals."""

    def __init__(self, width: int, n_heads: int, dropout: float):
        super().__init__()
        self.norm, self.norm2 = nn.LayerNorm(width), nn.LayerNorm(width)
        self.attention = Attention(width, n_heads)
        self.mlp = nn.Sequential(nn.Linear(width, 2 * width), nn.GELU(), nn.Linear(2 * width, width))
        self.drop = nn.Dropout(dropout)

    def forward(
        self,
        x: Float[Tensor, "batch time group width"],
        bias: Float[Tensor, "token token"] | None = None,
    ) -> Float[Tensor, "batch time group width"]:
        """One residual block; `bias` is added to the attention logits between tokens."""
        frames, groups = x.shape[1:3]
        h = self.attention(self.norm(x).flatten(1, 2), frame_of(frames, groups, x.device), bias)
        x = x + self.drop(h.unflatten(1, (frames, groups)))
        return x + self.drop(self.mlp(self.norm2(x)))


class Encoder(nn.Module):
    """Tokens of units in, latent patches out: [batch, time, group, width] to [batch, time, group, latent].

    The convolutions give each token its neighbourhood, without which a small transformer trains badly; the
    attention carries what lies further off, such as from the last observed frames to those to come.

    Args:
        width, n_heads, n_blocks: of the transformer.
        n_latent: size of a patch.
        n_groups: spatial patches.
        n_stimuli: channels of the stimulus, known at all times; 0 for none.
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
        dropout: float = 0.2,
    ):
        super().__init__()
        self.seen = nn.Linear(1, width)
        self.stimulus = nn.Linear(n_stimuli, width) if n_stimuli else None
        self.group = nn.Parameter(0.1 * torch.randn(n_groups, width))
        self.local = nn.ModuleList(ConvBlock(width, dilation, dropout) for dilation in DILATIONS)
        self.blocks = nn.ModuleList(AttentionBlock(width, n_heads, dropout) for _ in range(n_blocks))
        self.norm, self.out = nn.LayerNorm(width), nn.Linear(width, n_latent)

    def forward(
        self,
        entered: Float[Tensor, "batch time group width"],
        seen: Float[Tensor, "batch time group"],
        stimulus: Float[Tensor, "batch time channel"] | None = None,
        bias: Float[Tensor, "token token"] | None = None,
    ) -> Float[Tensor, "batch time group latent"]:
        """`entered` sums the embedded activity of each group; `seen` is the share of its units observed."""
        x = entered + self.seen(seen[..., None]) + self.group
        if self.stimulus is not None and stimulus is not None:
            x = x + self.stimulus(stimulus)[:, :, None]
        for block in self.local:
            x = block(x)
        for block in self.blocks:
            x = block(x, bias)
        return self.out(self.norm(x))


def frame_of(frames: int, groups: int, device: torch.device) -> Tensor:
    """The frame of each token when groups are listed within frames, [token]."""
    return torch.arange(frames, device=device).repeat_interleave(groups)
