"""A model of neural activity: encode to latent patches, predict, decode; auxiliary maps to a task."""

from .auxiliary import AuxiliaryMaps, fit_auxiliary
from .fit import fit_emulator
from .patch_emulator import PatchEmulator, coming, contexts
from .skill import forecast_skill

__all__ = [
    "AuxiliaryMaps",
    "PatchEmulator",
    "coming",
    "contexts",
    "fit_auxiliary",
    "fit_emulator",
    "forecast_skill",
]
