"""Classifiers of which nothing but a ridge read-out is fitted: the untrained core, and a tuned echo-state
network (Jaeger 2001), the reservoir that needs no connectome.
"""

from collections.abc import Callable

import numpy as np
import torch
from jaxtyping import Float

from brainwright.datasets.tasks import Task
from brainwright.network.network import Network
from brainwright.network.scaling import SpectralRadius
from brainwright.network.sparse import Pattern, SparseMatrix

from .ridge import ridge

RADII = (0.5, 0.95, 1.3)
INPUT_SCALES = (0.1, 0.3, 1.0, 3.0)
"""Spectral radii below, at and above the edge of chaos, and inputs from weak to saturating: what a tuned
reservoir may choose from.
"""
STRENGTHS = (1e-7, 1e-6, 1e-5, 1e-4, 1e-3, 1e-2, 1e-1, 1.0, 10.0)
TUNING_SAMPLES = 2_000
"""On more, tuning would take longer than all trainings it is compared with."""
TUNING_SEEDS = 1_000_000
"""Added to a seed, so that no reservoir is tuned on and reported."""
CHUNK = 512
"""Samples whose states are taken at a time."""


def echo_state(task: Task, n_cells: int, n_edges: int, steps: int, seed: int) -> dict[str, float]:
    """Accuracy of a random reservoir with tanh cells, input held, all cells read after the last step by ridge
    regression. Spectral radius and scale of the input are those with the best accuracy on a fifth of (at most
    2,000) training samples, with a reservoir of another seed; then the ridge on a fifth of all.

    Args:
        task: standardised; its training samples are all used.
        n_cells, n_edges: such as those of a connectome.
        steps: of the reservoir.
        seed: of the reservoir.

    Returns:
        `accuracy`, `train_accuracy`, `parameters` (values fitted), and what was chosen: `strength` of the
        ridge, `radius`, `input_scale`.
    """
    use = slice(TUNING_SAMPLES)
    n_inputs, y, options = task.train_inputs.shape[1], task.train_targets[use], []
    for radius in RADII:
        for scale in INPUT_SCALES:
            tried = EchoState(n_cells, n_edges, n_inputs, radius, scale, seed + TUNING_SEEDS)
            reached, _ = _best(tried.states(task.train_inputs[use], steps), y, len(task.classes))
            options.append((reached, radius, scale))
    _, radius, scale = max(options, key=lambda option: option[0])  # ties go to the first
    reservoir = EchoState(n_cells, n_edges, n_inputs, radius, scale, seed)
    fitted = _fitted(task, lambda inputs: reservoir.states(inputs, steps))
    return fitted | {"radius": radius, "input_scale": scale}


@torch.no_grad()
def readout_only(task: Task, network: Network, steps: int) -> dict[str, float]:
    """Accuracy of a compiled network whose maps keep their initial values: ridge regression on its output
    pool after the last step, its strength chosen on a fifth of the training samples.

    Args:
        task: its inputs as wide as those of the network.
        network: compiled; its population "cells" is read at the output pool.
        steps: of the network.

    Returns:
        As of `echo_state`, without what only a random reservoir can choose.
    """
    pool = network.pools["output"][1]

    def states(inputs: np.ndarray) -> np.ndarray:
        parts = [
            network.unroll(part, steps=steps).state["cells"].x[:, pool]
            for part in torch.from_numpy(inputs).split(CHUNK)
        ]
        return torch.cat(parts).double().numpy()  # a few hundred columns, nearly collinear

    return _fitted(task, states)


class EchoState:
    """x <- tanh(W x + scale V u), the echo-state network of Jaeger 2001 (GMD report 148): connections at
    random, weights normal, scaled to a spectral radius; V normal over the root of the number of inputs.
    """

    def __init__(self, n: int, n_edges: int, n_inputs: int, radius: float, scale: float, seed: int):
        rng = np.random.default_rng(seed)
        places = np.sort(rng.choice(n * n, n_edges, replace=False))
        pattern = Pattern.of(places // n, places % n, n, n)
        values, _ = SpectralRadius(radius)(pattern, rng.standard_normal(n_edges))
        self.matrix = SparseMatrix(pattern, torch.tensor(values, dtype=torch.float32))
        into = rng.standard_normal((n, n_inputs)) * scale / np.sqrt(n_inputs)
        self.into = torch.tensor(into, dtype=torch.float32)

    def states(
        self, inputs: Float[np.ndarray, "sample input"], steps: int
    ) -> Float[np.ndarray, "sample cell"]:
        """After the last step from rest, the input held."""
        parts = []
        for part in torch.from_numpy(inputs).split(CHUNK):
            drive = (self.into @ part.mT).mT  # stored cells first, as the product wants it
            x = torch.tanh(drive)
            for _ in range(steps - 1):
                x = torch.tanh(self.matrix @ x + drive)
            parts.append(x)
        return torch.cat(parts).numpy()


def _best(x: np.ndarray, y: np.ndarray, n_classes: int) -> tuple[float, float]:
    """The best accuracy on the last fifth, fitted to the rest, and the ridge that gives it; ties go to the
    smaller one.
    """
    cut = len(y) - len(y) // 5
    fits = ridge(x[:cut], np.eye(n_classes)[y[:cut]], STRENGTHS)
    reached = [_accuracy(x[cut:] @ w + b, y[cut:]) for w, b in fits]
    best = int(np.argmax(reached))
    return reached[best], STRENGTHS[best]


def _fitted(task: Task, states: Callable[[np.ndarray], np.ndarray]) -> dict[str, float]:
    """The ridge chosen on a fifth of the training samples, then fitted to all of them, and tested."""
    x, y, n_classes = states(task.train_inputs), task.train_targets, len(task.classes)
    _, strength = _best(x, y, n_classes)
    ((weights, offset),) = ridge(x, np.eye(n_classes)[y], [strength])
    test = states(task.test_inputs)
    return {
        "accuracy": _accuracy(test @ weights + offset, task.test_targets),
        "train_accuracy": _accuracy(x @ weights + offset, y),
        "parameters": float(weights.size + offset.size),
        "strength": strength,
    }


def _accuracy(scores: np.ndarray, targets: np.ndarray) -> float:
    return float((scores.argmax(1) == targets).mean())
