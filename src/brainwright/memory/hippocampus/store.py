"""The hippocampus: dentate codes as keys, CA3 to complete them, CA1 to give states back."""

from typing import NamedTuple

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor

from ..errors import RecallError
from ..experiences import Experiences
from .ca3 import complete
from .dentate import Dentate

LEVELS = 255
"""Of a stored state's features between the least and the largest of that state: one byte each."""


class Recalled(NamedTuple):
    """What came to mind."""

    states: Float[Tensor, "cue feature"]
    targets: Int[Tensor, " cue"]
    """Those of the memory with the largest share."""
    shares: Float[Tensor, "cue stored"]


class Hippocampus:
    """A store of episodes with a capacity. A cue is coded (dentate gyrus), completed among stored codes (CA3)
    and decoded to a state (CA1, which holds the states that belong to codes, a byte per feature).

    Args:
        n_features: of a state.
        capacity: episodes; when it is full the least salient go, of equals the oldest.
        n_cells, winners: of the dentate gyrus.
        beta: inverse temperature of completion; codes have length 1, so that a memory which shares half of
            its winners more than all others weighs exp(β / 2) times as much.
        seed: of the dentate gyrus.

    Raises:
        RecallError: a capacity below 1.

    Example:
        >>> store = Hippocampus(8, capacity=4, n_cells=64, winners=4)
        >>> store.store(Experiences.of(torch.eye(8)[:4], torch.arange(4)))
        >>> store.recall(torch.eye(8)[2:3]).targets.tolist()
        [2]
    """

    def __init__(
        self,
        n_features: int,
        capacity: int = 1000,
        *,
        n_cells: int = 2048,
        winners: int = 32,
        beta: float = 20.0,
        seed: int = 0,
    ):
        if capacity < 1:
            raise RecallError(f"expected a capacity of at least 1, got {capacity}")
        self.capacity, self.beta = capacity, beta
        self.dentate = Dentate(n_features, n_cells, winners, seed=seed)
        self.clear()

    def __len__(self) -> int:
        return len(self.keys)

    @property
    def n_bytes(self) -> int:
        """Of all that is kept of episodes: winners, states, their ranges, targets, rewards, salience."""
        kept = (self.keys, self._levels, self._ranges, self.targets, self.rewards, self.salience)
        return sum(t.numel() * t.element_size() for t in kept)

    @property
    def states(self) -> Float[Tensor, "stored feature"]:
        """As CA1 gives them back."""
        low, high = self._ranges.unbind(1)
        return low[:, None] + (high - low)[:, None] * self._levels.float() / LEVELS

    @property
    def experiences(self) -> Experiences:
        """All that is stored, oldest first."""
        return Experiences(self.states, self.targets.long(), self.rewards)

    def clear(self) -> None:
        """Forgets everything."""
        n = self.dentate.n_features
        self.keys = torch.zeros(0, self.dentate.winners, dtype=torch.int16)
        self._levels, self._ranges = torch.zeros(0, n, dtype=torch.uint8), torch.zeros(0, 2)
        self.targets, self.rewards = torch.zeros(0, dtype=torch.int32), torch.zeros(0)
        self.salience = torch.zeros(0)

    def store(self, episodes: Experiences, salience: Float[Tensor, " experience"] | None = None) -> None:
        """Takes in episodes; the least salient of all go where there are too many.

        Raises:
            RecallError: states of another size, or experiences that were parted.
        """
        if episodes.targets.ndim != 1:
            raise RecallError("store states that hold what followed too, and part what comes back")
        keys = self.dentate.winners_of(episodes.states).to(torch.int16)
        low, high = episodes.states.amin(1), episodes.states.amax(1)
        spread = (high - low).clamp(min=1e-12)
        levels = ((episodes.states - low[:, None]) / spread[:, None] * LEVELS).round().to(torch.uint8)
        salience = torch.ones(len(episodes)) if salience is None else salience.to(torch.float32)
        self.keys, self._levels = torch.cat([self.keys, keys]), torch.cat([self._levels, levels])
        self._ranges = torch.cat([self._ranges, torch.stack([low, high], 1)])
        self.targets = torch.cat([self.targets, episodes.targets.to(torch.int32)])
        self.rewards = torch.cat([self.rewards, episodes.rewards])
        self.salience = torch.cat([self.salience, salience])
        if len(self) > self.capacity:
            # stable and from the newest: of equals the oldest go
            order = self.salience.flip(0).argsort(stable=True, descending=True)[: self.capacity]
            kept = torch.zeros(len(self), dtype=torch.bool)
            kept[len(self) - 1 - order] = True
            self.forget(~kept)

    def forget(self, which: Bool[Tensor, " stored"]) -> None:
        """Loses those that are marked."""
        kept = ~which
        self.keys, self._levels, self._ranges = self.keys[kept], self._levels[kept], self._ranges[kept]
        self.targets, self.rewards = self.targets[kept], self.rewards[kept]
        self.salience = self.salience[kept]

    def recall(self, cue: Float[Tensor, "cue feature"], *, steps: int = 1) -> Recalled:
        """What each cue brings to mind.

        Raises:
            RecallError: nothing is stored, or a cue of another size.
        """
        codes = self.dentate.codes(cue)
        if not len(self):
            raise RecallError("nothing is stored: store episodes before recall")
        shares = complete(self.dentate.spread(self.keys), codes, self.beta, steps).weights
        return Recalled(shares @ self.states, self.targets.long()[shares.argmax(1)], shares)

    def complete(
        self, cue: Float[Tensor, "cue feature"], given: Bool[Tensor, "cue feature"]
    ) -> Float[Tensor, "cue feature"]:
        """States of which a part is given: the rest is recalled, and what is given stays as it is."""
        return torch.where(given, cue, self.recall(torch.where(given, cue, 0.0)).states)
