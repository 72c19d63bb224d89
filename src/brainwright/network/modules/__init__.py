"""Modules with their own wiring, stacked in time and across modalities."""

from .hierarchy import Heard, Hierarchy, Streams, hierarchy
from .table import ModulePlan, in_order, rests_on
from .topology import Dense, Pool, Topology

__all__ = [
    "Dense",
    "Heard",
    "Hierarchy",
    "ModulePlan",
    "Pool",
    "Streams",
    "Topology",
    "hierarchy",
    "in_order",
    "rests_on",
]
