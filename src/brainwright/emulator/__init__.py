"""Models of neural activity: encode to latent patches, predict, decode; auxiliary maps to a task.

`Emulator` is the generative model (masked encoder, latent diffusion, decoder); `SpikeResponse` predicts
spikes through known wiring; `PatchEmulator` is the small model of the closed loop, and a baseline.
"""

from .dish.auxiliary import AuxiliaryMaps, fit_auxiliary
from .dish.dish_emulators import DishEmulators
from .dish.fit import fit_emulator
from .dish.patch_emulator import PatchEmulator, coming, contexts
from .dish.skill import forecast_skill
from .emulator import Emulator, Shape
from .masks import Masks
from .sampling import Schedule
from .spike_response import SpikeResponse, fit_spike_response, spike_nll
from .storage import load_emulator, save_emulator
from .task_maps import Embeddings, Symbols, TaskEncoder, Vectors, fit_task_encoder
from .training import Plan, fit_autoencoder, fit_dynamics

__all__ = [
    "AuxiliaryMaps",
    "DishEmulators",
    "Embeddings",
    "Emulator",
    "Masks",
    "PatchEmulator",
    "Plan",
    "Schedule",
    "Shape",
    "SpikeResponse",
    "Symbols",
    "TaskEncoder",
    "Vectors",
    "coming",
    "contexts",
    "fit_autoencoder",
    "fit_auxiliary",
    "fit_dynamics",
    "fit_emulator",
    "fit_spike_response",
    "fit_task_encoder",
    "forecast_skill",
    "load_emulator",
    "save_emulator",
    "spike_nll",
]
