"""One training: an arm, a seed, a draw → accuracy."""

from functools import partial

import torch

from brainwright.datasets.tasks import Task
from brainwright.loop import Lesson, Schedule, evaluate, teach
from brainwright.network.reservoir import echo_state, readout_only
from brainwright.objective import Batch, Classification

from .cores import network_of, wiring_of
from .lineup import PROTOCOLS, Arm, Setup, task_of

ADAM = partial(torch.optim.Adam, lr=1e-3, fused=True)
JUDGED_TRAINING_SAMPLES = 10_000
"""As many as test samples, so that both accuracies are equally sure."""


def train(setup: Setup, arm: Arm, seed: int, draw: int) -> dict[str, float]:
    """Trains one network on its share of the data and tests it. Initial maps, samples and their order follow
    from the seed, the graph from the kind of arm and the draw.
    """
    seed += 1_000 * setup.seed
    task = share_of(setup, arm.n, seed)
    if arm.kind == "echo_state":
        wiring = wiring_of(setup.wiring, None, setup.seed)
        return echo_state(task, wiring.n_cells, wiring.n_edges, setup.steps, seed) | {"diverged": 0.0}
    network = network_of(setup, arm, task.train_inputs.shape[1], len(task.classes), seed, draw)
    if arm.kind == "readout_only":
        return readout_only(task, network, setup.steps) | {"diverged": 0.0}
    inject = PROTOCOLS.get(arm.protocol, PROTOCOLS["normalised"]).inject
    unrolling = {"steps": setup.steps, "inject": inject} if "cells" in network.populations else {}
    samples = Batch(torch.from_numpy(task.train_inputs), torch.from_numpy(task.train_targets))
    test = Batch(torch.from_numpy(task.test_inputs), torch.from_numpy(task.test_targets))
    batch = max(1, min(128, len(samples.targets) // 4))  # few samples still give four updates a pass
    schedule = Schedule(setup.passes(arm.n), batch, ADAM)
    lesson = Lesson(lambda _: network, lambda _: (samples, test), schedule, unrolling=unrolling)
    taught = teach(lesson, seed)
    few = Batch(samples.inputs[:JUDGED_TRAINING_SAMPLES], samples.targets[:JUDGED_TRAINING_SAMPLES])
    trained = evaluate(network, Classification(), few, unrolling=unrolling)
    kept = {name: taught.metrics[name] for name in ("accuracy", "diverged")}
    return kept | {"train_accuracy": trained["accuracy"], "parameters": float(network.n_parameters)}


def share_of(setup: Setup, n: int, seed: int) -> Task:
    """The first n training samples in the order of a seed, and the test samples. Images are standardised by
    the training samples; chess is words, which need none.
    """
    whole = task_of(setup.task)
    task = whole.first(min(n, len(whole.train_targets)), seed).first_tests(setup.test_samples)
    return task if setup.task == "chess" else task.standardised()
