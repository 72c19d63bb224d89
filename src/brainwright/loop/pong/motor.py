"""Which way the paddle goes, read from two regions."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..present import AFTER, Periods
from ..readout import IdentityReadout
from .sites import DOWN, PLACES, UP


@dataclass(frozen=True, eq=False)
class Motor:
    """A move is the sign of (w_up - w_down) a - m, with the filters of the identity readout for the regions.

    m is the mean over naive answers to places, so that no direction is favoured before teaching. `weight` is
    [dish, channel], `offset` [dish].
    """

    weight: NDArray[np.float64]
    offset: NDArray[np.float64]

    @classmethod
    def fit(cls, naive: Periods) -> "Motor":
        """Fit to naive responses to places and regions; it stays as it is from then on.

        Raises:
            ValueError: a place or region that was never presented to some dish.
        """
        readout = IdentityReadout.fit(naive, PLACES + 2)
        weight = readout.weight[:, UP] - readout.weight[:, DOWN]
        drive = np.einsum("dtc,dc->dt", naive.counts[:, :, AFTER].astype(np.float64), weight)
        told = naive.symbols < PLACES
        return cls(weight, -(drive * told).sum(1) / told.sum(1))

    def moves(self, after: NDArray[Any]) -> NDArray[np.int64]:
        """The moves are -1 (down) or 1 (up), from counts [dish, channel]; silence of a dish is its mean."""
        return np.where((after * self.weight).sum(1) + self.offset > 0, 1, -1)
