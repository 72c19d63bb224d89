"""One who watches, and learns what a step is worth as a sign."""

from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor

from .corridor import PLACES, trusting
from .networks import RIVAL

FORGETS = 0.02
"""Share of what it remembers that one occasion replaces: fifty occasions are remembered, an agent's own
learning takes hundreds.
"""
TRUST = 0.01
"""Weight of the rule in occasions: a place that was never seen is read by the rule, one seen now and then by
what came of it.
"""


@dataclass(frozen=True, eq=False)
class Observer:
    """Counts of what was seen, with forgetting; what it believes is their share.

    Attributes:
        learns: which observers do; the others keep to the rule, [network].
        counts: how often the agent was there while food was left or right, [network, goal, place].
    """

    learns: Tensor
    counts: Float[Tensor, "network goal place"]

    @staticmethod
    def trusts(learns: Tensor) -> "Observer":
        """Nothing was seen yet."""
        return Observer(learns, torch.zeros(len(learns), 2, PLACES))

    def right(self) -> Float[Tensor, "network place"]:
        """What it believes of food on the right."""
        rule = trusting().expand(len(self.counts), PLACES)
        own = (TRUST * rule + self.counts[:, 1]) / (TRUST + self.counts.sum(1))
        return torch.where(self.learns[:, None], own, rule)

    def saw(self, seen: Float[Tensor, "network kind goal place"]) -> "Observer":
        """After it learned where the food had been."""
        after = (1 - FORGETS) * self.counts + FORGETS * seen[:, RIVAL].detach()
        return Observer(self.learns, after)

    def of(self, which: Tensor) -> "Observer":
        """Some of them."""
        return Observer(self.learns[which], self.counts[which])
