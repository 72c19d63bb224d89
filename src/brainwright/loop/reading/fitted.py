"""What is fitted to a reading, and every row that a score of a read-out stands beside."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Bool, Float, Int
from numpy.typing import NDArray
from torch import Tensor
from torch.nn.functional import one_hot

from brainwright.emulator import PatchEmulator, fit_emulator
from brainwright.emulator.evoked.ridge import RidgeResponse
from brainwright.emulator.text import TextDecoder, TextMeanings, chance_among, exchanged, nearest
from brainwright.evidence import Check

from .text_model import TextModel
from .words import EARLY, N_SLOTS, ReadingError, confounds, slot_numbers, table_of

N_LATENT, FIT_STEPS, BATCH = 64, 300, 128
"""Of the emulator: with 24 latents .38 of the texts of dishes that are not reported were retrieved, with 56
.54, from the counts themselves .67."""
BRAIN, NOISE, SHUFFLED, COUNTS = "brain", "noise", "shuffled pairs", "no emulator"
NO_CELLS, LENGTHS, POSITIONS = "no brain", "word lengths", "positions"
MAPPED = (BRAIN, NOISE, SHUFFLED, COUNTS, NO_CELLS)
UNTRAINED, WORDS = "untrained emulator", "words, no text model"
"""The claim with a part of the sketch taken away, on the same activity."""
GENERATED = 16
"""Texts of each dish that are written out in bytes."""
LEAST = 1e-12
"""Of a probability whose logarithm is taken."""
DRAWS = 20
"""Of noise and of shuffles, whose scores are averaged: the luck of one is as large as what is asked."""


@dataclass(frozen=True, eq=False)
class FittedReading:
    """An emulator and maps, fitted to texts and what was recorded while they were read.

    Attributes:
        emulator: of the counts.
        meanings: of the words in the text latents.
        decoder, plain: Dec_aux; the same on root counts, without the emulator.
        shuffled: Dec_aux fitted to words of other texts, one for each of `DRAWS` exchanges.
        rate: mean counts, [dish, 1, window, channel], for the noise.
    """

    emulator: PatchEmulator
    meanings: TextMeanings
    decoder: TextDecoder
    plain: TextDecoder
    shuffled: tuple[TextDecoder, ...]
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
        """Texts, their latents, and the counts after each of their words; of no `steps` the emulator stays as
        it is drawn.
        """
        words = [text.split() for text in texts]
        slots = [slot_numbers(len(row)).tolist() for row in words]
        meanings = TextMeanings.fit(words, slots, latents, N_SLOTS)
        emulator = PatchEmulator(counts, n_latent=N_LATENT, seed=seed)
        if steps:
            fit_emulator(emulator, counts, steps=steps, batch=BATCH, seed=seed)
        emulator.requires_grad_(False)
        number = numbers(texts, meanings)
        early = emulator.encode(counts)[:, :, EARLY]
        n_words = [len(row) for row in words]
        shuffled = tuple(_exchanged(early, number, n_words, meanings, [seed, 5, k]) for k in range(DRAWS))
        return cls(
            emulator,
            meanings,
            TextDecoder.fit(early, number, meanings),
            TextDecoder.fit(counts[:, :, EARLY].sqrt(), number, meanings),
            shuffled,
            counts.mean(1, keepdim=True),
        )

    def found(
        self, row: str, texts: Sequence[str], counts: Float[Tensor, "dish word window channel"], draw: int = 0
    ) -> Float[Tensor, "dish text latent"]:
        """The whitened text latents that a row of `MAPPED` finds in what followed the texts' words, in one
        draw of noise or shuffle.
        """
        if row == NOISE:
            generator = torch.Generator().manual_seed(draw)
            counts = torch.poisson(self.rate.expand_as(counts).contiguous(), generator=generator)
        early = counts[:, :, EARLY].sqrt() if row == COUNTS else self.emulator.encode(counts)[:, :, EARLY]
        decoder = {SHUFFLED: self.shuffled[draw], COUNTS: self.plain}.get(row, self.decoder)
        return decoder(*in_texts(early, texts))

    def scored(
        self,
        row: str,
        texts: Sequence[str],
        counts: Float[Tensor, "dish word window channel"],
        wanted: Float[Tensor, "candidate latent"],
    ) -> dict[str, NDArray]:
        """The scores of a row, mean over draws, and their chance: see `scores`; "chosen", the candidate that
        was nearest, [draw, dish, text].
        """
        draws = range(DRAWS if row in (NOISE, SHUFFLED) else 1)
        alike = torch.tensor([len(text.split()) for text in texts])
        found = [self.found(row, texts, counts, draw) for draw in draws]
        every = [scores(one, wanted, alike) for one in found]
        made = {name: np.mean([one[name] for one in every], axis=0) for name in every[0]}
        return made | {"chosen": np.stack([nearest(one, wanted).numpy() for one in found])}

    def by_words(
        self, texts: Sequence[str], counts: Float[Tensor, "dish word window channel"]
    ) -> dict[str, NDArray[np.float64]]:
        """Scores of retrieval without a text model: of the texts with as many words, the one whose words
        Dec_aux finds the likeliest together. Words that were never read are left out.
        """
        patches, slot = in_texts(self.emulator.encode(counts)[:, :, EARLY], texts)
        number = self.meanings.numbered(texts)
        logits = self.decoder.probabilities(patches, slot).clamp(min=LEAST).log()
        member = one_hot(number.clamp(min=0), len(self.meanings.vocabulary)) * (number >= 0)[..., None]
        fit = torch.einsum("dtwv,cwv->dtc", logits, member.to(logits.dtype))
        alike = (slot >= 0).sum(1)
        named = fit.masked_fill(alike[:, None] != alike, -torch.inf).argmax(-1)
        right = (named == torch.arange(len(texts))).double().mean(1)
        return {"retrieved": right.numpy(), "chance": chance_among(named, alike).double().numpy()}


def in_texts(patches: Float[Tensor, "dish word latent"], texts: Sequence[str]) -> tuple[Tensor, Tensor]:
    """The patches of each text, [dish, text, word, latent], and the slots of its words, [text, word]."""
    rows, slot = (torch.from_numpy(part) for part in table_of(texts))
    return patches[:, rows.clamp(min=0).flatten()].unflatten(1, tuple(rows.shape)), slot


def numbers(texts: Sequence[str], meanings: TextMeanings) -> Int[Tensor, " word"]:
    """The place of every word of all texts in the vocabulary."""
    place = {word: k for k, word in enumerate(meanings.vocabulary)}
    return torch.tensor([place[word] for text in texts for word in text.split()])


def scores(
    found: Float[Tensor, "dish text latent"],
    wanted: Float[Tensor, "candidate latent"],
    alike: Int[Tensor, " text"] | None = None,
) -> dict[str, NDArray[np.float64]]:
    """By metric [dish]: "retrieved", share of texts whose own candidate is the nearest of all; "nearness",
    one less the mean squared distance to it, in units of the latents' variance; and, where texts are of some
    kind that every row is told, the "chance" of `chance_among`. Candidates begin with the texts.
    """
    named = nearest(found, wanted)
    right = (named == torch.arange(found.shape[1])).double().mean(1)
    apart = (found - wanted[: found.shape[1]]).square().mean((1, 2)).double()
    made = {"retrieved": right.numpy(), "nearness": (1 - apart).numpy()}
    return made if alike is None else made | {"chance": chance_among(named, alike).double().numpy()}


def at_chance(row: str, chosen: Int[np.ndarray, "draw dish text"], texts: Sequence[str]) -> Check:
    """Whether a row is right as often as exchanges among texts of as many words are, 95 % of them."""
    alike = torch.tensor([len(text.split()) for text in texts])
    named = torch.from_numpy(chosen).flatten(0, 1)
    right, drawn = float((named == torch.arange(len(texts))).float().mean()), exchanged(named, alike)
    low, high = torch.quantile(drawn, torch.tensor([0.025, 0.975])).tolist()
    said = f"{right:.4f}; of exchanges 95 % lie in [{low:.4f}, {high:.4f}], mean {float(drawn.mean()):.4f}"
    return Check(f"{row} at chance", low <= right <= high, said)


def confound_scores(
    train: Sequence[str],
    test: Sequence[str],
    latents: Float[Tensor, "text latent"],
    meanings: TextMeanings,
    n_dishes: int,
    wanted: Float[Tensor, "candidate latent"],
) -> dict[str, dict[str, NDArray[np.float64]]]:
    """Scores from what an eye shows of a text, without its words and without a brain: of a ridge, and of the
    lengths of words also by Dec_aux itself, with the length of each word in place of its patch; the better of
    the two, since a straight line may miss what a discriminant sees.
    """
    told, asked = (
        {name: torch.from_numpy(x)[None] for name, x in confounds(t).items()} for t in (train, test)
    )
    z, made = meanings.standardised(latents)[None], {}
    for name in (LENGTHS, POSITIONS):
        ridge = RidgeResponse.fit(told[name], told[name], z)
        found = ridge.predict(asked[name], asked[name])[0].expand(n_dishes, -1, -1)
        made[name] = scores(found, wanted)
    longest = max(len(word) for text in (*train, *test) for word in text.split())
    shown, seen = (
        one_hot(torch.tensor([len(word) for text in texts for word in text.split()]), longest + 1)[
            None
        ].float()
        for texts in (train, test)
    )
    decoder = TextDecoder.fit(shown, numbers(train, meanings), meanings)
    again = scores(decoder(*in_texts(seen, test)).expand(n_dishes, -1, -1), wanted)
    if again["retrieved"].mean() > made[LENGTHS]["retrieved"].mean():
        made[LENGTHS] = again
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
    model: TextModel, latents: Float[Tensor, "dish text latent"], texts: Sequence[str]
) -> tuple[dict[str, NDArray[np.float64]], list[str]]:
    """Share of the words that are right in their place, [dish], where the text model writes each text from
    its latents alone ("free"), and where it is shown the true bytes before each ("forced"); and the texts of
    the first dish.
    """
    n_dishes, n = latents.shape[0], min(GENERATED, latents.shape[1])
    flat, true = latents[:, :n].flatten(0, 1), list(texts[:n]) * n_dishes
    made = model.decode(flat)
    free = [in_place(a.split(), b.split()) for a, b in zip(made, true, strict=True)]
    forced = model.right_forced(flat, true)
    shares = {"free": free, "forced": forced}
    return {name: np.array(share).reshape(n_dishes, n).mean(1) for name, share in shares.items()}, made[:n]


def in_place(made: Sequence[object], true: Sequence[object]) -> float:
    """Share of true words (or bytes) that stand in their place."""
    return float(np.mean([k < len(made) and made[k] == word for k, word in enumerate(true)]))


def _exchanged(
    patches: Float[Tensor, "dish word latent"],
    number: Int[Tensor, " word"],
    n_words: Sequence[int],
    meanings: TextMeanings,
    seed: Sequence[int],
) -> TextDecoder:
    """Dec_aux fitted to words of other texts, of others in each dish: dishes that shared an exchange would
    err in the same direction, and no interval over dishes would show it.
    """
    each = []
    for dish, own in enumerate(patches):
        order, moved = other_texts(n_words, [*seed, dish])
        each.append(TextDecoder.fit(own[None, moved], number[order][moved], meanings))
    weight, bias = (torch.cat([getattr(one, part) for one in each]) for part in ("weight", "bias"))
    return TextDecoder(weight, bias, meanings)


def other_texts(
    n_words: Sequence[int], seed: int | Sequence[int]
) -> tuple[Int[Tensor, " word"], Bool[Tensor, " word"]]:
    """Rows of words with texts of one length exchanged in a ring, so that none keeps its own, and which words
    were exchanged: a text whose length no other has is left out.

    Raises:
        ReadingError: no two texts of one length.
    """
    rng, lengths = np.random.default_rng(seed), np.array(n_words)
    first, order = np.cumsum(lengths) - lengths, np.arange(lengths.sum())
    for n in np.unique(lengths):
        ring = rng.permutation(np.flatnonzero(lengths == n))
        for own, other in zip(ring, np.roll(ring, 1), strict=True):
            order[first[own] : first[own] + n] = first[other] + np.arange(n)
    moved = order != np.arange(len(order))
    if not moved.any():
        raise ReadingError("expected texts of equal numbers of words, to exchange them, got no two")
    return torch.from_numpy(order), torch.from_numpy(moved)
