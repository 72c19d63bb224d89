"""Wiring diagrams: read, signed, varied, scaled, described.

`Connectome` is the one type; `signs`, `nulls`, `expand` and `synthetic` are functions over it.
"""

from brainwright.connectome import expand, nulls, perturb, signs, statistics, synthetic
from brainwright.connectome.connectome import Connectome
from brainwright.connectome.edges import ELECTRICAL, Edges
from brainwright.connectome.errors import ConnectomeError, InvariantError
from brainwright.connectome.source import Source

__all__ = [
    "ELECTRICAL",
    "Connectome",
    "ConnectomeError",
    "Edges",
    "InvariantError",
    "Source",
    "expand",
    "nulls",
    "perturb",
    "signs",
    "statistics",
    "synthetic",
]
