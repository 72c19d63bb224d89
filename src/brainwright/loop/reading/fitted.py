"""What is fitted to a reading, and every row that a score of a read-out stands beside."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float, Int
from numpy.typing import NDArray
from torch import Tensor

from brainwright.emulator import PatchEmulator, fit_emulator
from brainwright.emulator.evoked.ridge import RidgeResponse
from brainwright.emulator.text import TextDecoder, TextMeanings, TextVAE, retrieved
from brainwright.emulator.text.bytes import END, tokens

from .words import EARLY, N_SLOTS, ReadingError, confounds, slot_numbers, table_of

N_LATENT, FIT_STEPS, BATCH = 64, 300, 128
"""Of the emulator: with 24 latents .38 of the texts of dishes that are not reported were retrieved, with 56
.54, from the counts themselves .67."""
BRAIN, NOISE, SHUFFLED, COUNTS = "brain", "noise", "shuffled pairs", "no emulator"
NO_CELLS, LENGTHS, POSITIONS = "no brain", "word lengths", "positions"
MAPPED = (BRAIN, NOISE, SHUFFLED, COUNTS, NO_CELLS)
GENERATED = 16
"""Texts of each dish that are written out in bytes."""


@dataclass(frozen=True, eq=False)
class FittedReading:
    """An emulator and maps, fitted to texts and what was recorded while they were read.

    Attributes:
        emulator: of the counts.
        meanings: of the words in the text latents.
        decoder, shuffled, plain: Dec_aux; the same fitted to words of other texts; the same on root counts,
            without the emulator.
        rate: mean counts, [dish, 1, window, channel], for the noise.
    """

    emulator: PatchEmulator
    meanings: TextMeanings
    decoder: TextDecoder
    shuffled: TextDecoder
    plain: TextDecoder
    rate: Tensor

    @classmethod
    def fit(
        cls,
        texts: Sequence[str],
        latents: Float[Tensor, "text latent"],
        counts: Float[Tensor, "dish word window channel"],
        seed: int,
        steps: int = FIT_STEPS,
    ) -> "FittedReading":
        """Texts, their latents, and the counts after each of their words."""
        words = [text.split() for text in texts]
        slots = [slot_numbers(len(row)).tolist() for row in words]
        meanings = TextMeanings.fit(words, slots, latents, N_SLOTS)
        emulator = PatchEmulator(counts, n_latent=N_LATENT, seed=seed)
        fit_emulator(emulator, counts, steps=steps, batch=BATCH, seed=seed)
        emulator.requires_grad_(False)
        number = numbers(texts, meanings)
        early = emulator.encode(counts)[:, :, EARLY]
        return cls(
            emulator,
            meanings,
            TextDecoder.fit(early, number, meanings),
            TextDecoder.fit(early, number[_other_texts(words, seed)], meanings),
            TextDecoder.fit(counts[:, :, EARLY].sqrt(), number, meanings),
            counts.mean(1, keepdim=True),
        )

    def found(
        self, row: str, texts: Sequence[str], counts: Float[Tensor, "dish word window channel"], seed: int = 0
    ) -> Float[Tensor, "dish text latent"]:
        """The whitened text latents that a row of `MAPPED` finds in what followed the texts' words."""
        if row == NOISE:
            generator = torch.Generator().manual_seed(seed)
            counts = torch.poisson(self.rate.expand_as(counts).contiguous(), generator=generator)
        early = counts[:, :, EARLY].sqrt() if row == COUNTS else self.emulator.encode(counts)[:, :, EARLY]
        decoder = {SHUFFLED: self.shuffled, COUNTS: self.plain}.get(row, self.decoder)
        return decoder(*in_texts(early, texts))


def in_texts(patches: Float[Tensor, "dish word latent"], texts: Sequence[str]) -> tuple[Tensor, Tensor]:
    """The patches of each text, [dish, text, word, latent], and the slots of its words, [text, word]."""
    rows, slot = (torch.from_numpy(part) for part in table_of(texts))
    return patches[:, rows.clamp(min=0).flatten()].unflatten(1, tuple(rows.shape)), slot


def numbers(texts: Sequence[str], meanings: TextMeanings) -> Int[Tensor, " word"]:
    """The place of every word of all texts in the vocabulary."""
    place = {word: k for k, word in enumerate(meanings.vocabulary)}
    return torch.tensor([place[word] for text in texts for word in text.split()])


