"""One trial on LZ40: an arm and a seed to its scores on the test trials."""

import time
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
import torch
from jaxtyping import Float

from brainwright.datasets.suites.library import library_draws, library_smoother
from brainwright.datasets.suites.lz40 import FORECAST, LZ40, OBSERVED, TEST, TRAIN, VALIDATION, lz40
from brainwright.emulator import Emulator, Masks, Plan, Schedule, Shape, fit_autoencoder, fit_dynamics
from brainwright.emulator.baselines import (
    BiGRU,
    PlainTransformer,
    Predict,
    Window,
    lagged_glm,
    mean_rate,
    pca_glm,
    persistence,
    search,
    smoothing_glm,
    trained,
)
from brainwright.evidence.scores import bits_per_spike, log_rate_r2
from brainwright.runfolder import write_arrays

from .calibration import calibration, window_pit
from .design import Setup

N_HELD_IN, N_OBSERVED = 30, 60
SHOWN = 3
"""Test trials whose rates are kept for the figures."""
PATHS = 20
"""Test trials whose latents are kept."""
GRIDS: dict[str, tuple] = {
    "mean": (mean_rate, [{}]),
    "persistence": (persistence, [{"n_last": n, "share": s} for n in (3, 6, 12) for s in (0.1, 0.3, 0.6)]),
    "smoothing_glm": (smoothing_glm, [{"sd": s, "ahead": a} for s, a in ((2, 3e-2), (3, 0.1), (4, 0.3))]),
    "pca_glm": (pca_glm, [{"sd": 4, "penalty": p, "ahead": a} for p, a in ((1e-4, 1e-3), (1e-3, 1e-2))]),
    "lagged_glm": (lagged_glm, [{"penalty": p, "ahead": a} for p, a in ((1e-3, 3e-2), (3e-3, 0.1))]),
}

NETWORKS: dict[str, tuple] = {"bi_gru": (BiGRU, 6e-3), "transformer": (PlainTransformer, 2e-3)}
"""With their learning rates, found on validation trials with another seed: the recurrent net's beside its
masks, dropout and updates, the transformer's among 1e-3, 2e-3, 4e-3 and 6e-3.
"""


@cache
def suite() -> LZ40:
    """LZ40, made once per process."""
    return lz40(0)


@cache
def window(quick: bool = False) -> Window:
    """Training and validation trials; a quarter of the former where the run is quick."""
    counts = suite().counts
    return Window(counts[TRAIN][:: 4 if quick else 1], counts[VALIDATION], N_HELD_IN, N_OBSERVED)


@dataclass(frozen=True, eq=False)
class Answer:
    """Rates of the test trials [trial, bin, unit]; of a probabilistic arm the ensemble around its point
    forecast, and its latents.
    """

    rates: Float[np.ndarray, "trial bin unit"]
    ensemble: Float[np.ndarray, "member trial bin unit"] | None = None
    point: Float[np.ndarray, "trial bin unit"] | None = None
    latents: Float[np.ndarray, "trial bin latent"] | None = None


def trial(setup: Setup, folder: Path, arm: str, seed: int) -> dict[str, float]:
    """Train the arm, score it on the test trials, keep what the figures need."""
    thinned = slice(None, None, 4 if setup.quick else 1)
    counts, truth = suite().counts[TEST][thinned], suite().rates[TEST][thinned]
    began = time.process_time()
    given = answer(setup, arm, 1_000 * setup.seed + seed, window().seen(counts))
    found = {"cpu_s": time.process_time() - began, **scores(given.rates, counts, truth)}
    arrays = {"rates": given.rates[:SHOWN], "truth": truth[:SHOWN], "counts": counts[:SHOWN]}
    if given.ensemble is not None and given.point is not None:
        coming = np.s_[:, FORECAST]
        found |= calibration(given.ensemble[:, :, FORECAST], counts[coming], given.point[coming])
        arrays |= {"ensemble": given.ensemble[:, :SHOWN], "point": given.point[:SHOWN]}
        arrays["pit"] = window_pit(given.ensemble[:, :, FORECAST], counts[coming])
        arrays["pit_point"] = window_pit(given.point[None][:, :, FORECAST], counts[coming])
    if given.latents is not None:
        states = suite().latents[TEST][thinned][:PATHS]
        arrays |= {"latents": given.latents[:PATHS], "states": states}
    write_arrays(folder / f"lz40-{arm}-{seed}.npz", {k: v.astype(np.float32) for k, v in arrays.items()})
    return found


