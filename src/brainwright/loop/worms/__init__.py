"""Worms on a plate: wirings that are taught to follow a smell, and what is left without this or that."""

from .assay import CONTROLS, Lived, controls, lived
from .circuits import CIRCUIT, NOSE, bare, circuit, cropped, layers, random_circuit, searched, wired
from .kinds import BARE, LARVA, LAYERS, RANDOM, REAL, REWIRED, brain, of_worm, wiring
from .taught import Plan, Taught, taught, together

__all__ = [
    "BARE",
    "CIRCUIT",
    "CONTROLS",
    "LARVA",
    "LAYERS",
    "NOSE",
    "RANDOM",
    "REAL",
    "REWIRED",
    "Lived",
    "Plan",
    "Taught",
    "bare",
    "brain",
    "circuit",
    "controls",
    "cropped",
    "layers",
    "lived",
    "of_worm",
    "random_circuit",
    "searched",
    "taught",
    "together",
    "wired",
    "wiring",
]
