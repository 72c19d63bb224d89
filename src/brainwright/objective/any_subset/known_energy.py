"""Amortised inference on a sparse graph: from an energy, known or learned, beside what learned it."""

from dataclasses import replace
from functools import partial

import numpy as np
import torch

from .delta import DELTA, amortised, learned_density
from .exact import Ising
from .families import all_but_one
from .known import Size, spin_rows_errors
from .model import SWEEPS, AnySubset
from .networks import Blankets

ENERGY = ("energy known", "energy learned", "pseudo-likelihood, one pass", "pseudo-likelihood, sampled")
"""Delta-AI from the true energy, with no row; from couplings that `Blankets` learned from rows; those
`Blankets` themselves, by one pass and by Gibbs sampling.
"""


def energy_errors(seed: int, size: Size | None = None) -> dict[str, dict[str, float]]:
    """Distance from enumeration of twelve spins on a lattice, `ENERGY` → figures as of `spin_errors`."""
    size, truth = size or Size(), Ising.lattice(seed=seed)
    rng, graph = np.random.default_rng(seed + 1), torch.from_numpy(truth.coupling != 0)
    rows, test = truth.sample(size.rows, rng), truth.sample(size.test, rng)
    local = AnySubset.fit(
        rows,
        network=partial(Blankets, graph=graph),
        families={"all but one": all_but_one},
        updates=size.of(1_000),
        batch=512,
        learning_rate=1e-2,
        seed=seed,
    )
    plan = replace(DELTA, updates=size.of(DELTA.updates), seed=seed)
    known = amortised(truth.log_density, graph, plan=plan)
    learned = amortised(learned_density(local), graph, plan=plan)
    answers = (
        known.chances,
        learned.chances,
        local.chances,
        partial(local.chances, sweeps=size.of(SWEEPS), seed=seed),
    )
    return {
        name: spin_rows_errors(truth, test, answer, seed)
        for name, answer in zip(ENERGY, answers, strict=True)
    }
