"""A byte-level transformer in two roles: causal, or seeing all, each by low-rank adapters of its own.

Low-rank adapters: Hu et al. 2021, arXiv 2106.09685; one base in two roles: Tu et al. 2022, arXiv 2205.05862.
"""

import math
from dataclasses import dataclass
from typing import Literal

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor, einsum, nn
from torch.nn.functional import embedding_bag, gelu, linear, pad, scaled_dot_product_attention

from .bytes import N_SYMBOLS

Role = Literal["encoder", "decoder"]
NEIGHBOURS = 4
"""Bytes that enter a place with its own and the three before: without a local front end small transformers
train badly."""


@dataclass(frozen=True)
class TextShape:
    """Sizes of a text model.

    Attributes:
        n_bytes: of the longest text.
        n_latent: latents of a text.
        width, n_layers, n_heads: of the base.
        rank: of the adapters; they are scaled by `alpha` / rank.
        alpha: see `rank`.
    """

    n_bytes: int = 60
    n_latent: int = 48
    width: int = 96
    n_layers: int = 2
    n_heads: int = 4
    rank: int = 16
    alpha: float = 16.0

    def __post_init__(self) -> None:
        for name in ("n_bytes", "n_latent", "width", "n_layers", "n_heads", "rank"):
            if getattr(self, name) < 1:
                raise ValueError(f"TextShape: expected {name} of at least 1, got {getattr(self, name)}")
        if self.width % self.n_heads:
            raise ValueError(f"TextShape: expected a width of whole heads, got {self.width} / {self.n_heads}")


class Adapted(nn.Module):
    """y = (W + s B_role A_role) x + b: one map, with a low-rank change for each role.

    B starts at zero, so both roles start as the base.
    """

    def __init__(self, n_in: int, n_out: int, rank: int, alpha: float):
        super().__init__()
        self.base = nn.Linear(n_in, n_out)
        self.scale = alpha / rank
        roles: tuple[Role, ...] = ("encoder", "decoder")
        self.down = nn.ParameterDict({r: torch.randn(rank, n_in) / math.sqrt(n_in) for r in roles})
        self.up = nn.ParameterDict({r: torch.zeros(n_out, rank) for r in roles})

    def forward(self, x: Float[Tensor, "*batch n_in"], role: Role) -> Float[Tensor, "*batch n_out"]:
        """The map in a role; the change is added to the weight first, which costs less than on every byte."""
        changed = self.base.weight + self.scale * self.up[role] @ self.down[role]
        return linear(x, changed, self.base.bias)


class Block(nn.Module):
    """Attention, then a perceptron, on normed residuals."""

    def __init__(self, shape: TextShape):
        super().__init__()
        self.n_heads = shape.n_heads
        told = shape.rank, shape.alpha
        self.norm, self.norm2 = nn.LayerNorm(shape.width), nn.LayerNorm(shape.width)
        self.qkv = Adapted(shape.width, 3 * shape.width, *told)
        self.out = Adapted(shape.width, shape.width, *told)
        self.widen = Adapted(shape.width, 4 * shape.width, *told)
        self.narrow = Adapted(4 * shape.width, shape.width, *told)

    def forward(
        self,
        x: Float[Tensor, "text place width"],
        role: Role,
        seen: Bool[Tensor, "text 1 1 place"] | None = None,
    ) -> Float[Tensor, "text place width"]:
        """One block; the decoder sees what came before, the encoder the places that are `seen`."""
        parts = self.qkv(self.norm(x), role).chunk(3, dim=-1)
        heads = (part.unflatten(-1, (self.n_heads, -1)).transpose(1, 2) for part in parts)
        attended = scaled_dot_product_attention(*heads, attn_mask=seen, is_causal=role == "decoder")
        x = x + self.out(attended.transpose(1, 2).flatten(2), role)
        return x + self.narrow(gelu(self.widen(self.norm2(x), role)), role)


class TextBase(nn.Module):
    """Bytes to states of their places; `prefix` is a state before the first, and added to each.

    A state that only stands before the bytes must be found by attention. Then the words of a text are learned
    one after another, the encoder's one pool turns to the first of them, and the last words fade from the
    latents before the decoder has learned to read them there.
    """

    def __init__(self, shape: TextShape):
        super().__init__()
        self.embedding = nn.Embedding(N_SYMBOLS, shape.width)
        self.neighbours = nn.Conv1d(shape.width, shape.width, NEIGHBOURS)
        self.place = nn.Parameter(0.02 * torch.randn(shape.n_bytes + 2, shape.width))
        self.blocks = nn.ModuleList(Block(shape) for _ in range(shape.n_layers))
        self.norm = nn.LayerNorm(shape.width)
        self.read = nn.Linear(shape.width, N_SYMBOLS)
        nn.init.normal_(self.embedding.weight, std=0.5)

    def forward(
        self,
        symbols: Int[Tensor, "text byte"],
        role: Role,
        prefix: Float[Tensor, "text width"] | None = None,
        seen: Bool[Tensor, "text byte"] | None = None,
    ) -> Float[Tensor, "text place width"]:
        """States of all places; the decoder's see no later byte."""
        x = self.entered(symbols)
        if prefix is not None:
            x = torch.cat([prefix[:, None], prefix[:, None] + x], dim=1)
        x = x + self.place[: x.shape[1]]
        mask = None if seen is None else seen[:, None, None]
        for block in self.blocks:
            x = block(x, role, mask)
        return self.norm(x)

    def entered(self, symbols: Int[Tensor, "text byte"]) -> Float[Tensor, "text byte width"]:
        """Each byte's embedding, and the convolution over it and those before, as a sum of looked-up rows.

        What a symbol adds k places behind it depends on the symbol alone: it is computed for the 259 symbols
        and not for the thousands of bytes of a batch.
        """
        kernel, bias = self.neighbours.parameters()
        added = einsum("sw, vwk -> ksv", self.embedding.weight, kernel)
        own = added[-1] + self.embedding.weight + bias
        before_all = own.new_zeros(1, own.shape[1])
        rows = torch.cat([*added[:-1], own, before_all])
        near = pad(symbols, (NEIGHBOURS - 1, 0), value=-1).unfold(1, NEIGHBOURS, 1)
        row = (near + N_SYMBOLS * torch.arange(NEIGHBOURS)).masked_fill(near < 0, len(rows) - 1)
        return embedding_bag(row.flatten(0, 1), rows, mode="sum").unflatten(0, symbols.shape)
