"""The reservoir tests of the field in one call: what any wiring remembers and predicts, nothing trained but
ridge read-outs.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Int

from brainwright.connectome import Connectome, perturb
from brainwright.datasets.suites.lorenz import standardised_series
from brainwright.network.sparse import SparseMatrix

from .capacity import memory_capacity
from .prediction import prediction_errors
from .states import driven_states, input_drive, recurrent_matrix

LAGS = 100
"""Steps of input that are asked for, or as many as a reservoir is left alone at first."""
DT = 0.02
"""Of the Lorenz system, whose errors grow by a factor e in 1.1, or 55 steps."""
AHEAD = {"one_step": 1, "many_steps": 10}
"""Steps that are predicted; ten are within the 55 in which an error grows by e."""
RIDGE = 1e-6
"""Strength of the ridge where no other is asked for: weak, since nothing here is noise but rounding."""


@dataclass(frozen=True)
class Steps:
    """How long a reservoir is watched: at first without use, for as long as the longest lag, then to fit
    read-outs (of some hundred weights), then to test them (a correlation is known to .04 from 500 steps).
    """

    before: int = 100
    train: int = 1_000
    test: int = 500

    @property
    def parts(self) -> tuple[slice, slice]:
        """The parts are the training and the test steps."""
        middle = self.before + self.train
        return slice(self.before, middle), slice(middle, middle + self.test)


STANDARD = Steps()


def reservoir_scores(
    matrix: SparseMatrix,
    driven: Int[np.ndarray, " driven"],
    read: Int[np.ndarray, " read"],
    rng: np.random.Generator,
    *,
    alphas: Sequence[float] = (0.95,),
    ridges: Sequence[float] = (),
    ridges_at: float = 0.95,
    steps: Steps = STANDARD,
) -> dict[str, float]:
    """It returns what a reservoir with tanh cells remembers of a random input (Jaeger 2001, GMD report 152),
    and how far it predicts the Lorenz system, at each spectral radius (as in conn2res, Suarez et al. 2024,
    Nat Commun 15:656).

    Args:
        matrix: with a spectral radius of 1, as `recurrent_matrix` makes it.
        driven, read: cells that get the input, and cells whose states are read.
        rng: for the input, the start of the Lorenz system, and the weights of both onto the driven cells.
        alphas: spectral radii.
        ridges: further strengths of the ridge, tried at the radius `ridges_at`.
        ridges_at: one of the alphas.
        steps: how long it is watched.

    Returns:
        "memory 0.95": capacity in steps of input; "one_step 0.95" and "many_steps 0.95": precision one and
        ten steps ahead in decades, -log10 of the error in units of the series' deviation; "one_step ridge
        1e-06" and so on for the ridges. Larger is better in all.
    """
    train, test = steps.parts
    total = test.stop + max(AHEAD.values())
    u, chaos = rng.uniform(-1, 1, (total, 1)), standardised_series(total, DT, rng)
    drives = np.stack([input_drive(series, driven, matrix.pattern.n_pre, rng) for series in (u, chaos)])
    states = driven_states(matrix, alphas, drives, read)
    lags, scores = min(LAGS, steps.before), {}
    for k, alpha in enumerate(alphas):
        capacity = memory_capacity(states[0, k], u[:, 0], lags=lags, train=train, test=test)
        scores[f"memory {alpha:g}"] = capacity
        strengths = (RIDGE, *ridges) if alpha == ridges_at else (RIDGE,)
        for name, ahead in AHEAD.items():
            errors = prediction_errors(
                states[1, k], chaos, ahead=ahead, train=train, test=test, strengths=strengths
            )
            judged, *others = (-np.log10(errors)).tolist()
            scores[f"{name} {alpha:g}"] = judged
            scores |= {f"{name} ridge {s:g}": p for s, p in zip(strengths[1:], others, strict=True)}
    return scores


def changed_reservoir_scores(
    wiring: Connectome, changed: Connectome, seed: int, steps: Steps = STANDARD
) -> dict[str, float]:
    """It returns the scores of a wiring with errors or without synapses of its own, driven and read where the
    cells of the pools "sensory" and "output" of the first wiring are now: swallowed ones in those that
    swallowed them. Input and its weights follow from the seed.
    """
    place = perturb.holders(wiring, changed)
    driven, read = (np.unique(place[wiring.pools[pool]]) for pool in ("sensory", "output"))
    rng = np.random.default_rng(seed)
    return reservoir_scores(recurrent_matrix(changed), driven, read, rng, steps=steps)
