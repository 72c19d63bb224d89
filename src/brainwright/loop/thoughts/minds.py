"""Minds: worlds of names, a network for each, and what assessors read of them."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float, Int
from torch import Tensor

from brainwright.world.naming import N_INPUTS, NOISE, NamingWorld, Order

from .any_subset import Inferred
from .readouts import contexts, imagined
from .thinkers import Thinkers, think_ahead

STREAMS, STEPS = 1024, 24
"""Heard and seen by every mind, with fresh noise each time."""


@dataclass(frozen=True, eq=False)
class Minds:
    """One mind for each world.

    Attributes:
        worlds: what there is.
        thinkers: as many networks.
        readout: of `READOUTS`.
        ahead: steps that a thought goes on; what is read of it is the mean over them.
        inferred: any-subset models that stand in for networks and read-out, where given.
    """

    worlds: Sequence[NamingWorld]
    thinkers: Thinkers
    readout: str
    ahead: int = 1
    inferred: Sequence[Inferred] = ()

    def experienced(
        self, streams: Int[np.ndarray, "world trial time 2"], seed: int
    ) -> Float[Tensor, "world trial time feature"]:
        """What is read at every step of what is seen and heard, with noise."""
        inputs = self._inputs(streams, seed)
        if self.inferred:
            return torch.stack([m.contexts(own) for m, own in zip(self.inferred, inputs, strict=True)])
        return contexts(self.thinkers, inputs, self.readout)

    def thought(
        self, streams: Int[np.ndarray, "world trial time 2"], seed: int, ahead: int | None = None
    ) -> Float[Tensor, "world trial step feature"]:
        """What is read at the last step, and as the thought goes on from there."""
        inputs = self._inputs(streams, seed)
        if self.inferred:
            return torch.stack(
                [m.contexts(own[:, -1:]) for m, own in zip(self.inferred, inputs, strict=True)]
            )
        return imagined(self.thinkers, inputs, self.readout, ahead or self.ahead)

    @torch.no_grad()
    def next_input(self, streams: Int[np.ndarray, "world trial time 2"], seed: int) -> Tensor:
        """What the networks expect next, [world, trial, input]."""
        return self.thinkers.predicted(self.thinkers.states(self._inputs(streams, seed))[:, :, -1])

    def _inputs(self, streams: np.ndarray, seed: int) -> Tensor:
        rows = [
            world.inputs(stream, np.random.default_rng([world.seed, seed]))
            for world, stream in zip(self.worlds, streams, strict=True)
        ]
        return torch.tensor(np.stack(rows), dtype=torch.float32)


def experience(
    worlds: Sequence[NamingWorld], ways: Sequence[tuple[Order, bool]]
) -> Float[Tensor, "network stream step input"]:
    """Streams of every way (order of names, shuffled names) in every world, ways outermost; without noise."""
    banks = [
        world.inputs(
            world.streams(STREAMS, STEPS, np.random.default_rng([world.seed, 5]), order=o, shuffled=s)
        )
        for o, s in ways
        for world in worlds
    ]
    return torch.tensor(np.stack(banks), dtype=torch.float32)


def grown_up(
    bank: Float[Tensor, "network stream step input"], seeds: Sequence[int], updates: int
) -> Thinkers:
    """Networks that learned what comes next in their streams; those of one seed start alike."""
    numbers = torch.arange(len(bank))[:, None]

    def draw(update: int, n: int) -> Tensor:
        draws = torch.Generator().manual_seed(update)
        rows = torch.randint(bank.shape[1], (len(bank), n), generator=draws)
        inputs = bank[numbers, rows]
        return inputs + NOISE * torch.randn(inputs.shape, generator=draws)

    return think_ahead(Thinkers.drawn(list(seeds), N_INPUTS), draw, updates)
