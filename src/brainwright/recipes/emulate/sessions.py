"""A new session: other units, other readout, new initial states. Is it enough to train their embeddings?"""

from dataclasses import replace

import numpy as np
import torch

from brainwright.datasets.suites.lz40 import new_session
from brainwright.emulator import Emulator, Question, adapted_emulator, smoothing_emulator

from .budget import Budget
from .lorenz import asked, question, suite

N_UNITS, N_FEW, FEW_UPDATES = 28, 42, 300
"""Units of the new session, training trials of it where they are few, and updates on these."""
FIRST_SEED = 100
"""Of the sessions, so that none is the suite's own."""


def trial(budget: Budget, offset: int, arm: str, seed: int, draw: int) -> dict[str, float]:
    """Scores of three ways to meet a new session, as co-bps + fp-bps, and the share of the gap closed.

    `scratch`: everything from random values on 42 trials; `embeddings`: an emulator trained on the first
    session, of which the new units' embeddings alone train on those 42; `full`: from random values on 420.
    """
    start = offset + seed
    many = asked(new_session(suite(), seed=FIRST_SEED + seed, n_units=N_UNITS).counts)
    few = replace(many, train=many.train[:N_FEW])
    elsewhere = smoothing_emulator(question(), budget.updates, start)
    reached = {
        "scratch": score(smoothing_emulator(few, FEW_UPDATES, start), many),
        "full": score(smoothing_emulator(many, budget.updates, start), many),
        "embeddings": score(adapted_emulator(elsewhere, few, FEW_UPDATES, start), many),
    }
    gap = reached["full"] - reached["scratch"]
    return {**reached, "gap_closed": (reached["embeddings"] - reached["scratch"]) / gap}


def score(emulator: Emulator, trials: Question) -> float:
    """co-bps + fp-bps on the test trials."""
    with torch.no_grad():
        rates = emulator.predict(torch.from_numpy(trials.seen(trials.test))).numpy()
    return float(np.sum(list(trials.scores(rates, trials.test).values())))