def scores(
    found: Float[Tensor, "dish text latent"], wanted: Float[Tensor, "candidate latent"]
) -> dict[str, NDArray[np.float64]]:
    """By metric [dish]: "retrieved", share of texts whose own candidate is the nearest of all; "nearness",
    one less the mean squared distance to it, in units of the latents' variance. Candidates begin with the
    texts.
    """
    right = retrieved(found, wanted).double().mean(1)
    apart = (found - wanted[: found.shape[1]]).square().mean((1, 2)).double()
    return {"retrieved": right.numpy(), "nearness": (1 - apart).numpy()}


def confound_scores(
    train: Sequence[str],
    test: Sequence[str],
    latents: Float[Tensor, "text latent"],
    meanings: TextMeanings,
    n_dishes: int,
    wanted: Float[Tensor, "candidate latent"],
) -> dict[str, dict[str, NDArray[np.float64]]]:
    """Scores of a ridge from what an eye shows of a text, without its words and without a brain."""
    told, asked = (
        {name: torch.from_numpy(x)[None] for name, x in confounds(t).items()} for t in (train, test)
    )
    z, made = meanings.standardised(latents)[None], {}
    for name in (LENGTHS, POSITIONS):
        ridge = RidgeResponse.fit(told[name], told[name], z)
        found = ridge.predict(asked[name], asked[name])[0].expand(n_dishes, -1, -1)
        made[name] = scores(found, wanted)
    return made


def named_by_ridge(
    train: tuple[Sequence[str], Tensor], test: tuple[Sequence[str], Tensor], skipped: frozenset[str]
) -> NDArray[np.float64]:
    """Share of the current words that a ridge on root counts names, [dish]; `skipped` words are left out, and
    are not fitted to, since always to name the commonest would be right in every third case.
    """
    words = [[word for text in texts for word in text.split()] for texts, _ in (train, test)]
    rows = [[k for k, word in enumerate(own) if word not in skipped] for own in words]
    place = {word: k for k, word in enumerate(sorted({words[0][k] for k in rows[0]}))}
    x, y = (counts[:, here, EARLY].sqrt() for (_, counts), here in zip((train, test), rows, strict=True))
    wanted = torch.eye(len(place))[[place[words[0][k]] for k in rows[0]]]
    right = torch.tensor([place.get(words[1][k], -1) for k in rows[1]])
    ridge = RidgeResponse.fit(x, x, wanted.expand(len(x), -1, -1))
    return (ridge.predict(y, y)[0].argmax(-1) == right).double().mean(1).numpy()


@torch.no_grad()
def written_out(
    model: TextVAE, latents: Float[Tensor, "dish text latent"], texts: Sequence[str]
) -> tuple[dict[str, NDArray[np.float64]], list[str]]:
    """Share of the words that are right in their place, [dish], where the text model writes each text from
    its latents alone ("free"), and where it is shown the true bytes before each ("forced"); and the texts of
    the first dish.
    """
    n_dishes, n = latents.shape[0], min(GENERATED, latents.shape[1])
    flat, true = latents[:, :n].flatten(0, 1), list(texts[:n]) * n_dishes
    made = model.decode(flat)
    rows = tokens(true, model.shape.n_bytes)
    likeliest = model.logits(flat, rows).argmax(-1)
    free = [_same_words(a.split(), b.split()) for a, b in zip(made, true, strict=True)]
    forced = []
    for row, guess in zip(rows.tolist(), likeliest.tolist(), strict=True):
        right, first = [], 0
        ends = [k for k, byte in enumerate(row) if byte in (ord(" "), END)]
        for end in ends[: ends.index(row.index(END)) + 1]:
            right.append(row[first:end] == guess[first:end])
            first = end + 1
        forced.append(float(np.mean(right)))
    shares = {"free": free, "forced": forced}
    return {name: np.array(share).reshape(n_dishes, n).mean(1) for name, share in shares.items()}, made[:n]


def _same_words(made: list[str], true: list[str]) -> float:
    return float(np.mean([k < len(made) and made[k] == word for k, word in enumerate(true)]))


def _other_texts(words: Sequence[Sequence[str]], seed: int) -> Int[Tensor, " word"]:
    """Rows of words with texts of one length exchanged among themselves. Raises ReadingError: too few."""
    rng, lengths = np.random.default_rng([seed, 5]), np.array([len(row) for row in words])
    first, order = np.cumsum(lengths) - lengths, np.arange(lengths.sum())
    if len(words) < 2:
        raise ReadingError(f"expected texts to exchange, got {len(words)}")
    for n in np.unique(lengths):
        own = np.flatnonzero(lengths == n)
        for k, other in zip(own, rng.permutation(own), strict=True):
            order[first[k] : first[k] + n] = first[other] + np.arange(n)
    return torch.from_numpy(order)
