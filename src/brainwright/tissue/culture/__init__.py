"""The simulated culture: parameters, wiring, compiled kernel, plain reference."""

from .parameters import GROUNDED, CultureParameters
from .simulated import SimulatedCulture, usable_channels

__all__ = ["GROUNDED", "CultureParameters", "SimulatedCulture", "usable_channels"]
