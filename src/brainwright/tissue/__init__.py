"""Read from and write to neural tissue: simulated, saline, replayed or real, through one contract."""

from .checker import ContractBroken, check_tissue
from .contract import Receipt, Tissue
from .culture import CultureParameters, SimulatedCulture, usable_channels
from .ledger import DoseLedger
from .limits import StimulusLimits, StimulusRefused
from .plan import StimulusPlan

__all__ = [
    "ContractBroken",
    "CultureParameters",
    "DoseLedger",
    "Receipt",
    "SimulatedCulture",
    "StimulusLimits",
    "StimulusPlan",
    "StimulusRefused",
    "Tissue",
    "check_tissue",
    "usable_channels",
]
