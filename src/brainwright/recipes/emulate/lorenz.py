"""One trial on LZ40: an arm and a seed to its scores on the test trials, and what the figures need."""

import time
from functools import cache

import numpy as np

from brainwright.datasets.suites.library import library_draws, library_smoother
from brainwright.datasets.suites.lz40 import FORECAST, LZ40, OBSERVED, TEST, TRAIN, VALIDATION, lz40
from brainwright.emulator import Question, Smoothed, blank_emulator, forecasting_emulator, smoothed
from brainwright.emulator.baselines import GRIDS, baseline
from brainwright.evidence.scores import bits_per_spike, calibration, log_rate_r2, window_pit

from .budget import Budget

SEEDLESS = (*GRIDS, "untrained", "attainable")
"""Arms that run once: regressions; `untrained`, an emulator with its initial values, which controls
calibration; `attainable`, the library smoother, which observes the same counts and knows the system.
"""
TRAINED = ("transformer", "bi_gru", "emulator")
N_SEEN, N_AHEAD = OBSERVED.stop, FORECAST.stop - FORECAST.start
SHOWN, PATHS = 3, 20
"""Test trials whose rates and whose latents are kept for the figures."""


@cache
def suite() -> LZ40:
    """LZ40, made once per process."""
    return lz40(0)


@cache
def question(thin: int = 1) -> Question:
    """The last ten units are never seen, the last bins are to be forecast."""
    return asked(suite().counts, thin)


def asked(counts: np.ndarray, thin: int = 1) -> Question:
    """Trials split as the suite says, [trial, bin, unit]; a quarter of the units is never seen."""
    train, test = counts[TRAIN][::thin], counts[TEST][::thin]
    return Question(train, counts[VALIDATION], test, N_SEEN, n_unseen=counts.shape[2] // 4)


def trial(budget: Budget, offset: int, arm: str, seed: int, draw: int) -> dict[str, float | np.ndarray]:
    """Trains the arm, scores it on the test trials, keeps what the figures need as float32."""
    counts, truth = question(budget.thin).test, suite().rates[TEST][:: budget.thin]
    began = time.process_time()
    answer = answer_of(budget, arm, offset + seed, counts)
    metrics = {"cpu_s": time.process_time() - began, **scores(answer.rates, counts, truth)}
    arrays = {"rates": answer.rates[:SHOWN], "truth": truth[:SHOWN], "counts": counts[:SHOWN]}
    if answer.ensemble is not None and answer.point is not None:
        members, point, coming = (x[..., FORECAST, :] for x in (answer.ensemble, answer.point, counts))
        metrics |= calibration(members, coming, point)
        arrays |= {"ensemble": answer.ensemble[:, :SHOWN], "point": answer.point[:SHOWN]}
        arrays |= {"pit": window_pit(members, coming), "pit_point": window_pit(point[None], coming)}
    if answer.latents is not None:
        states = suite().latents[TEST][:: budget.thin][:PATHS]
        arrays |= {"latents": answer.latents[:PATHS], "states": states}
    return metrics | {name: array.astype(np.float32) for name, array in arrays.items()}


def answer_of(budget: Budget, arm: str, seed: int, counts: np.ndarray) -> Smoothed:
    """What the arm, once fitted, says of trials of which it sees what it may."""
    trials = question(budget.thin)
    if arm == "attainable":
        hidden = trials.seen(counts)
        rates = library_smoother(suite(), hidden, n_windows=budget.library)[0]
        draws = library_draws(suite(), hidden, budget.oracle_members, n_windows=budget.library)
        return Smoothed(rates, draws, rates)
    if arm == "untrained":
        return smoothed(blank_emulator(trials, seed).eval(), trials, counts, budget.members, budget.steps)
    if arm == "emulator":
        emulator = forecasting_emulator(trials, budget.updates, budget.diffusion_updates, seed)
        return smoothed(emulator, trials, counts, budget.members, budget.steps)
    updates, whole = budget.network_updates.get(arm, 0), budget.whole_grids
    predict = baseline(trials, arm, seed=seed, updates=updates, whole_grid=whole)
    return Smoothed(predict(trials.seen(counts)))


def scores(rates: np.ndarray, counts: np.ndarray, truth: np.ndarray) -> dict[str, float]:
    """Bits per spike and their share of the true-rate oracle, log-rate R², skill at each horizon."""
    reached, ceiling = (question().scores(x, counts) for x in (rates, truth))
    share = {f"{name}_share": reached[name] / ceiling[name] for name in reached}
    r2 = log_rate_r2(rates[:, OBSERVED], truth[:, OBSERVED])
    row = {**reached, **share, "log_rate_r2": float(r2.mean()), "log_rate_r2_median": float(np.median(r2))}
    for h in range(N_AHEAD):
        row[f"fp_at_{h + 1}"] = bits_per_spike(rates[:, N_SEEN + h], counts[:, N_SEEN + h])
    return row


def ceiling() -> dict[str, float]:
    """Scores of the true rates on all test trials."""
    counts, truth = suite().counts[TEST], suite().rates[TEST]
    return scores(truth, counts, truth)
