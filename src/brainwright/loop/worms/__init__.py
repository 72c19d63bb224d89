"""Worms on a plate: wirings that are taught to follow a smell, and what is left without this or that."""

from .assay import CONTROLS, Lived, controls, lived
from .circuits import CIRCUIT, NOSE, bare, circuit, cropped, layers, random_circuit, searched, wired
from .taught import Plan, taught

__all__ = [
    "CIRCUIT",
    "CONTROLS",
    "NOSE",
    "Lived",
    "Plan",
    "bare",
    "circuit",
    "controls",
    "cropped",
    "layers",
    "lived",
    "random_circuit",
    "searched",
    "taught",
    "wired",
]
