"""An emulator of trials: fitted to a question, asked for units that are never seen and for bins to come."""

from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float

from .emulator import Emulator, Shape
from .masks import Masks
from .question import Question
from .sampling import Schedule
from .training import Plan, fit_autoencoder, fit_dynamics

SHAPE = Shape(size=2, n_latent=8)
BATCH = 32
LONGEST = 50
"""Bins of a trial's end that are hidden at most: from other pasts a trial is another forecast to learn
from.
"""
DYNAMICS_RATE, EMBEDDING_RATE = 3e-3, 1e-2
"""Learning rates, found on validation trials: few parameters train faster."""


@dataclass(frozen=True, eq=False)
class Smoothed:
    """What a model says of trials: rates [trial, bin, unit]; of a probabilistic one the ensemble [member,
    trial, bin, unit] around its point forecast, and its latents [trial, bin, latent].
    """

    rates: Float[np.ndarray, "trial bin unit"]
    ensemble: Float[np.ndarray, "member trial bin unit"] | None = None
    point: Float[np.ndarray, "trial bin unit"] | None = None
    latents: Float[np.ndarray, "trial bin latent"] | None = None


def blank_emulator(question: Question, seed: int) -> Emulator:
    """An emulator with its initial values: mean rates, and draws from nothing."""
    mean = torch.from_numpy(question.train).mean((0, 1))
    return Emulator(mean, mean.sqrt(), SHAPE, seed=seed)


def smoothing_emulator(question: Question, updates: int, seed: int) -> Emulator:
    """An emulator with its encoder and decoder trained on the training trials, its latent dynamics not."""
    emulator = blank_emulator(question, seed)
    plan = Plan(updates, BATCH, seed=seed)
    fit_autoencoder(emulator, torch.from_numpy(question.train), smoothing_masks(question), plan)
    return emulator


def forecasting_emulator(question: Question, updates: int, dynamics_updates: int, seed: int) -> Emulator:
    """An emulator with all of it trained, so that it draws ensembles of what may come."""
    emulator = smoothing_emulator(question, updates, seed)
    never = smoothing_masks(question).never
    masks = Masks(entries=0.1, units=0.1, without_end=0.1, blank=0.05, never=never)
    plan = Plan(dynamics_updates, BATCH, DYNAMICS_RATE, seed=seed)
    fit_dynamics(emulator, torch.from_numpy(question.train), masks, plan)
    return emulator


def adapted_emulator(emulator: Emulator, question: Question, updates: int, seed: int) -> Emulator:
    """The same emulator for the units of another session, of which the embeddings alone are trained."""
    counts = torch.from_numpy(question.train)
    mean = counts.mean((0, 1))
    other = emulator.for_units(mean, mean.sqrt(), seed=seed)
    fit_autoencoder(other, counts, smoothing_masks(question), Plan(updates, BATCH, EMBEDDING_RATE, seed=seed))
    return other


def smoothing_masks(question: Question) -> Masks:
    """What is hidden in training: ends of trials, entries, units, and those that are never seen always."""
    return Masks(longest=LONGEST, never=question.unseen)


def smoothed(
    emulator: Emulator,
    question: Question,
    windows: Float[np.ndarray, "trial bin unit"],
    members: int,
    steps: int,
) -> Smoothed:
    """The point estimate of the bins that are seen, the mean of the ensemble of those to come.

    Args:
        emulator: with trained dynamics.
        question: which says what may be seen.
        windows: counts.
        members: of the ensemble.
        steps: of denoising of each.
    """
    hidden = torch.from_numpy(question.seen(windows))
    with torch.inference_mode():
        latents = emulator.encode(hidden)
        ensemble = emulator.ensemble(hidden, members, schedule=Schedule(steps)).numpy()
        point = emulator.decode(latents).numpy()
    rates = np.concatenate([point[:, : question.n_seen], question.coming(ensemble.mean(0))], axis=1)
    return Smoothed(rates, ensemble, point, latents[:, :, 0].numpy())
