"""When a brain of one's own answers to a word: bins after its onset, early and late."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from brainwright.signal import Recording

from .words import ReadingError, counts_after

BINS = 5
"""Of each window."""


@dataclass(frozen=True)
class Windows:
    """Bins of the answer, and as many of what follows it.

    Attributes:
        after_s: from the onset to the first bin. By default .05 to .55 s: from the first answer of sensory
            cortex to the end of the N400 (Kutas & Federmeier 2011, Annu Rev Psychol 62:621).
        length_s: of the answer.
    """

    after_s: float = 0.05
    length_s: float = 0.5

    def __post_init__(self) -> None:
        if not (np.isfinite(self.after_s) and self.after_s >= 0 and 0 < self.length_s < np.inf):
            raise ReadingError(
                f"expected windows that begin at or after an onset and last, got {self.length_s:g} s from "
                f"{self.after_s:g} s on"
            )

    @property
    def early(self) -> list[tuple[float, float]]:
        """Of the answer."""
        return self._bins(self.after_s)

    @property
    def late(self) -> list[tuple[float, float]]:
        """Of what follows."""
        return self._bins(self.after_s + self.length_s)

    def counts(
        self, recording: Recording, onset_s: Float[np.ndarray, " word"]
    ) -> Float[np.ndarray, "dish word 2 feature"]:
        """Spikes of every channel in every bin, early and late."""
        made = counts_after(recording, onset_s, self.early + self.late)  # [dish, word, bin, channel]
        return made.reshape(*made.shape[:2], 2, -1)

    def _bins(self, first_s: float) -> list[tuple[float, float]]:
        edges = first_s + self.length_s / BINS * np.arange(BINS + 1)
        return list(zip(edges[:-1].tolist(), edges[1:].tolist(), strict=True))
