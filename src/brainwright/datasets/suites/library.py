"""The attainable oracle of LZ40: the posterior mean of the rates under the true generator."""

from collections.abc import Iterator

import numpy as np
from jaxtyping import Float
from scipy.special import logsumexp

from brainwright.datasets.suites.lorenz import initial_states, trajectories
from brainwright.datasets.suites.lz40 import HELD_IN, LZ40, N_BINS, OBSERVED

PER_TRAJECTORY = 200
"""Windows of one trajectory, so that the burn-in is paid for once in 200."""
STRIDE = 10
"""Bins between the beginnings of two windows: an eighth of one, far enough for them to differ."""
CHUNK = 8_000
"""Windows at a time: their rates take 100 MB."""


def library_smoother(
    suite: LZ40,
    counts: Float[np.ndarray, "trial bin unit"],
    *,
    n_windows: int = 240_000,
    seed: int = 1,
) -> tuple[Float[np.ndarray, "trial bin unit"], Float[np.ndarray, " trial"]]:
    """It returns rates averaged over windows of the attractor, each weighted by the likelihood of what was
    observed.

    Windows of new trajectories are drawn from the generator's invariant measure; the weight of window k in
    trial i is prod Poisson(y_i | r_k) over the held-in units and observed bins. No model that sees the same
    counts can have a lower expected loss, but for the finite library.

    Args:
        suite: the generator.
        counts: trials; only held-in units and observed bins are read.
        n_windows: size of the library.
        seed: of the library.

    Returns:
        Posterior mean rates of all units and bins, and each trial's effective number of windows.
    """
    seen = _observed(counts)
    best = np.full(len(counts), -np.inf)
    total, squares = np.zeros(len(counts)), np.zeros(len(counts))
    sums = np.zeros((len(counts), N_BINS * suite.counts.shape[2]), np.float32)
    for states in _windows(suite.dt, n_windows, seed):
        rates = suite.rates_of(states)
        log_weight = _log_weights(rates, seen)
        top = np.maximum(best, log_weight.max(1))
        shrink = np.exp(best - top)
        weight = np.exp(log_weight - top[:, None])
        sums = sums * shrink[:, None].astype(np.float32)
        sums += weight.astype(np.float32) @ rates.reshape(len(rates), -1)
        total = total * shrink + weight.sum(1)
        squares = squares * shrink**2 + (weight**2).sum(1)
        best = top
    mean = (sums / total[:, None].astype(np.float32)).reshape(len(counts), N_BINS, -1)
    return mean, total**2 / squares


def library_draws(
    suite: LZ40,
    counts: Float[np.ndarray, "trial bin unit"],
    n_members: int,
    *,
    n_windows: int = 240_000,
    seed: int = 1,
) -> Float[np.ndarray, "member trial bin unit"]:
    """It returns draws from the same posterior: each member a window of the library, chosen with its weight.

    A calibrated ensemble, but for the finite library: what coverage and sharpness the data allow. Streams
    through the library, replacing a member by one of the chunk with the chunk's share of the weight so far.
    """
    seen, rng = _observed(counts), np.random.default_rng(seed)
    log_total = np.full(len(counts), -np.inf)
    members = np.zeros((n_members, len(counts), N_BINS, suite.counts.shape[2]), np.float32)
    for states in _windows(suite.dt, n_windows, seed):
        rates = suite.rates_of(states)
        log_weight = _log_weights(rates, seen)
        log_chunk = logsumexp(log_weight, axis=1)
        log_total = np.logaddexp(log_total, log_chunk)
        share = np.exp(log_weight - log_chunk[:, None]).cumsum(1)
        replaced = rng.random((n_members, len(counts))) < np.exp(log_chunk - log_total)
        for member, trial in np.argwhere(replaced):
            chosen = np.searchsorted(share[trial], rng.random() * share[trial, -1])
            members[member, trial] = rates[chosen]
    return members


def _observed(counts: Float[np.ndarray, "trial bin unit"]) -> Float[np.ndarray, "trial entry"]:
    """A model may see this of each trial."""
    return np.ascontiguousarray(counts[:, OBSERVED, HELD_IN]).reshape(len(counts), -1).astype(np.float32)


def _log_weights(
    rates: Float[np.ndarray, "window bin unit"], seen: Float[np.ndarray, "trial entry"]
) -> Float[np.ndarray, "trial window"]:
    """It returns ln prod Poisson(y | r) over what was seen, but for what does not depend on the window."""
    part = rates[:, OBSERVED, HELD_IN].reshape(len(rates), -1)
    return seen @ np.log(part).T - part.sum(1, dtype=np.float64)


def _windows(dt: float, n_windows: int, seed: int) -> Iterator[np.ndarray]:
    """It yields overlapping windows [window, bin, 3] of trajectories on the attractor, in chunks."""
    n_trajectories = -(-n_windows // PER_TRAJECTORY)
    rng = np.random.default_rng(seed)
    length = (PER_TRAJECTORY - 1) * STRIDE + N_BINS
    at_once = max(1, CHUNK // PER_TRAJECTORY)
    for start in range(0, n_trajectories, at_once):
        n = min(at_once, n_trajectories - start)
        path = trajectories(initial_states(rng, n), length, dt)
        windows = np.lib.stride_tricks.sliding_window_view(path, N_BINS, axis=1)[:, ::STRIDE]
        yield np.moveaxis(windows, -1, -2).reshape(-1, N_BINS, 3)
