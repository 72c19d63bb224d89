"""One trial: an arm, a seed, a draw → accuracy."""

from collections.abc import Callable
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch

from brainwright.datasets.tasks import Task
from brainwright.evidence import Trials, run_trials
from brainwright.loop import Diverged, evaluate, fit
from brainwright.objective import Batch, Classification

from .cores import build, wiring_of
from .design import PROTOCOLS, Setup, workers
from .readout import echo_state, readout_only
from .tasks import task_of

if TYPE_CHECKING:
    from brainwright.recipes.larva import Config

JUDGED_TRAINING_SAMPLES = 10_000


def run_all(setup: Setup, config: "Config", folder: Path, progress: Callable[..., None]) -> Trials:
    """Every trial of the design."""
    progress(f"{setup.wiring} on {setup.task}", 0.0)
    return run_trials(
        partial(trial, setup),
        list(setup.arms),
        setup.seeds,
        setup.arms,
        folder=folder,
        settings=asdict(setup),
        workers=workers(config),
        progress=lambda share, one, metrics: progress(
            f"{setup.wiring} on {setup.task}", share, unit="/".join(map(str, one)), **metrics
        ),
    )


def trial(setup: Setup, arm: str, seed: int, draw: int) -> dict[str, float]:
    """Train one network on its share of the data and test it. Initial maps, samples and their order follow
    from the seed, the graph from the kind of arm and the draw.
    """
    torch.set_num_threads(1)
    protocol, n, kind = arm.split("/")
    own = 1_000 * setup.seed + seed
    task = share_of(setup, int(n), own)
    if kind == "echo_state":
        wiring = wiring_of(setup.wiring, None, setup.seed)
        return echo_state(task, wiring.n_cells, wiring.n_edges, setup.steps, own)
    network = build(setup, protocol, kind, task.train_inputs.shape[1], len(task.classes), own, draw)
    if kind == "readout_only":
        return readout_only(task, network, setup.steps)
    unrolling: dict[str, Any] = {}
    if "cells" in network.populations:
        how = PROTOCOLS.get(protocol, PROTOCOLS["normalised"])
        unrolling = {"steps": setup.steps, "inject": how.inject}
    train = Batch(torch.from_numpy(task.train_inputs), torch.from_numpy(task.train_targets))
    options: dict[str, Any] = {
        "epochs": setup.passes(int(n)),
        "seed": own,
        "optimiser": partial(torch.optim.Adam, lr=1e-3, fused=True),
    }
    batch = max(1, min(128, len(train.targets) // 4))
    diverged = 0.0
    try:
        fit(network, Classification(), train, unrolling=unrolling, batch=batch, **options)
    except Diverged:
        diverged = 1.0  # judged by the last good parameters, and counted in the report
    few = Batch(train.inputs[:JUDGED_TRAINING_SAMPLES], train.targets[:JUDGED_TRAINING_SAMPLES])
    test = Batch(torch.from_numpy(task.test_inputs), torch.from_numpy(task.test_targets))
    found, trained = (evaluate(network, Classification(), b, unrolling=unrolling) for b in (test, few))
    return {
        "accuracy": found["accuracy"],
        "train_accuracy": trained["accuracy"],
        "parameters": float(network.n_parameters),
        "diverged": diverged,
    }


def share_of(setup: Setup, n: int, seed: int) -> Task:
    """The first n training samples in the order of a seed, and the test samples. Images are standardised by
    the training samples; chess is words, which need none.
    """
    whole = task_of(setup.task)
    task = whole.first(min(n, len(whole.train_targets)), seed).first_tests(setup.test_samples)
    return task if setup.task == "chess" else task.standardised()
