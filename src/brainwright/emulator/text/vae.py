"""A variational autoencoder of short texts: a text becomes a few latents, and latents a text.

The posterior has a fixed unit variance, so only its mean is learned; latents enter the decoder as one state
before the first byte, which is added to each byte too (Bowman et al. 2016, arXiv 1511.06349; adapters as of
`base`).
"""

from collections.abc import Sequence

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor, nn
from torch.nn.functional import cross_entropy

from .base import TextBase, TextShape
from .bytes import BEGIN, BLANK, END, texts_of, tokens, words_right


class TextVAE(nn.Module):
    """Texts to latents and back.

    z = mu(text) + e, e standard normal; mu = W_e h, h the pooled states of the encoder (a score for each
    byte, softmax). Loss: bytes' cross-entropy plus `kl_weight` |mu|^2 / 2, both per byte.

    Args:
        shape: sizes.
        seed: of initial values.
    """

    filler = END
    """Behind the bytes of a text, in rows of tokens."""

    def __init__(self, shape: TextShape | None = None, seed: int = 0):
        super().__init__()
        self.shape = shape = shape or TextShape()
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            self.base = TextBase(shape)
            self.score = nn.Linear(shape.width, 1)
            self.to_latent = nn.Linear(shape.width, shape.n_latent, bias=False)
            self.from_latent = nn.Linear(shape.n_latent, shape.width)
            nn.init.orthogonal_(self.to_latent.weight, gain=2.0)
        with torch.no_grad():
            self.from_latent.weight.copy_(self.to_latent.weight.T / 2)

    def mean(self, symbols: Int[Tensor, "text byte"]) -> Float[Tensor, "text latent"]:
        """The posterior's mean; padding and nothing else is left out."""
        seen = symbols != END
        states = self.base(symbols, "encoder", seen=seen)
        weight = self.score(states)[..., 0].masked_fill(~seen, -torch.inf).softmax(1)
        return self.to_latent((weight[:, None] @ states)[:, 0])

    def logits(
        self,
        latents: Float[Tensor, "text latent"],
        symbols: Int[Tensor, "text byte"],
        hidden: Bool[Tensor, "text byte"] | None = None,
    ) -> Float[Tensor, "text byte symbol"]:
        """Of every byte given the latents and the bytes before it, those `hidden` as blanks."""
        before = symbols[:, :-1] if hidden is None else symbols[:, :-1].masked_fill(hidden[:, :-1], BLANK)
        begun = torch.cat([torch.full_like(symbols[:, :1], BEGIN), before], dim=1)
        states = self.base(begun, "decoder", self.from_latent(latents))
        return self.base.read(states[:, 1:])

    def losses(
        self,
        symbols: Int[Tensor, "text byte"],
        noise: Float[Tensor, "text latent"],
        hidden: Bool[Tensor, "text byte"] | None = None,
    ) -> tuple[Float[Tensor, " text"], Float[Tensor, " text"]]:
        """The two pieces of the negative evidence bound in nats, [text]: of the bytes, to the first `END`,
        and |mu|^2 / 2.
        """
        mu = self.mean(symbols)
        logits = self.logits(mu + noise, symbols, hidden)
        each = cross_entropy(logits.flatten(0, 1), symbols.flatten(), reduction="none").view_as(symbols)
        counted = torch.cat(
            [torch.ones_like(symbols[:, :1], dtype=torch.bool), symbols[:, :-1] != END], dim=1
        )
        return (each * counted).sum(1), mu.square().sum(1) / 2

    @torch.no_grad()
    def encode(self, texts: Sequence[str], batch: int = 256) -> Float[Tensor, "text latent"]:
        """The mean latents of texts. Raises TextError: an empty text, or one that is too long."""
        rows = tokens(texts, self.shape.n_bytes)
        return torch.cat([self.mean(part) for part in rows.split(batch)])

    @torch.no_grad()
    def decode(self, latents: Float[Tensor, "text latent"], batch: int = 256) -> list[str]:
        """The text that each row of latents says, the likeliest byte at a time."""
        return [text for part in latents.split(batch) for text in texts_of(self._written(part))]

    def reconstruct(self, texts: Sequence[str]) -> list[str]:
        """Texts through their mean latents, no byte of them shown to the decoder."""
        return self.decode(self.encode(texts))

    @torch.no_grad()
    def likeliest(
        self, latents: Float[Tensor, "text latent"], rows: Int[Tensor, "text byte"]
    ) -> Int[Tensor, "text byte"]:
        """The likeliest symbol of each place, where every true byte before is shown."""
        return self.logits(latents, rows).argmax(-1)

    def right_forced(self, latents: Float[Tensor, "text latent"], texts: Sequence[str]) -> list[float]:
        """Share of each text's words that are the likeliest, where every true byte before is shown."""
        rows = tokens(texts, self.shape.n_bytes)
        return words_right(rows, self.likeliest(latents, rows))

    def _written(self, latents: Tensor) -> Tensor:
        n = self.shape.n_bytes + 1
        symbols = torch.full((len(latents), n), END)
        going = torch.arange(len(latents))
        for place in range(n):
            here = torch.cat([symbols[going, :place], symbols[going, :1]], dim=1)
            last = self.logits(latents[going], here)[:, -1]
            last[:, BEGIN], last[:, BLANK] = -torch.inf, -torch.inf
            symbols[going, place] = last.argmax(-1)
            going = going[symbols[going, place] != END]
            if not len(going):
                break
        return symbols


def between(
    a: Float[Tensor, "text latent"], b: Float[Tensor, "text latent"], n: int
) -> Float[Tensor, "text step latent"]:
    """`n` latents evenly between each a and b, both left out."""
    share = torch.arange(1, n + 1, dtype=a.dtype)[:, None] / (n + 1)
    return a[:, None] + share * (b - a)[:, None]
