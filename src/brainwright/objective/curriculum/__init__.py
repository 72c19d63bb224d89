"""Many cost functions, by module and stage, as plain data."""

from .losses import LOSSES, boundary
from .stages import ORDERS, Stage, one_by_one, together, turns

__all__ = ["LOSSES", "ORDERS", "Stage", "boundary", "one_by_one", "together", "turns"]
