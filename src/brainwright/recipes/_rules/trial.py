"""One trial: a problem, an arm, a seed → accuracy, alignment over training, cost."""

import time
from functools import partial
from typing import Any

import numpy as np
import torch

from brainwright.learning import Alignment
from brainwright.loop import Diverged, evaluate, fit

from .lineup import Arm
from .problems import Problem

TUNING_SEEDS = (1000, 1001)
"""Never reported."""
LAST = 5
"""Epochs over which the alignment at the end, and in the middle, is averaged."""


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
        `cosine_middle` and `cosine_end`, `seconds`, `diverged`.
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
            clip=None,
            rule=arm.rule,
            watch=alignment,
            seed=seed,
            progress=lambda _, row: history.append(dict(row)),
        )
    except Diverged:
        diverged = 1.0  # judged by the last good parameters
    seconds = time.perf_counter() - start
    found = evaluate(network, problem.objective, judged, unrolling=problem.unrolling)
    return {
        "accuracy": found["accuracy"],
        "loss": found["loss"],
        "train_accuracy": history[-1]["train_accuracy"] if history else float("nan"),
        "seconds": seconds,
        "diverged": diverged,
        **_alignment([row["cosine"] for row in history if "cosine" in row]),
    }


def choose(problem: Problem, arms: dict[float, Arm]) -> tuple[float, dict[float, float]]:
    """The rate with the best mean accuracy on held-out training samples, and the accuracy of each."""
    found = {
        rate: float(
            np.mean(
                [train(problem, arm, seed, validate=True, watch=False)["accuracy"] for seed in TUNING_SEEDS]
            )
        )
        for rate, arm in arms.items()
    }
    return max(found, key=found.__getitem__), found


def _optimiser(problem: Problem, rate: float) -> partial:
    if problem.optimiser == "adam":
        return partial(torch.optim.Adam, lr=rate)
    return partial(torch.optim.SGD, lr=rate, momentum=problem.momentum)


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
