"""Simulated cultures that are stimulated around a region and read within it."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from brainwright.tissue import CultureParameters, SimulatedCulture, usable_channels

from .protocol import Protocol

GRID = 8
SPARSE = CultureParameters(n_neurons=400, weight_mV=5.0, p_near=0.08, p_far=0.01, kick_rate_hz=5.0)
"""Few strong synapses, so that a write reaches the middle: signal share of a trial .39. In the main job's
default (.3 mV, 15 Hz) it does not: .01.
"""
DENSE = CultureParameters(n_neurons=400, weight_mV=1.0, kick_rate_hz=5.0)
"""Many weaker ones; .3 to .4."""


def middle(size: int = 5) -> tuple[int, ...]:
    """A square of channels around the centre of the array, from its third row and column on."""
    first = (GRID - size + 1) // 2
    rows = range(first, first + size)
    return tuple(GRID * row + column for row in rows for column in rows)


def around(region: Sequence[int]) -> tuple[int, ...]:
    """Channels that may stimulate and are not in the region."""
    return tuple(channel for channel in usable_channels() if channel not in set(region))


def around_the_middle(**options: Any) -> Protocol:
    """The middle is read and never stimulated; the ring around it is written to."""
    region = middle()
    return Protocol(electrodes=around(region), region=region, **options)


@dataclass(eq=False)
class EvokeDishes:
    """Cultures, one for each seed, that are brought into a state again and again.

    Attributes:
        seeds: of the cultures; a dish is the same whatever other dishes there are.
        protocol: of its trials.
        parameters: of all cultures.
        threads: that advance them.
    """

    seeds: list[int]
    protocol: Protocol = field(default_factory=around_the_middle)
    parameters: CultureParameters = SPARSE
    threads: int = 1
    _culture: SimulatedCulture | None = None
    _born: dict[str, NDArray] | None = None

    def culture(
        self, state: dict[str, NDArray] | None = None, *, plasticity: bool = False
    ) -> SimulatedCulture:
        """The dishes in a given state (None: as they were born), one object that is used again."""
        if self._culture is None or self._born is None:
            self._culture = SimulatedCulture(self.seeds, self.parameters, threads=self.threads)
            self._born = self._culture.snapshot()
        self._culture.plasticity = plasticity
        self._culture.restore(self._born if state is None else state)
        return self._culture

    def saline(self) -> SimulatedCulture:
        """Dishes without cells: what is detected there is artifact."""
        return SimulatedCulture(self.seeds, self.parameters, cells=False, threads=self.threads)

    def each(self, purpose: int) -> list[np.random.Generator]:
        """Random numbers for one purpose, of each dish by itself."""
        return [np.random.default_rng([seed, purpose]) for seed in self.seeds]
