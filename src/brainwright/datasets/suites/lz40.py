"""LZ40: chaotic latents seen through Poisson counts, with the rates known."""

from dataclasses import dataclass, replace

import numpy as np
from jaxtyping import Float

from brainwright.datasets.suites.lorenz import initial_states, trajectories

# The suite is its constants: with others every figure that was measured on it would mean something else.
N_TRIALS, N_BINS, N_UNITS = 600, 80, 40
TRAIN, VALIDATION, TEST = slice(0, 420), slice(420, 480), slice(480, 600)
"""Trials: 70 %, 10 % and 20 %."""
HELD_IN, HELD_OUT = slice(0, 30), slice(30, 40)
"""Units that a model sees, and those that it must infer."""
OBSERVED, FORECAST = slice(0, 60), slice(60, 80)
"""Bins that a model sees, and those that come after."""


@dataclass(frozen=True, eq=False)
class LZ40:
    """A suite holds counts, their true rates, and the generator that made them.

    Every trial has an initial state of its own, so the split by trial is one by initial condition: no
    trajectory is shared. A model may see only `HELD_IN` units in `OBSERVED` bins of a trial that it is
    scored on; all of a training trial may be its target.
    """

    seed: int
    dt: float
    counts: Float[np.ndarray, "trial bin unit"]
    rates: Float[np.ndarray, "trial bin unit"]
    """Expected counts per bin."""
    latents: Float[np.ndarray, "trial bin 3"]
    """Lorenz states, z-scored."""
    latent_mean: Float[np.ndarray, " 3"]
    latent_sd: Float[np.ndarray, " 3"]
    readout: Float[np.ndarray, "3 unit"]
    log_scale: Float[np.ndarray, " unit"]
    """log rate = latent @ readout + log_scale."""

    def rates_of(self, states: Float[np.ndarray, "*batch 3"]) -> np.ndarray:
        """It returns the true rates of raw Lorenz states, float32 [*batch, unit]."""
        z = ((states - self.latent_mean) / self.latent_sd).astype(np.float32)
        return np.exp(z @ self.readout.astype(np.float32) + self.log_scale.astype(np.float32))


def lz40(seed: int = 0, *, mean_rate: float = 0.1, dt: float = 0.015) -> LZ40:
    """It makes 600 trials of 80 bins, 40 units: random generator `default_rng(seed)`, drawn in the order
    initial states, readout, gains, counts.

    LZ40 proper is seed 0: with other seeds the ten held-out units, and so the difficulty, differ.

    Args:
        seed: of everything.
        mean_rate: expected counts per bin of a unit of gain 1 (0.05 gives LZ40-sparse).
        dt: Lorenz time per bin (0.03 gives LZ40-fast).
    """
    rng = np.random.default_rng(seed)
    states = trajectories(initial_states(rng, N_TRIALS), N_BINS, dt)
    mean, sd = states.mean((0, 1)), states.std((0, 1))
    latents = (states - mean) / sd
    readout = rng.standard_normal((3, N_UNITS))
    readout /= np.linalg.norm(readout, axis=0)
    log_scale = np.log(mean_rate / np.exp(latents @ readout).mean((0, 1)))
    log_scale += np.log(rng.gamma(4.0, 0.25, N_UNITS))  # gains of mean 1, deviation .5
    rates = np.exp(latents @ readout + log_scale)
    counts = rng.poisson(rates)
    return LZ40(
        seed=seed,
        dt=dt,
        counts=counts.astype(np.float32),
        rates=rates.astype(np.float32),
        latents=latents.astype(np.float32),
        latent_mean=mean,
        latent_sd=sd,
        readout=readout,
        log_scale=log_scale,
    )


def new_session(
    suite: LZ40, seed: int, *, n_units: int = 28, readout_noise: float = 0.3, mean_rate: float = 0.1
) -> LZ40:
    """It makes 600 new trials of the same system seen through other units: a permuted part of the first
    session's, with noise on the readout, new gains and new counts. No trajectory is shared with the first
    session.

    Args:
        suite: the first session.
        seed: of everything new.
        n_units: units that are left.
        readout_noise: standard deviation added to each weight before columns are scaled to unit norm.
        mean_rate: as in `lz40`.
    """
    rng = np.random.default_rng(seed)
    states = trajectories(initial_states(rng, N_TRIALS), N_BINS, suite.dt)
    latents = (states - suite.latent_mean) / suite.latent_sd
    chosen = rng.permutation(suite.readout.shape[1])[:n_units]
    readout = suite.readout[:, chosen] + readout_noise * rng.standard_normal((3, n_units))
    readout /= np.linalg.norm(readout, axis=0)
    log_scale = np.log(mean_rate / np.exp(latents @ readout).mean((0, 1)))
    log_scale += np.log(rng.gamma(4.0, 0.25, n_units))
    rates = np.exp(latents @ readout + log_scale)
    return replace(
        suite,
        seed=seed,
        counts=rng.poisson(rates).astype(np.float32),
        rates=rates.astype(np.float32),
        latents=latents.astype(np.float32),
        readout=readout,
        log_scale=log_scale,
    )
