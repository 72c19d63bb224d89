"""A new session: other units, other readout, new initial states. Is it enough to train their embeddings?"""

from functools import cache

import numpy as np
import torch

from brainwright.datasets.suites.lz40 import LZ40, TEST, TRAIN, VALIDATION, new_session
from brainwright.emulator import Emulator, Plan, fit_autoencoder
from brainwright.emulator.baselines import Window

from .design import Setup
from .lorenz import blank, masks_of, suite
from .lorenz import window as first_window

N_UNITS, N_HELD_IN, N_FEW = 28, 21, 42
FEW_UPDATES = 300


@cache
def session(seed: int) -> LZ40:
    """28 units, permuted, with a noisy readout and gains of their own."""
    return new_session(suite(), seed=100 + seed, n_units=N_UNITS)


def trial(setup: Setup, seed: int) -> dict[str, float]:
    """Scores of three ways to meet a new session, as co-bps + fp-bps, and the share of the gap closed.

    `scratch`: everything from random values on 42 trials; `embeddings`: an emulator trained on the first
    session, of which the new units' embeddings alone train on those 42; `full`: from random values on 420.
    """
    own, data = 1_000 * setup.seed + seed, session(seed)
    many = Window(data.counts[TRAIN], data.counts[VALIDATION], N_HELD_IN, 60)
    few = Window(many.train[:N_FEW], many.validation, N_HELD_IN, 60)
    found = {
        "scratch": new(few, FEW_UPDATES, own),
        "full": new(many, setup.updates, own),
        "embeddings": adapted(new(first_window(), setup.updates, own), few, own),
    }
    scored = {name: score(model, many, data) for name, model in found.items()}
    gap = scored["full"] - scored["scratch"]
    return {**scored, "gap_closed": (scored["embeddings"] - scored["scratch"]) / gap}


def new(task: Window, updates: int, seed: int) -> Emulator:
    """An autoencoder from random values."""
    emulator = blank(task, seed)
    plan = Plan(updates, batch=32, seed=seed)
    fit_autoencoder(emulator, torch.from_numpy(task.train), masks_of(task), plan)
    return emulator


def adapted(emulator: Emulator, task: Window, seed: int) -> Emulator:
    """The emulator with embeddings for the units of the task; they alone have been trained."""
    counts = torch.from_numpy(task.train)
    mean = counts.mean((0, 1))
    other = emulator.for_units(mean, mean.sqrt(), seed=seed)
    fit_autoencoder(other, counts, masks_of(task), Plan(FEW_UPDATES, 32, 1e-2, seed=seed))
    return other


def score(emulator: Emulator, task: Window, data: LZ40) -> float:
    """co-bps + fp-bps on the test trials of the new session."""
    counts = data.counts[TEST]
    with torch.no_grad():
        rates = emulator.predict(torch.from_numpy(task.seen(counts))).numpy()
    return float(np.sum(list(task.scores(rates, counts).values())))
