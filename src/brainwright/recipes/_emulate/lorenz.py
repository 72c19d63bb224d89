"""One trial on LZ40: an arm and a seed to its scores on the test trials."""

from functools import cache
from pathlib import Path

import numpy as np
import torch

from brainwright.datasets.suites.library import library_smoother
from brainwright.datasets.suites.lz40 import FORECAST, LZ40, OBSERVED, TEST, TRAIN, VALIDATION, lz40
from brainwright.emulator import Emulator, Masks, Plan, Shape, fit_autoencoder, fit_dynamics
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
from brainwright.evidence.scores import (
    bits_per_spike,
    coverage,
    crps_skill,
    kolmogorov_distance,
    log_rate_r2,
    randomised_pit,
    window_coverage,
)
from brainwright.runfolder import write_arrays

from .design import Setup

N_HELD_IN, N_OBSERVED = 30, 60
SHOWN = 3
"""Test trials whose rates are kept for the figures."""
GRIDS: dict[str, tuple] = {
    "mean": (mean_rate, [{}]),
    "persistence": (persistence, [{"n_last": n, "share": s} for n in (3, 6, 12) for s in (0.1, 0.3, 0.6)]),
    "smoothing_glm": (smoothing_glm, [{"sd": s, "ahead": a} for s, a in ((2, 3e-2), (3, 0.1), (4, 0.3))]),
    "pca_glm": (pca_glm, [{"sd": 4, "penalty": p, "ahead": a} for p, a in ((1e-4, 1e-3), (1e-3, 1e-2))]),
    "lagged_glm": (lagged_glm, [{"penalty": p, "ahead": a} for p, a in ((1e-3, 3e-2), (3e-3, 0.1))]),
}


@cache
def suite() -> LZ40:
    """LZ40, made once per process."""
    return lz40(0)


@cache
def window(quick: bool = False) -> Window:
    """Training and validation trials; a quarter of the former where the run is quick."""
    counts = suite().counts
    return Window(counts[TRAIN][:: 4 if quick else 1], counts[VALIDATION], N_HELD_IN, N_OBSERVED)


def trial(setup: Setup, folder: Path, arm: str, seed: int) -> dict[str, float]:
    """Train the arm, score it on the test trials, keep what the figures need."""
    own = 1_000 * setup.seed + seed
    counts = suite().counts[TEST][:: 4 if setup.quick else 1]
    hidden = window().seen(counts)
    arrays: dict[str, np.ndarray] = {}
    ensemble = None
    if arm == "attainable":
        rates = library_smoother(suite(), hidden, n_windows=setup.library)[0]
    elif arm == "emulator":
        emulator = fitted(window(setup.quick), setup, own)
        point, ensemble, latents = drawn(emulator, hidden, setup.members)
        rates = np.concatenate([point[:, OBSERVED], ensemble.mean(0)[:, FORECAST]], axis=1)
        arrays = {"ensemble": ensemble[:, :SHOWN], "point": point[:SHOWN], "latents": latents[:20]}
    else:
        rates = predictor(arm, setup, own)(hidden)
    write_arrays(folder / f"lz40-{arm}-{seed}.npz", {"rates": rates[:SHOWN].astype(np.float32), **arrays})
    found = scores(rates, counts, suite().rates[TEST][:: 4 if setup.quick else 1])
    if ensemble is not None:
        found |= calibration(ensemble[:, :, FORECAST], counts[:, FORECAST], point[:, FORECAST])
    return found


def predictor(arm: str, setup: Setup, seed: int) -> Predict:
    """A fitted baseline: its grid searched on validation trials, or trained with the settings found so."""
    if arm in GRIDS:
        fit, grid = GRIDS[arm]
        return search(window(setup.quick), fit, grid[:1] if setup.quick else grid)[0]
    kind = {"bi_gru": BiGRU, "transformer": PlainTransformer}[arm]
    return trained(
        window(setup.quick), kind, network_masks(), Plan(setup.network_updates, 64, 3e-3, 1e-3, seed)
    )


def network_masks() -> Masks:
    """As the baselines of the literature are trained: single entries missing, and the whole forecast."""
    return Masks(entries=0.125, units=0.0, shortest=20, longest=20, never=tuple(range(N_HELD_IN, 40)))


def fitted(task: Window, setup: Setup, seed: int, updates: int | None = None) -> Emulator:
    """An emulator with its dynamics, from training trials alone."""
    counts = torch.from_numpy(task.train)
    mean = counts.mean((0, 1))
    emulator = Emulator(mean, mean.sqrt(), Shape(size=2, n_latent=8), seed=seed)
    never = tuple(range(task.n_held_in, task.n_units))
    plan = Plan(updates or setup.updates, batch=32, seed=seed)
    fit_autoencoder(emulator, counts, Masks(never=never), plan)
    seen = Masks(entries=0.1, units=0.1, without_end=0.1, blank=0.05, never=never)
    fit_dynamics(emulator, counts, seen, Plan(setup.diffusion_updates, 32, 2e-3, seed=seed))
    return emulator


def drawn(emulator: Emulator, hidden: np.ndarray, members: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Point estimate [trial, bin, unit], ensemble [member, ...] and latents [trial, bin, latent]."""
    x = torch.from_numpy(hidden)
    with torch.no_grad():
        latents = emulator.encode(x)
        return (
            emulator.decode(latents).numpy(),
            emulator.ensemble(x, members).numpy(),
            latents[:, :, 0].numpy(),
        )


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


def calibration(ensemble: np.ndarray, counts: np.ndarray, point: np.ndarray) -> dict[str, float]:
    """Of the forecast: coverage of counts and of their sums over the window, CRPS against the point model."""
    u = randomised_pit(ensemble, counts)
    return {
        "fp_point": bits_per_spike(point, counts),
        "pit_coverage": coverage(u),
        "pit_distance": kolmogorov_distance(u),
        "window_coverage": window_coverage(ensemble, counts),
        "window_coverage_point": window_coverage(point[None], counts),
        "population_coverage": window_coverage(ensemble, counts, population=True),
        "population_coverage_point": window_coverage(point[None], counts, population=True),
        "crps_skill": crps_skill(ensemble, counts, point),
    }
