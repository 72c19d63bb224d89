"""Leaky tanh networks that predict their next input, many side by side as one batched product."""

from collections.abc import Callable
from dataclasses import dataclass, fields

import torch
from jaxtyping import Float
from torch import Tensor

from .leaky import leaky_states

CELLS = 128
RATE, BATCH = 5e-3, 16
"""Of Adam, and streams of an update."""


@dataclass(frozen=True, eq=False)
class Thinkers:
    """h <- (1 - a) h + a tanh(U x + W h + b), predicted next input = V h + c; one network for each first
    index, a = `leaky.LEAK`.

    Attributes:
        enter: U [network, cell, input].
        again: W [network, cell, cell].
        bias: b [network, 1, cell].
        leave: V [network, input, cell].
        offset: c [network, 1, input].
    """

    enter: Tensor
    again: Tensor
    bias: Tensor
    leave: Tensor
    offset: Tensor

    @staticmethod
    def drawn(seeds: list[int], inputs: int, cells: int = CELLS) -> "Thinkers":
        """Untaught networks; each follows from its own seed alone."""

        def one(seed: int) -> tuple[Tensor, Tensor, Tensor]:
            draws = torch.Generator().manual_seed(seed)
            return (
                torch.randn(cells, inputs, generator=draws) / inputs**0.5,
                torch.randn(cells, cells, generator=draws) / cells**0.5,
                torch.randn(inputs, cells, generator=draws) * 0.1 / cells**0.5,
            )

        enter, again, leave = (torch.stack(parts) for parts in zip(*map(one, seeds), strict=True))
        n = len(seeds)
        return Thinkers(enter, again, torch.zeros(n, 1, cells), leave, torch.zeros(n, 1, inputs))

    def step(
        self, hidden: Float[Tensor, "network batch cell"], entering: Float[Tensor, "network batch cell"]
    ) -> Tensor:
        """The next state, from U x + b."""
        return leaky_states(entering[:, :, None], hidden, self.again)[:, :, 0]

    def entering(self, inputs: Float[Tensor, "network batch *time input"]) -> Tensor:
        """U x + b, of all steps at once."""
        flat = inputs.flatten(1, -2)
        return torch.baddbmm(self.bias, flat, self.enter.mT).reshape(*inputs.shape[:-1], -1)

    def predicted(self, hidden: Float[Tensor, "network *any cell"]) -> Tensor:
        """What is expected next."""
        flat = hidden.flatten(1, -2)
        return torch.baddbmm(self.offset, flat, self.leave.mT).reshape(*hidden.shape[:-1], -1)

    def states(
        self, inputs: Float[Tensor, "network batch time input"], hidden: Tensor | None = None
    ) -> Float[Tensor, "network batch time cell"]:
        """All states, from rest unless a state is given."""
        entering = self.entering(inputs)
        hidden = torch.zeros_like(entering[:, :, 0]) if hidden is None else hidden
        return leaky_states(entering, hidden, self.again)

    def of(self, some: slice | list[int]) -> "Thinkers":
        """Some of the networks."""
        return Thinkers(*(getattr(self, field.name)[some] for field in fields(self)))


Draw = Callable[[int, int], Float[Tensor, "network batch time input"]]


def think_ahead(
    thinkers: Thinkers, draw: Draw, updates: int, progress: Callable[[float], None] | None = None
) -> Thinkers:
    """It teaches every network to predict its next input by the mean square error and the exact gradient.

    Args:
        thinkers: to start from; they are left as they are.
        draw: (number of the update, streams) → inputs of every network.
        updates: of Adam, the rate falling to a tenth in a half cosine.
        progress: called with the share done.
    """
    parts = [getattr(thinkers, field.name).clone().requires_grad_() for field in fields(thinkers)]
    taught = Thinkers(*parts)
    optimiser = torch.optim.Adam(parts, RATE, fused=True)  # the same steps in a quarter of the time
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimiser, max(1, updates), RATE / 10)
    for update in range(updates):
        inputs = draw(update, BATCH)
        guess = taught.predicted(taught.states(inputs[:, :, :-1]))
        # a sum over networks, so that each descends its own mean error
        loss = (guess - inputs[:, :, 1:]).square().mean((1, 2, 3)).sum()
        optimiser.zero_grad(set_to_none=True)
        loss.backward()
        optimiser.step()
        schedule.step()
        if progress is not None and update % 100 == 0:
            progress(update / updates)
    return Thinkers(*(part.detach() for part in parts))


@torch.no_grad()
def skill(thinkers: Thinkers, inputs: Float[Tensor, "network batch time input"]) -> Tensor:
    """1 - error / error of the guess that nothing changes, of each network."""
    after = inputs[:, :, 1:]
    error = (thinkers.predicted(thinkers.states(inputs[:, :, :-1])) - after).square().mean((1, 2, 3))
    return 1 - error / (inputs[:, :, :-1] - after).square().mean((1, 2, 3))
