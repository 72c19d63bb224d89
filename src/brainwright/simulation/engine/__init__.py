"""Event-driven, exact simulation of leaky integrate-and-fire networks up to whole brains."""

from .engine import SpikingEngine
from .parameters import LIFParameters
from .result import Spikes, common_share
from .state import State
from .stimulus import merge_events, poisson_events, train_events
from .wiring import Wiring, available_memory_bytes, memory_estimate_bytes

__all__ = [
    "LIFParameters",
    "Spikes",
    "SpikingEngine",
    "State",
    "Wiring",
    "available_memory_bytes",
    "common_share",
    "memory_estimate_bytes",
    "merge_events",
    "poisson_events",
    "train_events",
]
