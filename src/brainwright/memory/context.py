"""The window of what has just happened, with a capacity; what overflows is handed on."""

import torch

from .errors import RecallError
from .experiences import Experiences
from .salience import Salience


class Context:
    """A window of the last experiences. When it overflows it is compacted: a share of the capacity stays, and
    the rest is handed on, say to a hippocampus.

    Args:
        capacity: experiences, 1 or more.
        keep: share of the capacity that stays when it overflows, from 0 to below 1.
        salience: which stay: the most salient, in their order; None for the latest.

    Raises:
        RecallError: a capacity below 1, or another share.

    Example:
        >>> import torch
        >>> window = Context(4)
        >>> window.add(Experiences.of(torch.eye(3))) is None
        True
        >>> len(window.add(Experiences.of(torch.eye(3)))), len(window)
        (4, 2)
    """

    def __init__(self, capacity: int, *, keep: float = 0.5, salience: Salience | None = None):
        if capacity < 1 or not 0 <= keep < 1:
            raise RecallError(
                f"expected a capacity of at least 1 and a share from 0 to below 1, got {capacity} and {keep}"
            )
        self.capacity, self.keep, self.salience = capacity, keep, salience
        self.now: Experiences | None = None

    def __len__(self) -> int:
        return 0 if self.now is None else len(self.now)

    def add(self, experiences: Experiences) -> Experiences | None:
        """Takes in more, and returns what is handed on, in order; None where all fits."""
        whole = experiences if self.now is None else self.now.then(experiences)
        if len(whole) <= self.capacity:
            self.now = whole
            return None
        n = int(self.keep * self.capacity)
        if self.salience is None:
            self.now, gone = whole.at(slice(len(whole) - n, None)), whole.at(slice(0, len(whole) - n))
            return gone
        worth = self.salience(whole)
        # the later of two that are worth the same stays: a stable sort from the end
        order = worth.flip(0).argsort(stable=True, descending=True)
        kept = (len(whole) - 1 - order[:n]).sort().values
        staying = torch.zeros(len(whole), dtype=torch.bool)
        staying[kept] = True
        self.now = whole.at(staying)
        return whole.at(~staying)

    def empty(self) -> Experiences | None:
        """Hands everything on and begins anew; None where there was nothing."""
        gone, self.now = self.now, None
        return gone
