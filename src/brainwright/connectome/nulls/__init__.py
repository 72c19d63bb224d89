"""Null models: functions (connectome, seed) → Connectome. Each asserts what it promises to keep.

Kinds of connection never mix, autapses stay where they are, and no null adds an autapse or a repeated edge.
"""

from brainwright.connectome.nulls.degree import (
    block_preserving,
    boundary_preserving,
    dale_preserving,
    degree_preserving,
    distance_preserving,
)
from brainwright.connectome.nulls.ensemble import Ensemble, compose, ensemble
from brainwright.connectome.nulls.invariants import overlap
from brainwright.connectome.nulls.named import NULLS, named
from brainwright.connectome.nulls.random_graphs import erdos_renyi, ring
from brainwright.connectome.nulls.shuffles import clone, shuffle_signs, shuffle_weights
from brainwright.connectome.nulls.strength import relative_strength_error, strength_error, strength_preserving

__all__ = [
    "NULLS",
    "Ensemble",
    "block_preserving",
    "boundary_preserving",
    "clone",
    "compose",
    "dale_preserving",
    "degree_preserving",
    "distance_preserving",
    "ensemble",
    "erdos_renyi",
    "named",
    "overlap",
    "relative_strength_error",
    "ring",
    "shuffle_signs",
    "shuffle_weights",
    "strength_error",
    "strength_preserving",
]
