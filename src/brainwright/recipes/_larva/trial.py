"""One trial: an arm, a seed, a draw → accuracy."""

from collections.abc import Callable
from dataclasses import asdict
from functools import cache, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import torch

from brainwright.connectome import Connectome, nulls, signs
from brainwright.datasets.chess import chess_openings
from brainwright.datasets.glyphs import glyphs
from brainwright.datasets.images import cifar10_subset, mnist
from brainwright.datasets.tasks import Task
from brainwright.evidence import Trials, run_trials
from brainwright.loop import Diverged, evaluate, fit
from brainwright.network import Network, Rate, Raw, SpectralRadius, compile, layered
from brainwright.objective import Batch, Classification

from .design import Setup, workers

if TYPE_CHECKING:
    from brainwright.recipes.larva import Config

PAPER_OUTPUTS = ("DN-SEZ", "RGN")  # 164 + 54 = the 218 of the paper
ALL_OUTPUTS = ("DN-VNC", "DN-SEZ", "RGN")
INHIBITORY = 0.3
TASKS: dict[str, Callable[[], Task]] = {
    "glyphs": glyphs,
    "mnist": mnist,
    "cifar10": cifar10_subset,
    "chess": chess_openings,
}
NULL_MODELS: dict[str, Callable[..., Connectome]] = {
    "degree": nulls.degree_preserving,
    "block": nulls.block_preserving,
    "weights": nulls.shuffle_weights,
    "signs": nulls.shuffle_signs,
    "random": nulls.erdos_renyi,
}


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
    whole = task_of(setup.task)
    task = whole.first(min(int(n), len(whole.train_targets)), own)
    task = task if setup.task == "chess" else task.standardised()
    network = build(setup, protocol, kind, task, own, draw)
    unrolling: dict[str, Any] = {}
    if "cells" in network.populations:
        unrolling = {"steps": setup.steps, "inject": "first" if protocol == "paper" else "every"}
    train = Batch(torch.from_numpy(task.train_inputs), torch.from_numpy(task.train_targets))
    batch = max(1, min(128, len(train.targets) // 8))
    options: dict[str, Any] = {"epochs": setup.epochs, "batch": batch, "seed": own, "unrolling": unrolling}
    diverged = 0.0
    try:
        fit(network, Classification(), train, **options)
    except Diverged:
        diverged = 1.0  # judged by the last good parameters, and counted in the report
    test = Batch(
        torch.from_numpy(task.test_inputs[: setup.test_samples]),
        torch.from_numpy(task.test_targets[: setup.test_samples]),
    )
    found = evaluate(network, Classification(), test, unrolling=unrolling)
    trained = evaluate(network, Classification(), train, unrolling=unrolling)
    return {
        "accuracy": found["accuracy"],
        "train_accuracy": trained["accuracy"],
        "parameters": float(network.n_parameters),
        "diverged": diverged,
    }


def build(setup: Setup, protocol: str, kind: str, task: Task, seed: int, draw: int) -> Network:
    """The network of an arm."""
    n_inputs, n_outputs = task.train_inputs.shape[1], len(task.classes)
    wiring = wiring_of(setup.wiring, protocol, setup.seed)
    if kind == "linear":
        return layered([n_inputs, n_outputs], seed=seed)
    if kind == "encoder_only":  # the core bypassed: read straight from the input cells
        return layered([n_inputs, len(wiring.pools["sensory"]), n_outputs], seed=seed)
    if kind == "mlp":  # as many trained values as the compiled network
        total = core(wiring, protocol, n_inputs, n_outputs, seed).n_parameters
        return layered(
            [n_inputs, round((total - n_outputs) / (n_inputs + n_outputs + 1)), n_outputs], seed=seed
        )
    if kind != "real":
        wiring = NULL_MODELS[kind](
            wiring, seed=np.random.SeedSequence([setup.seed, draw]).generate_state(1)[0]
        )
    return core(wiring, protocol, n_inputs, n_outputs, seed)


def core(wiring: Connectome, protocol: str, n_inputs: int, n_outputs: int, seed: int) -> Network:
    """The frozen core of a protocol with its trained maps."""
    paper = protocol == "paper"
    return compile(
        wiring,
        Rate("relu", form="rate", bias="none" if paper else "cell"),
        n_inputs=n_inputs,
        n_outputs=n_outputs,
        scaling=Raw() if paper else SpectralRadius(0.95),
        gap_conductance=0.0,
        seed=seed,
    )


@cache
def task_of(name: str) -> Task:
    """A task, read once per process."""
    return TASKS[name]()


@cache
def wiring_of(name: str, protocol: str, seed: int) -> Connectome:
    """The signed wiring, read once per process; all arms share the draw of signs."""
    if name == "worm":
        wiring = Connectome.load("celegans/varshney2011").of_kind("chemical")
    else:
        outputs = PAPER_OUTPUTS if protocol == "paper" else ALL_OUTPUTS
        wiring = Connectome.load("larva/winding2023", kinds=("ad",), outputs=outputs)
    return wiring.without_autapses().signed(signs.Sampled(INHIBITORY, seed=seed))
