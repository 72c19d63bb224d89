"""What happened: states, what they meant, and what they were worth."""

from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor

from .errors import RecallError


@dataclass(frozen=True, eq=False)
class Experiences:
    """Experiences in the order in which they were made.

    Attributes:
        states: float [experience, feature].
        targets: int64 [experience], such as classes; -1 where nothing was said. Of experiences that were
            `parted` float [experience, feature]: what followed.
        rewards: float [experience]; 0 where nothing was given.
    """

    states: Float[Tensor, "experience feature"]
    targets: Tensor
    rewards: Float[Tensor, " experience"]

    def __post_init__(self) -> None:
        n = len(self.states)
        if self.states.ndim != 2 or self.targets.shape[:1] != (n,) or self.rewards.shape != (n,):
            raise RecallError(
                "expected states [experience, feature] with a target and a reward each, got "
                f"{tuple(self.states.shape)}, {tuple(self.targets.shape)} and {tuple(self.rewards.shape)}"
            )

    @classmethod
    def of(
        cls, states: Tensor, targets: Tensor | None = None, rewards: Tensor | None = None
    ) -> "Experiences":
        """Experiences without targets or rewards have -1 and 0 there."""
        n = len(states)
        targets = torch.full((n,), -1) if targets is None else targets
        return cls(states, targets, torch.zeros(n) if rewards is None else rewards.to(torch.float32))

    def __len__(self) -> int:
        return len(self.states)

    def at(self, which: Tensor | slice) -> "Experiences":
        """Those that are chosen by index, mask or slice."""
        return Experiences(self.states[which], self.targets[which], self.rewards[which])

    def then(self, later: "Experiences") -> "Experiences":
        """These and later ones. Raises RecallError for states of another size."""
        if later.states.shape[1] != self.states.shape[1]:
            raise RecallError(
                f"expected states of {self.states.shape[1]} features, got {later.states.shape[1]}"
            )
        pairs = zip(self._parts(), later._parts(), strict=True)
        return Experiences(*(torch.cat(pair) for pair in pairs))

    def parted(self, n: int) -> "Experiences":
        """What was, and what followed it: the first n features stay states, the others become targets.

        So a store of single vectors, such as a hippocampus, holds episodes of a stream whose future is to be
        forecast.

        Raises:
            RecallError: nothing on one side.
        """
        if not 0 < n < self.states.shape[1]:
            raise RecallError(f"expected 1 to {self.states.shape[1] - 1} features before, got {n}")
        return Experiences(self.states[:, :n], self.states[:, n:], self.rewards)

    def _parts(self) -> tuple[Tensor, Tensor, Tensor]:
        return self.states, self.targets, self.rewards
