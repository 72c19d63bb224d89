"""A sample of the past: of each group as many as there is room for, every one with the same chance."""

import torch
from jaxtyping import Int
from torch import Tensor

from ..errors import RecallError
from .weights import Draws

LEVELS = 255
"""A feature is kept in a byte, between the least and the largest of its sample: exact for 8-bit pictures."""


class Buffer:
    """Reservoirs, one for each group and seed: of all that was offered to it each holds `capacity`, drawn
    evenly (each is given a random key, and the largest keys stay: Efraimidis & Spirakis 2006).

    Args:
        n_groups: reservoirs, such as one per class.
        capacity: of each.
        n_inputs: features of a sample.
        n_more: float32 figures kept with a sample, such as scores.
        draws: random numbers, one stream per seed.

    Raises:
        RecallError: a capacity below 1.
    """

    def __init__(self, n_groups: int, capacity: int, n_inputs: int, draws: Draws, n_more: int = 0):
        if capacity < 1:
            raise RecallError(f"expected a capacity of at least 1, got {capacity}")
        shape = (len(draws), n_groups, capacity)
        self.draws = draws
        self.keys = torch.full(shape, -1.0)
        """Below 0 where a place is empty."""
        self._levels = torch.zeros(*shape, n_inputs, dtype=torch.uint8)
        self._ranges, self._targets = torch.zeros(*shape, 2), torch.zeros(shape, dtype=torch.uint8)
        self._more = torch.zeros(*shape, n_more)

    @property
    def n_bytes(self) -> int:
        """Of what is there, for each seed: a byte per feature, two ends of the range, the class, and more."""
        n = int((self.keys >= 0).sum()) // len(self.draws)
        return n * (self._levels.shape[-1] + 8 + 1 + 4 * self._more.shape[-1])

    def offer(
        self, inputs: Tensor, targets: Int[Tensor, "seed row"], groups: Tensor, more: Tensor | None = None
    ) -> None:
        """Samples [seed, row, feature] with their groups [seed, row]."""
        keys = self.draws.uniform(inputs.shape[1])
        for s in range(len(self.draws)):
            least = self.keys[s].amin(1)
            for row in torch.nonzero(keys[s] > least[groups[s]]).flatten().tolist():
                group = int(groups[s, row])
                place = int(self.keys[s, group].argmin())
                if keys[s, row] <= self.keys[s, group, place]:
                    continue  # an earlier row of this batch has raised the bar
                self.keys[s, group, place] = keys[s, row]
                self._write(s, group, place, inputs[s, row], int(targets[s, row]))
                if more is not None:
                    self._more[s, group, place] = more[s, row]

    def place(self, seed: int, group: int, place: int, sample: Tensor) -> None:
        """One sample that was chosen, in place of what was there; its class is its group."""
        self.keys[seed, group, place] = 1.0
        self._write(seed, group, place, sample, group)

    def _write(self, seed: int, group: int, place: int, sample: Tensor, target: int) -> None:
        low, high = sample.min(), sample.max()
        spread = (high - low).clamp(min=1e-12)
        self._levels[seed, group, place] = ((sample - low) / spread * LEVELS).round().byte()
        self._ranges[seed, group, place] = torch.stack([low, low + spread])
        self._targets[seed, group, place] = target

    def draw(self, n: int | None, groups: Tensor | None = None) -> tuple[Tensor, Tensor, Tensor]:
        """Samples [seed, n, feature], classes and what is kept with them, drawn evenly with replacement, or
        (n=None) all there are, of the groups that are marked.

        Raises:
            RecallError: nothing is there.
        """
        picks = []
        for s in range(len(self.draws)):
            full = self.keys[s] >= 0
            if groups is not None:
                full = full & groups[:, None]
            there = torch.nonzero(full.flatten()).flatten()
            if not len(there):
                raise RecallError("nothing is kept yet: offer samples first")
            picks.append(there)
        if n is not None:
            share = self.draws.uniform(n)
            picks = [p[(u * len(p)).long()] for p, u in zip(picks, share, strict=True)]
        flat = [tensor.flatten(1, 2) for tensor in (self._levels, self._ranges, self._targets, self._more)]
        levels, ranges, targets, more = (
            torch.stack([tensor[s, p] for s, p in enumerate(picks)]) for tensor in flat
        )
        low, high = ranges[..., :1], ranges[..., 1:]
        return low + (high - low) * levels.float() / LEVELS, targets.long(), more

    def kept(self, seed: int) -> tuple[Tensor, Tensor]:
        """All that one seed holds: samples [row, feature] and classes."""
        full = self.keys[seed] >= 0
        low, high = self._ranges[seed][full].split(1, dim=1)
        return low + (high - low) * self._levels[seed][full].float() / LEVELS, self._targets[seed][
            full
        ].long()

    def clear(self) -> None:
        """Forgets everything."""
        self.keys.fill_(-1.0)
