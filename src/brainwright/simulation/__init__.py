"""Exact simulation of whole brains: leaky integrate-and-fire cells over any signed wiring, and screens."""

from .engine import LIFParameters, Spikes, SpikingEngine, Wiring
from .fly_run import FlyRun
from .paired import PairedActivity
from .screen import ScreenResult, screen
from .whole_brain import WholeBrain

__all__ = [
    "FlyRun",
    "LIFParameters",
    "PairedActivity",
    "ScreenResult",
    "Spikes",
    "SpikingEngine",
    "WholeBrain",
    "Wiring",
    "screen",
]
