"""What happens to the tissue when things go wrong: a kit that runs any tissue through every fault."""

from .catalogue import FAULTS, Fault
from .kit import Outcome, Settings, inject, table
from .process import VoidRun

__all__ = ["FAULTS", "Fault", "Outcome", "Settings", "VoidRun", "inject", "table"]
