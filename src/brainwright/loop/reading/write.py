"""Write a text: the emulator's predicted state is improved towards the text's latents, then stimulated."""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor

from brainwright.emulator import PatchEmulator
from brainwright.emulator.evoked.ridge import RidgeResponse
from brainwright.emulator.text.maps import TextDecoder, TextEncoder

from ..evoke.descend import Descent, descend, hard_top, soft_top
from .words import EARLY, LATE, slot_numbers

STEPS, RATE = 160, 0.1
"""Of Adam, on the state: the best of 10, 40 and 160 steps on dishes that are not reported."""
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
        slot, most = slots_of(n_words), max(n_words)
        how = Descent()
        generator = torch.Generator().manual_seed(seed)
        shape = len(self.last), len(n_words) * most, self.n_inputs
        scores = torch.randn(shape, generator=generator).requires_grad_(True)
        optimiser = torch.optim.Adam([scores], lr=how.rate)
        for step in range(how.steps):
            warmth = how.warm * (how.cold / how.warm) ** (step / (how.steps - 1))
            write = soft_top(scores, self.n_pulses, warmth)
            state = self.response.predict(write, write)[0].unflatten(1, (len(n_words), most))
            loss = (self.decoder(state, slot) - wanted).square().mean(-1).sum()
            (scores.grad,) = torch.autograd.grad(loss, scores)
            optimiser.step()
        chosen = hard_top(scores.detach(), self.n_pulses, self.n_slots, self.n_inputs)
        return chosen.unflatten(1, (len(n_words), most))

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
