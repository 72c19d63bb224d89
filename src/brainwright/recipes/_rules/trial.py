"""One trial: a problem, an arm, a seed → accuracy, alignment over training, cost."""

import os
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch.optim.lr_scheduler import CosineAnnealingLR

from brainwright.evidence import Trials, run_trials
from brainwright.learning import Alignment, ForwardForward, cost
from brainwright.loop import Diverged, evaluate, fit
from brainwright.network import Network
from brainwright.objective import Batch

from .design import BOARDS, Setup
from .lineup import Arm
from .problems import Problem

if TYPE_CHECKING:
    from brainwright.recipes.rules import Config

TUNING_SEEDS = (1000, 1001)
"""Never reported."""
LAST = 5
"""Epochs over which the alignment at the end, and in the middle, is averaged."""


CURVE = 10
"""Points of the alignment over training that are kept."""


def run_all(setup: Setup, config: "Config", folder: Path, progress: Callable[..., None]) -> dict[str, Trials]:
    """Every trial of every board."""
    found = {}
    for k, board in enumerate(setup.boards):

        def told(share: float, one, metrics, k: int = k, board: str = board) -> None:
            done = (k + share) / len(setup.boards)
            progress(f"rules on {board}", done, unit=f"{one.arm}/{one.seed}", accuracy=metrics["accuracy"])

        arms = setup.arms(board)
        found[board] = run_trials(
            partial(trial, setup, board),
            list(arms),
            setup.seeds,
            folder=folder / board,
            settings={
                "board": board,
                "quick": setup.quick,
                "schedule": setup.problem(board).schedule,
                "arms": {n: repr(a) for n, a in arms.items()},
            },
            workers=1 if setup.quick else config.workers or os.cpu_count() or 1,
            progress=told,
        )
    return found


def trial(setup: Setup, board: str, name: str, seed: int, draw: int) -> dict[str, float]:
    """Trains one arm on one seed, as plain figures: the alignment over training at `CURVE` moments, and what
    an update costs.
    """
    problem, arm = setup.problem(board), BOARDS[board][1][name]
    found = train(problem, arm, seed)
    curve = found.pop("cosine", [])
    if curve:
        moments = np.linspace(0, len(curve) - 1, CURVE).round().astype(int)
        found |= {f"cosine_{k}": curve[moment] for k, moment in enumerate(moments)}
    network = problem.network(seed, arm.phi or problem.phi)
    samples, _ = problem.data(seed)
    batch = Batch(samples.inputs[: problem.batch], samples.targets[: problem.batch])
    spent = cost(arm.rule, network, batch, problem.objective, problem.unrolling, repeats=3)
    return {
        **found,
        "parameters": float(network.n_parameters),
        "forward_passes": spent.forward_passes,
        "update_seconds": spent.seconds,
        "held_bytes": float(spent.held_bytes),
    }


def train(
    problem: Problem, arm: Arm, seed: int, *, validate: bool = False, watch: bool = True
) -> dict[str, Any]:
    """Trains one network. Initial values, order of samples and all that the rule draws follow from the seed.

    Args:
        problem: which network on which task.
        arm: which rule, with its rates.
        seed: of everything.
        validate: judge by held-out training samples instead of the test set, to choose rates with.
        watch: compare updates with the gradient, once an epoch.

    Returns:
        `accuracy` (0 to 1), `loss`, `train_accuracy`, `cosine` (hidden parameters, by epoch) and its means
        `cosine_middle` and `cosine_end`, `feedback_angle` (degrees between weights and feedback weights in
        the last epoch, mean over projections, where the rule keeps such), `seconds`, `diverged`.
    """
    torch.set_num_threads(1)
    network = problem.network(seed, arm.phi or problem.phi)
    samples, judged = problem.data(seed, validate=validate)
    alignment = Alignment(arm.rule, problem.objective, problem.unrolling) if watch else None
    history: list[dict[str, float]] = []
    start, diverged = time.perf_counter(), 0.0
    try:
        fit(
            network,
            problem.objective,
            samples,
            unrolling=problem.unrolling,
            epochs=problem.epochs,
            batch=problem.batch,
            optimiser=_optimiser(problem, arm.rate),
            rates=dict(arm.rates),
            schedule=partial(CosineAnnealingLR, T_max=problem.epochs) if problem.falling else None,
            clip=None,
            rule=arm.rule,
            watch=alignment,
            seed=seed,
            progress=lambda _, row: history.append(dict(row)),
        )
    except Diverged:
        diverged = 1.0  # judged by the last good parameters
    seconds = time.perf_counter() - start
    return {
        **judge(problem, arm, network, judged),
        "train_accuracy": history[-1]["train_accuracy"] if history else float("nan"),
        "seconds": seconds,
        "diverged": diverged,
        **_alignment([row["cosine"] for row in history if "cosine" in row]),
        **_feedback_angle(history),
    }


def judge(problem: Problem, arm: Arm, network: Network, judged: Batch) -> dict[str, float]:
    """Accuracy and loss; by the goodness of each label where the arm asks for that (no loss then)."""
    if arm.judged_by == "outputs":
        found = evaluate(network, problem.objective, judged, unrolling=problem.unrolling)
        return {"accuracy": found["accuracy"], "loss": found["loss"]}
    assert isinstance(arm.rule, ForwardForward)
    answers = arm.rule.scores(network, judged.inputs).argmax(1)
    return {"accuracy": float((answers == judged.targets).double().mean()), "loss": float("nan")}


def _optimiser(problem: Problem, rate: float) -> partial:
    if problem.optimiser == "adam":
        return partial(torch.optim.Adam, lr=rate)
    return partial(torch.optim.SGD, lr=rate, momentum=problem.momentum)


def _feedback_angle(history: list[dict[str, float]]) -> dict[str, float]:
    last = history[-1] if history else {}
    angles = [angle for name, angle in last.items() if name.startswith("weight angle")]
    return {"feedback_angle": float(np.mean(angles))} if angles else {}


def _alignment(cosines: list[float]) -> dict[str, Any]:
    if not cosines:
        return {}
    middle = len(cosines) // 2
    around = cosines[max(0, middle - LAST // 2) : middle + LAST // 2 + 1]
    return {
        "cosine": cosines,
        "cosine_middle": float(np.mean(around)),
        "cosine_end": float(np.mean(cosines[-LAST:])),
    }
