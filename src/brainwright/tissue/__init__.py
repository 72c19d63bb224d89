"""Read from and write to neural tissue: simulated, saline, replayed or real, through one contract."""

from .activity import ActivityBand, SeizureGuard
from .audit import Report, verify
from .chain import Chain
from .chain_lines import ChainBroken, read_chain
from .checker import ContractBroken, check_tissue
from .clock import MISS_POLICIES, Clock, DeadlineMissed, MissPolicy, VirtualClock, WallClock
from .contract import Receipt, Tissue
from .culture import CultureParameters, SimulatedCulture, usable_channels
from .envelope import DOSE, Bucket, Envelope
from .guarded import Guarded
from .joined import Joined
from .ledger import DoseLedger
from .limits import StimulusLimits, StimulusRefused
from .materials import SAFE_CHARGE_DENSITY_UC_PER_CM2
from .paced import Paced, StimulusLate
from .plan import StimulusPlan
from .projection import Projected
from .status import PlanForged, Status, TissueFault
from .turn import Reentered
from .watched import Live

__all__ = [
    "DOSE",
    "MISS_POLICIES",
    "SAFE_CHARGE_DENSITY_UC_PER_CM2",
    "ActivityBand",
    "Bucket",
    "Chain",
    "ChainBroken",
    "Clock",
    "ContractBroken",
    "CultureParameters",
    "DeadlineMissed",
    "DoseLedger",
    "Envelope",
    "Guarded",
    "Joined",
    "Live",
    "MissPolicy",
    "Paced",
    "PlanForged",
    "Projected",
    "Receipt",
    "Reentered",
    "Report",
    "SeizureGuard",
    "SimulatedCulture",
    "Status",
    "StimulusLate",
    "StimulusLimits",
    "StimulusPlan",
    "StimulusRefused",
    "Tissue",
    "TissueFault",
    "VirtualClock",
    "WallClock",
    "check_tissue",
    "read_chain",
    "usable_channels",
    "verify",
]
