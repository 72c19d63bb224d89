"""The likeliest byte after each byte: what of a text is right without knowing which text it is."""

from collections.abc import Sequence

import torch
from jaxtyping import Float, Int
from torch import Tensor

from .bytes import BEGIN, END, N_SYMBOLS, texts_of, tokens, words_right


class Bigram:
    """Counts of byte pairs. It takes latents where a text model does, and leaves them aside.

    Args:
        texts: to count in.
        n_bytes: of the longest text.

    Raises:
        TextError: an empty text, or one that is too long.
    """

    def __init__(self, texts: Sequence[str], n_bytes: int):
        self.n_bytes = n_bytes
        rows = tokens(texts, n_bytes)
        before = _before(rows)
        pairs = (N_SYMBOLS * before + rows)[before != END]  # behind the first end is padding
        counted = torch.bincount(pairs, minlength=N_SYMBOLS**2)
        self.next = counted.view(N_SYMBOLS, N_SYMBOLS).argmax(1)

    def likeliest(
        self, _latents: Float[Tensor, "text latent"], rows: Int[Tensor, "text byte"]
    ) -> Int[Tensor, "text byte"]:
        """The likeliest symbol of each place, where the true byte before is shown."""
        return self.next[_before(rows)]

    def right_forced(self, latents: Float[Tensor, "text latent"], texts: Sequence[str]) -> list[float]:
        """Share of each text's words that are the likeliest, where every true byte before is shown."""
        rows = tokens(texts, self.n_bytes)
        return words_right(rows, self.likeliest(latents, rows))

    def decode(self, latents: Float[Tensor, "text latent"]) -> list[str]:
        """The likeliest byte at a time: the same text for all."""
        row = [int(self.next[BEGIN])]
        while row[-1] != END and len(row) < self.n_bytes:
            row.append(int(self.next[row[-1]]))
        return texts_of(torch.tensor([row])) * len(latents)


def _before(rows: Int[Tensor, "text byte"]) -> Int[Tensor, "text byte"]:
    return torch.cat([torch.full_like(rows[:, :1], BEGIN), rows[:, :-1]], dim=1)
