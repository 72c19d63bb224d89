"""Does it matter who joins whom in the fly's mushroom body? Odours in Kenyon cells, beside rewired
wirings.
"""

from dataclasses import dataclass
from typing import Annotated

from brainwright.experiment import AtLeast, Options

SUMMARY = "odours in the fly's mushroom body: geometry of the code and learning, beside rewired wirings"
SOURCES = (
    "Dorkenwald et al. 2024, Nature 634:124 (FlyWire)",
    "Litwin-Kumar et al. 2017, Neuron 93:1153 (dimension of such a code)",
    "Hige et al. 2015, Neuron 88:985 (depression where dopamine comes)",
    "Aso et al. 2014, eLife 3:e04580 (compartments and where their output cells lead)",
    "Maslov & Sneppen 2002, Science 296:910 (the null)",
)


@dataclass(frozen=True)
class Config(Options):
    """How many draws of odours."""

    draws: Annotated[int, AtLeast(5)] = 6
    """Of odours, shared by the real wiring and all rewired ones; with fewer than six nothing is decided."""