def answer(setup: Setup, arm: str, seed: int, hidden: np.ndarray) -> Answer:
    """What the arm, once fitted, says of trials with NaN where it may not look."""
    if arm == "attainable":
        rates = library_smoother(suite(), hidden, n_windows=setup.library)[0]
        draws = library_draws(suite(), hidden, setup.oracle_members, n_windows=setup.library)
        return Answer(rates, draws, rates)
    if arm in ("emulator", "untrained"):
        task = window(setup.quick)
        emulator = fitted(task, setup, seed) if arm == "emulator" else blank(task, seed).eval()
        return drawn(emulator, hidden, setup)
    return Answer(predictor(arm, setup, seed)(hidden))


def predictor(arm: str, setup: Setup, seed: int) -> Predict:
    """A fitted baseline: its grid searched on validation trials, or trained with the settings found so."""
    if arm in GRIDS:
        fit, grid = GRIDS[arm]
        return search(window(setup.quick), fit, grid[:1] if setup.quick else grid)[0]
    kind, learning_rate = NETWORKS[arm]
    never = tuple(range(N_HELD_IN, 40))
    masks = Masks(entries=0.125, units=0.0, shortest=5, longest=30, never=never)
    plan = Plan(setup.network_updates[arm], 64, learning_rate, 1e-3, seed)
    return trained(window(setup.quick), kind, masks, plan)


def blank(task: Window, seed: int) -> Emulator:
    """An emulator with its initial values: mean rates, and draws from nothing."""
    mean = torch.from_numpy(task.train).mean((0, 1))
    return Emulator(mean, mean.sqrt(), Shape(size=2, n_latent=8), seed=seed)


def masks_of(task: Window) -> Masks:
    """Forecasts from 30 to 75 bins of past: from other pasts a trial is another forecast to learn from."""
    return Masks(longest=50, never=tuple(range(task.n_held_in, task.n_units)))


def fitted(task: Window, setup: Setup, seed: int) -> Emulator:
    """An emulator with its dynamics, from training trials alone."""
    emulator, counts = blank(task, seed), torch.from_numpy(task.train)
    masks = masks_of(task)
    fit_autoencoder(emulator, counts, masks, Plan(setup.updates, batch=32, seed=seed))
    seen = Masks(entries=0.1, units=0.1, without_end=0.1, blank=0.05, never=masks.never)
    fit_dynamics(emulator, counts, seen, Plan(setup.diffusion_updates, 32, 3e-3, seed=seed))
    return emulator


def drawn(emulator: Emulator, hidden: np.ndarray, setup: Setup) -> Answer:
    """The point estimate of what was seen, the mean of the ensemble of what was not."""
    x = torch.from_numpy(hidden)
    with torch.inference_mode():
        latents = emulator.encode(x)
        ensemble = emulator.ensemble(x, setup.members, schedule=Schedule(setup.steps)).numpy()
        point = emulator.decode(latents).numpy()
    rates = np.concatenate([point[:, OBSERVED], ensemble.mean(0)[:, FORECAST]], axis=1)
    return Answer(rates, ensemble, point, latents[:, :, 0].numpy())


def scores(rates: np.ndarray, counts: np.ndarray, truth: np.ndarray) -> dict[str, float]:
    """Bits per spike and their share of the true-rate oracle, log-rate R², skill at each horizon."""
    found = window().scores(rates, counts)
    ceiling = window().scores(truth, counts)
    share = {f"{name}_share": found[name] / ceiling[name] for name in found}
    r2 = log_rate_r2(rates[:, OBSERVED], truth[:, OBSERVED])
    horizon = {
        f"fp_at_{h + 1}": bits_per_spike(rates[:, FORECAST][:, h], counts[:, FORECAST][:, h])
        for h in range(20)
    }
    return {**found, **share, "log_rate_r2": r2.mean(), "log_rate_r2_median": np.median(r2), **horizon}
