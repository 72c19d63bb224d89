"""Stages, orders and claims, fixed before the run."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial

import numpy as np
import torch

from brainwright.datasets import require_all
from brainwright.experiment import Claim, Design, Outcomes, Procedure, Row, Step, matters
from brainwright.experiment.trials import Trials
from brainwright.loop import PredictionCourse
from brainwright.loop.modules.asked import asked
from brainwright.loop.modules.digits import Sizes
from brainwright.loop.modules.fit_modules import fit_modules
from brainwright.loop.modules.pairs import BOTH, EAR, EYE, Board, modules, shown
from brainwright.objective.curriculum import Stage
from brainwright.report import Points
from brainwright.runs import Units
from brainwright.verdict import Verdict

from . import Config

FIRST_SEED = 80_000
"""Those below 100 chose weights and rates."""
STAGES = (
    ("what changes slowly", {EYE: {"slow": 1.0, "spread": 1.0}, EAR: {"slow": 1.0, "spread": 1.0}}),
    ("what comes next", {EYE: {"next": 1.0}, EAR: {"next": 1.0}}),
    ("what comes next across", {BOTH: {"next": 1.0}}),
    ("what belongs together", {BOTH: {"next": 1.0, "contrast": 1.0}}),
)
"""Which losses of which modules, in the order of the curriculum."""
STAGED, SHUFFLED, MIXED, UNTRAINED = "staged", "another order", "all at once", "untrained"
ORDERS = {STAGED: "staged", SHUFFLED: "shuffled", MIXED: "mixed"}
METRIC, FEWER, RETRIEVAL = "1,000 labels", "100 labels", "retrieval, centred"
MARGIN = 0.02
"""Of any share of right answers: less counts as nothing."""
SENTENCES: dict[Verdict, str] = {
    "supported": "Stages in their order lead to more than another order and than all at once.",
    "no difference": "The order of stages makes no difference that matters, or all at once is as good.",
    "against": "Stages in their order lead to less than another order, or than all at once.",
    "cannot tell": "This run cannot tell whether the order of stages matters.",
}


def design(config: Config) -> Design:
    """One procedure: a step for each order. Raises UserError."""
    for files in ("mnist", "spoken_digits_fsdd"):
        require_all(files)
    updates = 10 if config.quick else config.updates
    first = FIRST_SEED + 1_000 * config.seed
    draws = (first,) if config.quick else tuple(first + k for k in range(config.draws))
    sizes = Sizes(1_000, 200, 1_000) if config.quick else Sizes()
    board = Board(draws, PredictionCourse(updates, 32, 4e-3), sizes)
    steps = tuple(Step(arm, partial(work, arm, board), 1, arm) for arm in (*ORDERS, UNTRAINED))
    study = Procedure("", steps, outcomes, METRIC, matters(config))
    return Design(
        studies=(study,),
        primary=tuple(Claim("", STAGED, control, margin=MARGIN) for control in (MIXED, SHUFFLED)),
        sentences=SENTENCES,
        answer=answer,
        claims=tuple(
            Claim("", arm, control, metric=metric, margin=MARGIN)
            for metric in (METRIC, FEWER, RETRIEVAL)
            for arm, control in ((STAGED, MIXED), (STAGED, SHUFFLED), (MIXED, SHUFFLED), (STAGED, UNTRAINED))
            if metric != METRIC or (arm, control) not in ((STAGED, MIXED), (STAGED, SHUFFLED))
        ),
        facts={"updates": updates, "stages": [[name, said(losses)] for name, losses in STAGES]},
        arm_metrics=(FEWER, METRIC, RETRIEVAL),
    )


def work(arm: str, board: Board, units: Units, share: Callable[..., None]) -> Mapping[str, np.ndarray]:
    """One order; every draw shuffles stages by itself. One value for each speaker, the mean over draws."""
    torch.set_num_threads(1)
    rows = []
    for k, draw in enumerate(board.draws):
        own = replace(board, draws=(draw,))
        brains, given = modules(own), shown(own.draws, own.sizes)
        if arm == UNTRAINED:
            brains.calibrate(given.train.paired().streams, BOTH)
        else:
            stages = [Stage(board.course.updates, losses) for _, losses in STAGES]
            fit_modules(brains, given.train, stages, board.course, order=ORDERS[arm])
        rows.append(asked(brains, BOTH, given))
        share((k + 1) / len(board.draws))
    return {name: np.mean([row[name] for row in rows], axis=0) for name in rows[0]}


def outcomes(units: Units) -> Trials:
    """Arm by arm."""
    return Trials.of({arm: units.load(arm) for arm in (*ORDERS, UNTRAINED)})


def said(losses: Mapping[str, Mapping[str, float]]) -> str:
    """In words."""
    words = {name: ", ".join(f"{w:g} {loss}" for loss, w in own.items()) for name, own in losses.items()}
    return "; ".join(f"{name}: {each}" for name, each in words.items())


def answer(outcomes: Outcomes, row: Row) -> str:
    """All orders, and the weaker comparison."""
    trials = outcomes[""]
    shares = ", ".join(f"{arm} {trials.arm(arm, METRIC).mean:.3f}" for arm in trials.arms)
    return f"Right with 1,000 labels: {shares}; over {row['control']} {Points.of(row, digits=3)}"
