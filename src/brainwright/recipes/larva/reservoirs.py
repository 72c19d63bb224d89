"""The reservoir tests of the field: nothing is trained but ridge read-outs.

Sweep of the spectral radius as in conn2res (Suarez et al. 2024), memory capacity (Jaeger 2001), and the two
by two of Costi et al. 2025 (connectome or random wiring, connectome or random weights) on the Lorenz system.
"""

from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np

from brainwright.connectome import Connectome
from brainwright.evidence import middle, two_by_two
from brainwright.experiment import Claim, Outcomes, Study
from brainwright.experiment.trials import Trials
from brainwright.network.reservoir import Steps, recurrent_matrix, reservoir_scores
from brainwright.network.reservoir.scores import AHEAD
from brainwright.network.sparse import SparseMatrix
from brainwright.runs import Units, plain

from .cores import variant, wiring_of
from .lineup import DECIDING, NULL_KINDS, Setup

NAME = "reservoirs"
ALPHAS = tuple(round(0.15 + 0.2 * k, 2) for k in range(10))
"""Every fourth of conn2res's 40 in (0, 2]."""
JUDGED_ALPHA = 0.95
RIDGES = tuple(10.0**k for k in range(-8, 1))
MEASURES = {
    "memory": "memory capacity (steps of input)",
    **{name: f"precision {ahead} step{'s' * (ahead > 1)} ahead (decades)" for name, ahead in AHEAD.items()},
}
MARGINS = {"memory": 0.5, "one_step": 0.05, "many_steps": 0.05}
"""Largest difference that counts as none: half a step; a twentieth of a decade, 12 % of an error."""
RANDOM_WEIGHTS, RANDOM_BOTH = "random weights", "random wiring and weights"
TWO_BY_TWO = {(True, True): "real", (True, False): RANDOM_WEIGHTS, (False, True): "random"}
TWO_BY_TWO[False, False] = RANDOM_BOTH
"""(wiring of the connectome, weights of the connectome) → arm. Random wiring keeps the number of edges;
random weights are normal.
"""


def study(setup: Setup) -> Study[str]:
    """Every reservoir with every seed: of the deciding null as many graphs as in the deciding comparison, of
    the others twice as many as in training, since they cost little.
    """
    steps = Steps(50, 200, 100) if setup.quick else Steps()
    others = dict.fromkeys([*NULL_KINDS, RANDOM_WEIGHTS, RANDOM_BOTH], 2 * setup.draws)
    arms = {"real": 1, **others, DECIDING: setup.primary_draws}
    settings = {"seed": setup.seed, "wiring": setup.wiring, "steps": plain(steps)}
    seeds = tuple(range(setup.seeds))
    return Study(NAME, partial(watch, setup, steps), arms, seeds, f"memory {JUDGED_ALPHA:g}", settings)


def claims() -> Iterator[Claim]:
    """Comparisons at one radius, named beforehand; the deciding null stands alone."""
    for measure, margin in MARGINS.items():
        for null in (DECIDING, *(null for null in NULL_KINDS if null != DECIDING)):
            metric, family = f"{measure} {JUDGED_ALPHA:g}", "" if null == DECIDING else "others"
            claim = Claim(NAME, "real", null, "nulls", metric, margin, family=family)
            yield replace(claim, notes={"measure": measure})


def watch(setup: Setup, steps: Steps, arm: str, seed: int, draw: int) -> dict[str, float]:
    """Memory and prediction of one graph at every spectral radius. The input, and its weights onto the
    sensory cells, follow from the seed alone; what is read is the output pool.
    """
    wiring = wiring_of(setup.wiring, None, setup.seed)
    matrix = matrix_of(wiring, arm, setup.seed, draw)
    rng = np.random.default_rng([setup.seed, seed, 2025])  # the last sets it apart from other draws
    tested = {"alphas": ALPHAS, "ridges": RIDGES, "ridges_at": JUDGED_ALPHA, "steps": steps}
    return reservoir_scores(matrix, wiring.pools["sensory"], wiring.pools["output"], rng, **tested)


def matrix_of(wiring: Connectome, arm: str, seed: int, draw: int) -> SparseMatrix:
    """The arm's weights with spectral radius 1: signed counts, or normal ones in their place."""
    kind = {RANDOM_WEIGHTS: "real", RANDOM_BOTH: "random"}.get(arm, arm)
    drawn = np.random.default_rng([seed, draw, 1]).standard_normal if kind != arm else None
    return recurrent_matrix(variant(wiring, kind, seed, draw), draw=drawn)


def extra(outcomes: Outcomes, units: Units) -> dict[str, Any]:
    """Curves over radius and ridge, and the two by two, of the arms that are there."""
    trials = outcomes[NAME]
    compared = [arm for arm in TWO_BY_TWO.values() if arm in trials.arms]
    return {
        "radius": {m: _curves(trials, trials.arms, m, ALPHAS) for m in MEASURES},
        "ridge": {m: _curves(trials, compared, f"{m} ridge", RIDGES) for m in AHEAD},
        "two_by_two": {m: four(trials, m) for m in MEASURES} if len(compared) == len(TWO_BY_TWO) else {},
    }


def four(trials: Trials, measure: str) -> dict[str, Any]:
    """Mean of each cell, and what wiring, weights and both together are worth."""
    cells = {key: trials.values(arm, f"{measure} {JUDGED_ALPHA:g}") for key, arm in TWO_BY_TWO.items()}
    effects = zip(("wiring", "weights", "interaction"), two_by_two(cells).values(), strict=True)
    means = {TWO_BY_TWO[key]: float(values.mean()) for key, values in cells.items()}
    return {"cells": means, "effects": dict(effects)}


def _curves(trials: Trials, arms: list[str], measure: str, points: tuple[float, ...]) -> dict[str, Any]:
    """Arm → at each point its mean and the middle 95 % of its graphs."""
    return {
        arm: [middle(trials.values(arm, f"{measure} {at:g}")) | {"at": at} for at in points] for arm in arms
    }
