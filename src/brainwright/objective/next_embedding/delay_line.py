"""A delay line in place of a stop-gradient: no gradient travels back in time by itself."""

from dataclasses import dataclass

from brainwright.network import EmbeddingCells

from .teachers import Past, Weights


@dataclass(frozen=True)
class DelayLine:
    """Targets are made by the weights of `updates` ago; by the first ones before. It is what a stop-gradient
    may mean for a brain: the comparison is with a copy that learns later.

    Args:
        updates: of the delay, at least 1.
    """

    updates: int

    def __post_init__(self) -> None:
        if self.updates < 1:
            raise ValueError(f"expected a delay of at least one update, got {self.updates}")

    def after(self, past: Past, cells: EmbeddingCells) -> Past:
        """The weights of now join at the end; those that are too old leave."""
        return (*past, Weights.of(cells))[-self.updates - 1 :]
