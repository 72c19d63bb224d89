"""Auxiliary maps between the emulator's latents and those of a text model; both models stay as they are.

Decoder: the patches of a text's words -> the latents of the text. Encoder: the text before and the place of
the coming word -> a patch, added to the emulator's context so that its prediction of the coming patch is
better.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor, nn
from torch.nn.functional import normalize, one_hot

from ..dish.layers import DishLinear, generators
from ..dish.patch_emulator import EARLY, PatchEmulator, contexts

RARE = 1e-3
"""Added to how often a word stands in a slot: what never stood there is not excluded for ever."""
PENALTY = 3.0
"""Of the ridge from words to latents: three hearings' worth."""
FLOOR = 0.05
"""Of the mean variance, added to the covariance of text latents before it is inverted."""
SHRUNK = 2.0
"""Hearings at the mean that are added to those of each word, so that a rare word has no centre of its own."""


@dataclass(frozen=True, eq=False)
class TextMeanings:
    """What each word adds to the latents of its text, and which words stand in which slot: text alone.

    (z - mean) W = sum over words of E[word] + offset: a ridge of whitened latents on the words of texts.

    Attributes:
        vocabulary: words of the texts that it was fitted to.
        table: E, [word, latent].
        log_prior: of each word in each slot, [slot, word].
        mean: of the latents, [latent].
        whitening: W, [latent, latent], after which distances are in units of the spread of texts.
        offset: [latent].
    """

    vocabulary: tuple[str, ...]
    table: Float[Tensor, "word latent"]
    log_prior: Float[Tensor, "slot word"]
    mean: Float[Tensor, " latent"]
    whitening: Float[Tensor, "latent latent"]
    offset: Float[Tensor, " latent"]

    @classmethod
    def fit(
        cls,
        texts: Sequence[Sequence[str]],
        slots: Sequence[Sequence[int]],
        latents: Float[Tensor, "text latent"],
        n_slots: int,
    ) -> "TextMeanings":
        """Texts as words, with the slot of each word."""
        vocabulary = tuple(sorted({word for words in texts for word in words}))
        number = {word: k for k, word in enumerate(vocabulary)}
        bags = torch.zeros(len(texts), len(vocabulary))
        counts = torch.full((n_slots, len(vocabulary)), RARE)
        for text, (words, places) in enumerate(zip(texts, slots, strict=True)):
            for word, place in zip(words, places, strict=True):
                bags[text, number[word]] += 1
                counts[place, number[word]] += 1
        mean = latents.mean(0)
        spread = (latents - mean).mT @ (latents - mean) / len(latents)
        spread = spread + (FLOOR * spread.diagonal().mean() + 1e-6) * torch.eye(len(mean))
        whitening = torch.linalg.cholesky(torch.linalg.inv(spread))
        usual, wanted = bags.mean(0), (latents - mean) @ whitening
        centred = bags - usual
        gram = centred.mT @ centred + PENALTY * torch.eye(len(vocabulary))
        table = torch.linalg.solve(gram, centred.mT @ wanted)
        log_prior = (counts / counts.sum(1, keepdim=True)).log()
        return cls(vocabulary, table, log_prior, mean, whitening, -usual @ table)

    def numbered(self, texts: Sequence[str]) -> Int[Tensor, "text word"]:
        """The place of each word in the vocabulary; -1 where it is none of it, and behind a text's last."""
        place = {word: k for k, word in enumerate(self.vocabulary)}
        rows = [[place.get(word, -1) for word in text.split()] for text in texts]
        number = torch.full((len(rows), max(map(len, rows))), -1)
        for row, own in zip(number, rows, strict=True):
            row[: len(own)] = torch.tensor(own)
        return number

    def standardised(self, latents: Float[Tensor, "*text latent"]) -> Float[Tensor, "*text latent"]:
        """Whitened text latents: mean 0, no two that vary together."""
        return (latents - self.mean) @ self.whitening

    def restored(self, found: Float[Tensor, "*text latent"]) -> Float[Tensor, "*text latent"]:
        """Standardised latents as the text model has them."""
        return found @ torch.linalg.inv(self.whitening) + self.mean


