"""Read from and write to neural tissue: simulated, saline, replayed or real, through one contract."""

from .checker import ContractBroken, check_tissue
from .clock import MISS_POLICIES, Clock, DeadlineMissed, MissPolicy, VirtualClock, WallClock
from .contract import Receipt, Tissue
from .culture import CultureParameters, SimulatedCulture, usable_channels
from .ledger import DoseLedger
from .limits import StimulusLimits, StimulusRefused
from .paced import Paced, StimulusLate
from .plan import StimulusPlan

__all__ = [
    "MISS_POLICIES",
    "Clock",
    "ContractBroken",
    "CultureParameters",
    "DeadlineMissed",
    "DoseLedger",
    "MissPolicy",
    "Paced",
    "Receipt",
    "SimulatedCulture",
    "StimulusLate",
    "StimulusLimits",
    "StimulusPlan",
    "StimulusRefused",
    "Tissue",
    "VirtualClock",
    "WallClock",
    "check_tissue",
    "usable_channels",
]
