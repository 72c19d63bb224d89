"""MNIST, 784-500-10, four rules on the published schedule of Akrout et al. 2019, beside its published logs.

`python scripts/mnist_anchors.py OUT` trains 10 epochs on 3 seeds; `--epochs 400 --seeds 1` the long schedule.
Finished trials are kept in OUT and not run again. Needs the MNIST files.

The protocol is that of the authors' program (github.com/makrout/Deep-Learning-without-Weight-Transport, read
for its facts): pixels from 0 to 1, sigmoid cells, also at the output; weights, biases and feedback normal
with variance 1 / (fan-in + fan-out); sum over outputs of the binary cross-entropies; plain SGD over batches
of 128 in the order of the file, the same in every epoch, without the incomplete last batch; a learning rate
for each rule, and for biases one that is 128 times smaller; no weight decay, also for Kolen-Pollack; the
angle between the errors of the hidden cells and those of backpropagation for the first training sample.
Theirs is one seed. Their limit on the mirror's feedback weights changes a copy only, so there is none here.
"""

import argparse
import math
import time
from dataclasses import dataclass
from functools import partial
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

import torch

from brainwright.datasets.images import mnist
from brainwright.experiment.trials import run_trials
from brainwright.learning import (
    Alignment,
    Backpropagation,
    FeedbackAlignment,
    KolenPollack,
    LearningRule,
    RuleState,
    WeightMirror,
)
from brainwright.learning.rule import trained
from brainwright.learning.shared.credit import FEEDBACK, answering
from brainwright.loop import evaluate
from brainwright.loop.problem import read
from brainwright.network import Network, layered
from brainwright.objective import Batch, Sigmoids

SIZES, BATCH = (784, 500, 10), 128
OBJECTIVE = Sigmoids()


