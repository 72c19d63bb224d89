"""The reservoir tests of the field: nothing is trained but ridge read-outs.

Sweep of the spectral radius as in conn2res (Suarez et al. 2024), memory capacity (Jaeger 2001), and the two
by two of Costi et al. 2025 (connectome or random wiring, connectome or random weights) on the Lorenz system.
"""

from collections.abc import Callable
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import torch
from jaxtyping import Float

from brainwright.connectome import Connectome
from brainwright.evidence import Trials, run_trials
from brainwright.network import SpectralRadius
from brainwright.network.compilation import wiring as topology
from brainwright.network.sparse import SparseMatrix

from .cores import variant, wiring_of
from .design import DECIDING, NULLS, Setup, workers
from .series import lorenz, memory_capacity, prediction_errors

if TYPE_CHECKING:
    from brainwright.recipes.larva import Config

ALPHAS = tuple(round(0.15 + 0.2 * k, 2) for k in range(10))
"""Every fourth of conn2res's 40 in (0, 2]."""
JUDGED_ALPHA = 0.95
RIDGES = tuple(10.0**k for k in range(-8, 1))
JUDGED_RIDGE = 1e-6
LAGS = 100
DT = 0.02  # of the Lorenz system, whose errors grow by a factor e in 1.1, or 55 steps
AHEAD = {"one_step": 1, "many_steps": 10}
INPUT_SCALE = 1.0
RANDOM_WEIGHTS = "random weights"
RANDOM_BOTH = "random wiring and weights"
TWO_BY_TWO = {
    ("connectome", "connectome"): "real",
    ("connectome", "random"): RANDOM_WEIGHTS,
    ("random", "connectome"): "random",
    ("random", "random"): RANDOM_BOTH,
}
"""(wiring, weights) → arm. Random wiring keeps the number of edges; random weights are normal."""


@dataclass(frozen=True)
class Steps:
    """How long a reservoir is watched."""

    before: int = 100
    train: int = 1_000
    test: int = 500

    @property
    def parts(self) -> tuple[slice, slice]:
        """Training and test steps."""
        middle = self.before + self.train
        return slice(self.before, middle), slice(middle, middle + self.test)


def arms_of(setup: Setup) -> dict[str, int]:
    """Arm → graphs: of the deciding null as many as in the deciding comparison, of the others twice as many
    as in training, since they cost little.
    """
    others = dict.fromkeys([*NULLS, RANDOM_WEIGHTS, RANDOM_BOTH], 2 * setup.draws)
    return {"real": 1, **others, DECIDING: setup.primary_draws}


def run_reservoirs(setup: Setup, config: "Config", folder: Path, progress: Callable[..., None]) -> Trials:
    """Every reservoir with every seed."""
    arms, steps = arms_of(setup), Steps(50, 200, 100) if config.quick else Steps()
    return run_trials(
        partial(reservoir_trial, setup, steps),
        list(arms),
        setup.seeds,
        arms,
        folder=folder,
        settings={"seed": setup.seed, "wiring": setup.wiring, "steps": asdict(steps)},
        workers=workers(config),
        progress=lambda share, one, _: progress("reservoirs", share, unit="/".join(map(str, one))),
    )


def reservoir_trial(setup: Setup, steps: Steps, arm: str, seed: int, draw: int) -> dict[str, float]:
    """Memory and prediction of one graph at every spectral radius. The input, and its weights onto the
    sensory cells, follow from the seed alone; what is read is the output pool.
    """
    torch.set_num_threads(1)
    wiring = wiring_of(setup.wiring, None, setup.seed)
    matrix = matrix_of(wiring, arm, setup.seed, draw)
    driven, read = wiring.pools["sensory"], wiring.pools["output"]
    rng = np.random.default_rng([setup.seed, seed, 2025])
    total = steps.parts[1].stop + max(AHEAD.values())
    u, chaos = rng.uniform(-1, 1, (total, 1)), lorenz(total, DT, rng)
    drives = np.zeros((2, total, wiring.n_cells), np.float32)
    for k, series in enumerate((u, chaos)):
        drives[k][:, driven] = INPUT_SCALE * series @ rng.uniform(-1, 1, (series.shape[1], len(driven)))
    states = driven_states(matrix, ALPHAS, drives, read)
    found: dict[str, float] = {}
    for k, alpha in enumerate(ALPHAS):
        found |= _memory(states[0, k], u, steps, alpha) | _prediction(states[1, k], chaos, steps, alpha)
    return found


def matrix_of(wiring: Connectome, arm: str, seed: int, draw: int) -> SparseMatrix:
    """The arm's weights with spectral radius 1: signed counts, or normal ones in their place."""
    random_weights = arm in (RANDOM_WEIGHTS, RANDOM_BOTH)
    kind = {RANDOM_WEIGHTS: "real", RANDOM_BOTH: "random"}.get(arm, arm)
    pattern, weights, _ = topology(variant(wiring, kind, seed, draw))
    if random_weights:
        weights = np.random.default_rng([seed, draw, 1]).standard_normal(weights.size)
    weights, _ = SpectralRadius(1.0)(pattern, weights)
    return pattern.matrix(torch.tensor(weights, dtype=torch.float32))


def driven_states(
    matrix: SparseMatrix,
    alphas: tuple[float, ...],
    drives: Float[np.ndarray, "series time cell"],
    read: np.ndarray,
    phi: Callable[[torch.Tensor], torch.Tensor] = torch.tanh,
) -> Float[np.ndarray, "series alpha time read"]:
    """x(t) = phi(alpha W x(t - 1) + drive(t)) from rest, one reservoir per alpha and drive, side by side."""
    n_series, n_steps, n_cells = drives.shape
    scale = torch.tensor(alphas, dtype=torch.float32).repeat(n_series)[:, None]
    given, chosen = torch.from_numpy(drives), torch.as_tensor(np.asarray(read)).long()
    x = torch.zeros(n_cells, len(scale)).mT
    found = torch.empty(n_steps, len(chosen), len(scale))
    for t in range(n_steps):
        x = phi((matrix @ x) * scale + given[:, t].repeat_interleave(len(alphas), 0))
        found[t] = x.mT[chosen]
    return found.permute(2, 0, 1).unflatten(0, (n_series, len(alphas))).double().numpy()


def _memory(states: np.ndarray, u: np.ndarray, steps: Steps, alpha: float) -> dict[str, float]:
    train, test = steps.parts
    lags = min(LAGS, steps.before)
    return {f"memory {alpha:g}": memory_capacity(states, u[:, 0], lags=lags, train=train, test=test)}


def _prediction(states: np.ndarray, series: np.ndarray, steps: Steps, alpha: float) -> dict[str, float]:
    """Precision in decades, -log10 of the error: larger is better."""
    train, test = steps.parts
    found = {}
    for name, ahead in AHEAD.items():
        strengths = RIDGES if alpha == JUDGED_ALPHA else (JUDGED_RIDGE,)
        errors = prediction_errors(states, series, ahead=ahead, train=train, test=test, strengths=strengths)
        precision = dict(zip(strengths, (-np.log10(errors)).tolist(), strict=True))
        found[f"{name} {alpha:g}"] = precision[JUDGED_RIDGE]
        if alpha == JUDGED_ALPHA:
            found |= {f"{name} ridge {strength:g}": value for strength, value in precision.items()}
    return found
