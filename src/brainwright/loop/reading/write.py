"""Write a text: the emulator's predicted state is improved towards the text's latents, then stimulated."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor

from brainwright.emulator import PatchEmulator
from brainwright.emulator.evoked.ridge import RidgeResponse
from brainwright.emulator.text.maps import TextDecoder, TextEncoder

from ..evoke.descend import Descent, descend, hard_top, soft_top
from .fitted import LEAST
from .words import EARLY, LATE, N_SLOTS, slot_numbers

STEPS, RATE = 160, 0.1
"""Of Adam, on the state: the best of 10, 40 and 160 steps on dishes that are not reported."""
SWEEPS = 3
"""Over the words of a text, of a lookup: no word changes in a fourth."""
EDGE = 0.99
"""Of a latent, which lies between -1 and 1."""


@dataclass(frozen=True, eq=False)
class Writer:
    """All that is fitted before a text is written.

    Attributes:
        emulator: of the dishes; it stays fixed.
        encoder, decoder: Enc_aux and Dec_aux.
        response: early patch that a write evokes, from a recording of random writes.
        last: patches of the last word that was read before, [dish, 1, 2, latent].
        before: whitened latents of the text that was read last, [latent].
        n_slots, n_pulses: of a write.
    """

    emulator: PatchEmulator
    encoder: TextEncoder
    decoder: TextDecoder
    response: RidgeResponse
    last: Float[Tensor, "dish 2 latent"]
    before: Float[Tensor, " text_latent"]
    n_slots: int
    n_pulses: int

    @torch.no_grad()
    def predicted(self, n_words: int) -> Float[Tensor, "dish word latent"]:
        """The early patches of a text to come, as the emulator predicts them word after word."""
        early, late = self.last[:, EARLY, None], self.last[:, LATE, None]
        context, made = torch.stack([early, late, early], dim=2), []
        for slot in slot_numbers(n_words):
            told = self.encoder(context, self.before[None], torch.tensor([slot]))
            coming = self.emulator.predict(told)
            made.append(coming[:, :, EARLY])
            context = torch.stack([context[:, :, 2], coming[:, :, LATE], coming[:, :, EARLY]], dim=2)
        return torch.cat(made, dim=1)

    def improved(
        self,
        n_words: Sequence[int],
        wanted: Float[Tensor, "text text_latent"],
        *,
        steps: int = STEPS,
        sign: float = 1.0,
    ) -> Float[Tensor, "dish text word latent"]:
        """The predicted state after gradient steps on |Dec_aux(state) - wanted|^2; words behind a text's last
        are 0.

        Args:
            n_words: of each text.
            wanted: whitened latents of each text.
            steps: 0 leaves the emulator's own prediction.
            sign: -1 goes up the gradient, as a control.
        """
        most = max(n_words)
        start = torch.zeros(len(self.last), len(n_words), most, self.emulator.n_latent)
        for n in set(n_words):
            rows = [k for k, own in enumerate(n_words) if own == n]
            start[:, rows, :n] = self.predicted(n)[:, None].expand(-1, len(rows), -1, -1)
        slot = slots_of(n_words)
        free = start.clamp(-EDGE, EDGE).atanh().requires_grad_(True)
        optimiser = torch.optim.Adam([free], lr=RATE)
        for _ in range(steps):
            found = self.decoder(free.tanh(), slot)
            loss = sign * (found - wanted).square().mean(-1).sum()
            (free.grad,) = torch.autograd.grad(loss, free)
            optimiser.step()
        return free.detach().tanh()

    def pulses(
        self, state: Float[Tensor, "dish text word latent"], seed: int = 0
    ) -> Bool[Tensor, "dish text word input"]:
        """The write for each word whose evoked patch is expected to be nearest to its state, as the decoder
        sees it: in its discriminants, so that what no word depends on does not count.
        """
        seen = self.decoder.weight - self.decoder.weight.mean(2, keepdim=True)
        wanted = state.flatten(1, 2) @ seen
        n_dishes, n, _ = wanted.shape

        def loss(x: Tensor) -> Tensor:
            evoked = (self.response.predict(x, x)[0] @ seen).unflatten(1, (-1, n))
            return (evoked - wanted[:, None]).square().sum(-1).flatten(1)

        chosen = descend(
            loss,
            (n_dishes, n, self.n_inputs),
            self.n_pulses,
            usable=torch.ones(self.n_inputs, dtype=torch.bool),
            n_slots=self.n_slots,
            most=self.n_inputs,
            descent=Descent(starts=1, rounds=5),
            seed=seed,
        )
        return chosen.unflatten(1, state.shape[1:3])

    def through(
        self, n_words: Sequence[int], wanted: Float[Tensor, "text text_latent"], seed: int = 0
    ) -> Bool[Tensor, "dish text word input"]:
        """Writes by the gradient of the same distance through state and response to the stimulus: the state
        is improved among those that a write can evoke.
        """
        slot = slots_of(n_words)
        return self._descended(
            lambda state: (self.decoder(state, slot) - wanted).square().mean(-1).sum(), slot, seed
        )

    def spelled(self, texts: Sequence[str], seed: int = 0) -> Bool[Tensor, "dish text word input"]:
        """The same without a text model: by the gradient of how likely Dec_aux finds each word of the texts,
        those left out that it never read.
        """
        slot = slots_of([len(text.split()) for text in texts])
        number = self.decoder.meanings.numbered(texts)
        there, told = number >= 0, number.clamp(min=0).expand(len(self.last), -1, -1)[..., None]

        def loss(state: Tensor) -> Tensor:
            named = self.decoder.probabilities(state, slot).gather(-1, told)[..., 0]
            return -(named[:, there] + LEAST).log().sum()

        return self._descended(loss, slot, seed)

    @torch.no_grad()
    def looked_up(
        self,
        n_words: Sequence[int],
        wanted: Float[Tensor, "text text_latent"],
        writes: Bool[Tensor, "dish write input"],
    ) -> Bool[Tensor, "dish text word input"]:
        """The same without a gradient: of the writes that the response was learned from, those whose expected
        states are nearest together to the wanted latents, one word exchanged after another.
        """
        state = self.response.predict(writes.float(), writes.float())[0]
        table, slot = self.decoder.meanings.table, slots_of(n_words)
        said = torch.stack(
            [
                self.decoder.probabilities(state[:, None], torch.full((1, state.shape[1]), k))[:, 0] @ table
                for k in range(N_SLOTS)
            ],
            dim=1,
        )  # what each write would add in each slot, [dish, slot, write, latent]
        chosen = torch.zeros(len(state), *slot.shape, dtype=torch.long)
        dish = torch.arange(len(state))
        for text, n in enumerate(n_words):
            own = said[:, slot[text, :n]]  # [dish, word, write, latent]
            at = chosen[:, text, :n]
            for _ in range(SWEEPS):
                for word in range(n):
                    sum_ = own[dish[:, None], torch.arange(n), at].sum(1)
                    rest = sum_ - own[dish, word, at[:, word]] + self.decoder.meanings.offset
                    apart = (own[:, word] + (rest - wanted[text])[:, None]).square().sum(-1)
                    at[:, word] = apart.argmin(1)
        return writes[dish[:, None, None], chosen].bool()

    def _descended(
        self, loss: Callable[[Tensor], Tensor], slot: Int[Tensor, "text word"], seed: int
    ) -> Bool[Tensor, "dish text word input"]:
        """Writes for all words that lower a loss of the states which they are expected to evoke."""
        how, generator = Descent(), torch.Generator().manual_seed(seed)
        shape = len(self.last), slot.numel(), self.n_inputs
        scores = torch.randn(shape, generator=generator).requires_grad_(True)
        optimiser = torch.optim.Adam([scores], lr=how.rate)
        for step in range(how.steps):
            warmth = how.warm * (how.cold / how.warm) ** (step / (how.steps - 1))
            write = soft_top(scores, self.n_pulses, warmth)
            told = loss(self.response.predict(write, write)[0].unflatten(1, tuple(slot.shape)))
            (scores.grad,) = torch.autograd.grad(told, scores)
            optimiser.step()
        chosen = hard_top(scores.detach(), self.n_pulses, self.n_slots, self.n_inputs)
        return chosen.unflatten(1, tuple(slot.shape))

    @property
    def n_inputs(self) -> int:
        """Of a write."""
        return self.response.weight.shape[1]


def slots_of(n_words: Sequence[int]) -> Int[Tensor, "text word"]:
    """The slots of the words of texts of so many words each; -1 behind the last."""
    slot = torch.full((len(n_words), max(n_words)), -1)
    for row, n in zip(slot, n_words, strict=True):
        row[:n] = torch.from_numpy(slot_numbers(n))
    return slot
