"""The attainable oracle of LZ40: the posterior mean of the rates under the true generator."""

from collections.abc import Iterator

import numpy as np
from jaxtyping import Float

from brainwright.datasets.suites.lorenz import initial_states, trajectories
from brainwright.datasets.suites.lz40 import HELD_IN, LZ40, N_BINS, OBSERVED

PER_TRAJECTORY = 200
STRIDE = 10
CHUNK = 8_000


def library_smoother(
    suite: LZ40,
    counts: Float[np.ndarray, "trial bin unit"],
    *,
    n_windows: int = 240_000,
    seed: int = 1,
) -> tuple[Float[np.ndarray, "trial bin unit"], Float[np.ndarray, " trial"]]:
    """Rates averaged over windows of the attractor, each weighted by the likelihood of what was observed.

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
    seen = np.ascontiguousarray(counts[:, OBSERVED, HELD_IN]).reshape(len(counts), -1).astype(np.float32)
    best = np.full(len(counts), -np.inf)
    total, squares = np.zeros(len(counts)), np.zeros(len(counts))
    sums = np.zeros((len(counts), N_BINS * suite.counts.shape[2]), np.float32)
    for states in _windows(suite.dt, n_windows, seed):
        rates = suite.rates_of(states)
        part = rates[:, OBSERVED, HELD_IN].reshape(len(rates), -1)
        log_weight = seen @ np.log(part).T - part.sum(1, dtype=np.float64)
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


def _windows(dt: float, n_windows: int, seed: int) -> Iterator[np.ndarray]:
    """Overlapping windows [window, bin, 3] of trajectories on the attractor, in chunks."""
    n_trajectories = -(-n_windows // PER_TRAJECTORY)
    rng = np.random.default_rng(seed)
    length = (PER_TRAJECTORY - 1) * STRIDE + N_BINS
    at_once = max(1, CHUNK // PER_TRAJECTORY)
    for start in range(0, n_trajectories, at_once):
        n = min(at_once, n_trajectories - start)
        path = trajectories(initial_states(rng, n), length, dt)
        windows = np.lib.stride_tricks.sliding_window_view(path, N_BINS, axis=1)[:, ::STRIDE]
        yield np.moveaxis(windows, -1, -2).reshape(-1, N_BINS, 3)
