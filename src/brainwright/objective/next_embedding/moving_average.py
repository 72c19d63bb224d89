"""A slowly moving average of the embedding as the teacher (I-JEPA, BYOL)."""

from dataclasses import dataclass

from brainwright.network import EmbeddingCells

from .teachers import Past, Weights


@dataclass(frozen=True)
class MovingAverage:
    """W' <- keep W' + (1 - keep) W after every update (Grill et al. 2020, arXiv:2006.07733; Assran et al.
    2023, arXiv:2301.08243).

    Args:
        keep: of the average, from 0 to below 1.
    """

    keep: float = 0.99

    def __post_init__(self) -> None:
        if not 0 <= self.keep < 1:
            raise ValueError(f"expected keep from 0 to below 1, got {self.keep}")

    def after(self, past: Past, cells: EmbeddingCells) -> Past:
        """The average moves towards the weights of now."""
        mean, now = past[0], Weights.of(cells)
        return (Weights(*(self.keep * a + (1 - self.keep) * b for a, b in zip(mean, now, strict=True))),)