@dataclass(frozen=True, eq=False)
class TextDecoder:
    """Dec_aux: the patches of a text's words -> its whitened latents, one for each dish.

    P(word | patch, slot) is that of Gaussian classes of one covariance (linear discriminant analysis, as in
    `task_maps.Symbols`) under the prior of the slot; each word adds what it means, times its probability.

    Attributes:
        weight, bias: of the discriminants, [dish, latent, word] and [dish, 1, word].
        meanings: of the words.
    """

    weight: Tensor
    bias: Tensor
    meanings: TextMeanings

    @classmethod
    def fit(
        cls,
        patches: Float[Tensor, "dish word latent"],
        words: Int[Tensor, " word"],
        meanings: TextMeanings,
        ridge: float = 0.1,
    ) -> "TextDecoder":
        """In closed form.

        Args:
            patches: one for each word that was read.
            words: which it was, as a place in the vocabulary.
            meanings: of the words.
            ridge: of the mean variance, added to the covariance.
        """
        member = one_hot(words, len(meanings.vocabulary)).to(patches.dtype)
        centre = member.mT @ patches / (member.sum(0)[:, None] + SHRUNK)
        centre = centre + SHRUNK / (member.sum(0)[:, None] + SHRUNK) * patches.mean(1, keepdim=True)
        within = patches - centre[:, words]
        covariance = within.mT @ within / patches.shape[1]
        level = covariance.diagonal(dim1=1, dim2=2).mean(1)[:, None, None]
        covariance = covariance + (ridge * level + 1e-6) * torch.eye(patches.shape[2])  # silent channels
        weight = torch.linalg.solve(covariance, centre.mT)
        return cls(weight, -(centre.mT * weight).sum(1, keepdim=True) / 2, meanings)

    def probabilities(
        self, patches: Float[Tensor, "dish text word latent"], slot: Int[Tensor, "text word"]
    ) -> Float[Tensor, "dish text word vocabulary"]:
        """Of each word that may have been there; 0 where `slot` is -1, behind a text's last word."""
        logits = patches @ self.weight[:, None] + self.bias[:, None]
        named = (logits + self.meanings.log_prior[slot.clamp(min=0)]).softmax(-1)
        return named * (slot >= 0)[..., None]

    def __call__(
        self, patches: Float[Tensor, "dish text word latent"], slot: Int[Tensor, "text word"]
    ) -> Float[Tensor, "dish text text_latent"]:
        """The whitened text latents, differentiable with respect to the patches."""
        return self.probabilities(patches, slot).sum(2) @ self.meanings.table + self.meanings.offset


def nearest(
    found: Float[Tensor, "dish text latent"], candidates: Float[Tensor, "candidate latent"]
) -> Int[Tensor, "dish text"]:
    """The candidate that is nearest (cosine) to what was found of each text. Both are in units in which 0 is
    the mean text.
    """
    return (normalize(found, dim=-1) @ normalize(candidates, dim=-1).mT).argmax(-1)


def retrieved(
    found: Float[Tensor, "dish text latent"], candidates: Float[Tensor, "candidate latent"]
) -> Bool[Tensor, "dish text"]:
    """Whether each text is the nearest of the candidates, which begin with them."""
    return nearest(found, candidates) == torch.arange(found.shape[1])


def chance_among(named: Int[Tensor, "dish text"], alike: Int[Tensor, " text"]) -> Float[Tensor, " dish"]:
    """Share that would be right if what was found were exchanged among texts that are alike: the exact mean
    over all such exchanges.

    A decoder that is told a property of a text (how many words it has) may name a candidate that shares it,
    with no word read. Of n texts in k kinds, one that always names its own kind is right in k / n of the
    cases, one that names any in 1 / n; this says where between the two the names at hand lie.

    Args:
        named: the candidate that was named for each text; candidates begin with the texts.
        alike: the kind of each text.
    """
    n = len(alike)
    size = torch.bincount(alike, minlength=int(alike.max()) + 1)[alike]
    kind = torch.where(named < n, alike[named.clamp(max=n - 1)], -1)
    return ((kind == alike) / size).mean(1)