@dataclass(frozen=True)
class PublishedMirror(WeightMirror):
    """The mirror as published: B <- B + η sum y xᵀ with y = sigmoid(W x + b) and x uniform within ±a/2, after
    every update, and as often as there are batches before the first. It grows without a bound, along W.
    """

    gain: float = 0.01
    amplitude: float = 0.1

    def prepare(self, network, state) -> None:
        """Draws B, and mirrors for an epoch."""
        super().prepare(network, state)
        for _ in range(60_000 // BATCH):
            self._mirror(network, state)

    def update(self, network, batch, objective, state, unrolling=None):
        """See `LearningRule`."""
        state, metrics = FeedbackAlignment().update(network, batch, objective, state, unrolling)
        self._mirror(network, state)
        return state, metrics

    @torch.no_grad()
    def _mirror(self, network: Network, state: RuleState) -> None:
        for k in answering(network):
            projection = network.projection(k)
            drawn = torch.rand(BATCH, projection.n_pre, generator=state.generator)
            noise = self.amplitude * (drawn - 0.5)
            arrived = torch.sigmoid(projection.product()(noise) + network.cells(projection.post).bias)
            state.tensors[f"{FEEDBACK}{k}"] += self.gain * projection.outer(arrived, noise)


class Published(NamedTuple):
    """What the logs say after so many epochs."""

    accuracy: float
    """%, test set."""
    loss: float
    """Mean over the batches of that epoch."""
    angle: float
    """Degrees."""


class Arm(NamedTuple):
    """A rule, its learning rate, and what was published."""

    rule: LearningRule
    rate: float
    published: dict[int, Published]


ARMS = {
    "Kolen-Pollack": Arm(
        KolenPollack(decay=0.0),
        0.3,
        {10: Published(95.41, 0.3214, 12.2), 400: Published(98.45, 0.00263, 3.1)},
    ),
    "backpropagation": Arm(
        Backpropagation(), 0.2, {10: Published(94.12, 0.4387, 0.0), 400: Published(98.5, 0.00506, 0.0)}
    ),
    "feedback alignment": Arm(
        FeedbackAlignment(),
        0.2,
        {10: Published(90.86, 0.6727, 26.1), 400: Published(97.8, 0.0894, 34.9)},
    ),
    "weight mirror": Arm(
        PublishedMirror(), 0.05, {10: Published(90.49, 0.7254, 16.9), 400: Published(98.49, 0.00438, 3.2)}
    ),
}


def trial(epochs: int, name: str, seed: int, draw: int) -> dict[str, float]:
    """Figures after the last epoch, in the units of `Published`; and `cpu_s`."""
    torch.set_num_threads(1)
    rule, rate, _ = ARMS[name]
    samples, judged = data()
    network = initial(seed)
    state = rule.init(network, seed=seed)
    optimiser = torch.optim.SGD(rated(network, state, rate))
    start, losses = time.process_time(), []
    for epoch in range(epochs):
        losses = []
        for k in range(0, len(samples.inputs) - BATCH + 1, BATCH):
            part = Batch(samples.inputs[k : k + BATCH], samples.targets[k : k + BATCH])
            state, metrics = rule.update(network, part, OBJECTIVE, state)
            optimiser.step()
            losses.append(metrics["loss"])
        if (epoch + 1) % 50 == 0:
            print(f"{name}, seed {seed}: epoch {epoch + 1}, loss {sum(losses) / len(losses):.5f}", flush=True)
    spent = time.process_time() - start
    first = Batch(samples.inputs[:1], samples.targets[:1])
    cosine = Alignment(rule, OBJECTIVE)(network, first, state)["cosine input -> hidden1"]
    return {
        "accuracy": 100 * evaluate(network, OBJECTIVE, judged)["accuracy"],
        "loss": sum(losses) / len(losses),
        "angle": math.degrees(math.acos(max(-1.0, min(1.0, cosine)))),
        "cpu_s": spent,
    }


def data() -> tuple[Batch, Batch]:
    """Training and test samples, in the order of the files."""
    task = read(mnist)
    return (
        Batch(torch.from_numpy(task.train_inputs), torch.from_numpy(task.train_targets)),
        Batch(torch.from_numpy(task.test_inputs), torch.from_numpy(task.test_targets)),
    )


def initial(seed: int) -> Network:
    """Weights and biases normal, with variance 1 / (fan-in + fan-out)."""
    network = layered(SIZES, "sigmoid")
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for k, (n_pre, n_post) in enumerate(pairwise(SIZES)):
            projection = network.projection(k)
            for own in (projection.weight, network.cells(projection.post).bias):
                own.copy_(torch.randn(own.shape, generator=generator) / (n_pre + n_post) ** 0.5)
    return network


def rated(network: Network, state: RuleState, rate: float) -> list[dict]:
    """Groups for SGD: weights with their feedback, and biases."""
    own = list(trained(network).values())
    weights = [p for p in own if p.ndim == 2] + list(state.learned.values())
    return [
        {"params": weights, "lr": rate},
        {"params": [p for p in own if p.ndim == 1], "lr": rate / BATCH},
    ]


if __name__ == "__main__":
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("out", type=Path)
    parser.add_argument("--epochs", type=int, default=10)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--arms", nargs="*", choices=list(ARMS), default=list(ARMS))
    asked = parser.parse_args()
    for name in asked.arms:
        done = run_trials(
            partial(trial, asked.epochs),
            [name],
            range(asked.seeds),
            folder=asked.out / f"{asked.epochs}-{name.replace(' ', '-')}",
            settings={"epochs": asked.epochs, "rule": repr(ARMS[name].rule), "rate": ARMS[name].rate},
        )
        anchor = ARMS[name].published.get(asked.epochs)
        for figure, unit in (("accuracy", " %"), ("loss", ""), ("angle", " degrees")):
            shown = ", ".join(f"{value:.5g}" for value in done.values(name, figure)[0])
            beside = "" if anchor is None else f" (published {getattr(anchor, figure)}{unit})"
            print(f"{name}: {figure} {shown}{unit}{beside}", flush=True)
