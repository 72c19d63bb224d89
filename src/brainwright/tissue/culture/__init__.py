"""The simulated culture: parameters, wiring, compiled kernel, plain reference."""

from .electrodes import usable_channels
from .parameters import GROUNDED, CultureParameters
from .simulated import SimulatedCulture

__all__ = ["GROUNDED", "CultureParameters", "SimulatedCulture", "usable_channels"]