def exchanged(
    named: Int[Tensor, "asked text"], alike: Int[Tensor, " text"], n: int = 2_000, seed: int = 0
) -> Float[Tensor, " exchange"]:
    """Shares that are right after `n` exchanges of texts that are alike: the distribution of the mean share
    where nothing but the kind of a text is known.

    Every exchange is made for all that were asked at once (readers, draws), since they share the texts: what
    they have in common is then in the distribution, as it is not in an interval over readers.

    Args:
        named: the candidate that was named for each text.
        alike: the kind of each text.
        n: exchanges.
        seed: of these.
    """
    generator, own = torch.Generator().manual_seed(seed), torch.arange(len(alike))
    kinds = [(alike == kind).nonzero()[:, 0] for kind in alike.unique()]
    made = torch.zeros(n)
    for k in range(n):
        order = own.clone()
        for members in kinds:
            order[members] = members[torch.randperm(len(members), generator=generator)]
        made[k] = (named[:, order] == own).float().mean()
    return made


class TextEncoder(nn.Module):
    """Enc_aux: latents of the text before and the slot of the coming word -> a patch; zero at first."""

    def __init__(self, n_dishes: int, n_text_latent: int, n_slots: int, n_latent: int, seed: int = 0):
        super().__init__()
        self.n_slots = n_slots
        self.map = DishLinear(n_text_latent + n_slots, n_latent, generators(n_dishes, seed), 0.0)

    def forward(
        self,
        context: Float[Tensor, "dish sample 3 latent"],
        before: Float[Tensor, "sample text_latent"],
        slot: Int[Tensor, " sample"],
    ) -> Float[Tensor, "dish sample 3 latent"]:
        """The context, its current early patch with the encoded history added."""
        history = torch.cat([before, one_hot(slot, self.n_slots).to(before.dtype)], dim=1)
        added = self.map(history.expand(len(context), -1, -1))
        return torch.cat([context[:, :, :2], context[:, :, 2:] + added[:, :, None]], dim=2)


def fit_text_encoder(
    encoder: TextEncoder,
    emulator: PatchEmulator,
    patches: Float[Tensor, "dish word 2 latent"],
    before: Float[Tensor, "word text_latent"],
    slot: Int[Tensor, " word"],
    *,
    steps: int = 150,
    batch: int = 256,
    learning_rate: float = 0.02,
    seed: int = 0,
) -> float:
    """Trains the encoder through the fixed emulator, so that the patch of each coming word is predicted.

    Args:
        encoder: trained in place.
        emulator: of the patches.
        patches: of all words in the order in which they were read.
        before, slot: what is known when each word comes: the text that was read last, and its slot.
        steps, batch, learning_rate: of Adam, the rate falling to 0.
        seed: of the batches.

    Returns:
        Share of the variance of coming early patches that is not predicted, mean over dishes.
    """
    context, coming = contexts(patches)[:, :-1], patches[:, 2:, EARLY]
    told = before[2:], slot[2:]
    optimiser = torch.optim.Adam(encoder.parameters(), lr=learning_rate)
    generator = torch.Generator().manual_seed(seed)
    for step in range(steps):
        for group in optimiser.param_groups:
            group["lr"] = learning_rate * (1 - step / steps)
        rows = torch.randint(coming.shape[1], (min(batch, coming.shape[1]),), generator=generator)
        predicted = emulator.predict(encoder(context[:, rows], *(part[rows] for part in told)))
        loss = (predicted[:, :, EARLY] - coming[:, rows]).square().mean((1, 2)).sum()
        parameters = list(encoder.parameters())
        for parameter, gradient in zip(parameters, torch.autograd.grad(loss, parameters), strict=True):
            parameter.grad = gradient
        optimiser.step()
    with torch.no_grad():
        predicted = emulator.predict(encoder(context, *told))[:, :, EARLY]
        return float(((predicted - coming).square().mean((1, 2)) / coming.var((1, 2))).mean())
