"""Which parts of the training activity an emulator is shown, so that it learns to fill in the others."""

from dataclasses import dataclass

import torch
from jaxtyping import Bool, Float
from torch import Tensor


@dataclass(frozen=True)
class Masks:
    """Families of missing data, drawn anew for every trial of a batch.

    Ends of random length raised forecasts and dropped units raised co-smoothing on Lorenz trials; heavier
    masks with few updates hurt.

    Args:
        entries: single entries are dropped with a probability between 0 and twice this.
        units: whole units are dropped with a probability between 0 and this.
        shortest, longest: the end of a trial is dropped, uniformly between these numbers of frames.
        without_end: share of trials whose end is kept.
        blank: share of trials of which nothing is shown.
        never: units never shown: those to be predicted from the others alone.
    """

    entries: float = 0.3
    units: float = 0.3
    shortest: int = 5
    longest: int = 30
    without_end: float = 0.0
    blank: float = 0.0
    never: tuple[int, ...] = ()

    def shown(
        self, shape: tuple[int, int, int], generator: torch.Generator
    ) -> Bool[Tensor, "batch time unit"]:
        """The mask is true where activity is shown."""
        batch, time, unit = shape

        def uniform(*size: int) -> Tensor:
            return torch.rand(*size, generator=generator)

        shown = uniform(batch, time, unit) > 2 * self.entries * uniform(batch, 1, 1)
        shown &= uniform(batch, 1, unit) > self.units * uniform(batch, 1, 1)
        span = torch.randint(self.shortest, self.longest + 1, (batch, 1), generator=generator)
        span = torch.where(uniform(batch, 1) < self.without_end, 0, span)
        shown &= (torch.arange(time) < time - span)[:, :, None]
        shown &= uniform(batch, 1, 1) >= self.blank
        shown[:, :, list(self.never)] = False
        return shown

    def show(
        self, activity: Float[Tensor, "batch time unit"], generator: torch.Generator
    ) -> Float[Tensor, "batch time unit"]:
        """The activity with NaN where it is not shown."""
        shape = (activity.shape[0], activity.shape[1], activity.shape[2])
        return torch.where(self.shown(shape, generator), activity, torch.nan)
