"""Models of neural activity: encode to latent patches, predict, decode; auxiliary maps to a task.

`Emulator` is the generative model (masked encoder, latent diffusion, decoder); `SpikeResponse` predicts
spikes through known wiring; `PatchEmulator` is the small model of the closed loop, and a baseline. A
`Question` is what every model of a recording is asked; `forecast` asks it of anyone's recording, `baselines`
of made-up ones.
"""

from .dish.auxiliary import AuxiliaryMaps, fit_auxiliary
from .dish.dish_emulators import DishEmulators
from .dish.fit import fit_emulator
from .dish.patch_emulator import PatchEmulator, coming, contexts
from .dish.skill import forecast_skill
from .emulator import Emulator, Shape
from .fitted import FittedEmulator, fit_recording
from .masks import Masks
from .question import Question
from .sampling import Schedule
from .smoothing import (
    Smoothed,
    adapted_emulator,
    blank_emulator,
    forecasting_emulator,
    smoothed,
    smoothing_emulator,
)
from .spike_response import SpikeResponse, fit_spike_response, spike_nll, spike_probability
from .storage import load_emulator, save_emulator
from .task_maps import Embeddings, Symbols, TaskEncoder, Vectors, fit_task_encoder
from .training import Plan, fit_autoencoder, fit_dynamics

__all__ = [
    "AuxiliaryMaps",
    "DishEmulators",
    "Embeddings",
    "Emulator",
    "FittedEmulator",
    "Masks",
    "PatchEmulator",
    "Plan",
    "Question",
    "Schedule",
    "Shape",
    "Smoothed",
    "SpikeResponse",
    "Symbols",
    "TaskEncoder",
    "Vectors",
    "adapted_emulator",
    "blank_emulator",
    "coming",
    "contexts",
    "fit_autoencoder",
    "fit_auxiliary",
    "fit_dynamics",
    "fit_emulator",
    "fit_recording",
    "fit_spike_response",
    "fit_task_encoder",
    "forecast_skill",
    "forecasting_emulator",
    "load_emulator",
    "save_emulator",
    "smoothed",
    "smoothing_emulator",
    "spike_nll",
    "spike_probability",
]
