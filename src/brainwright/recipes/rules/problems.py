"""What is to be learned, by which network, on which schedule."""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import cache, partial
from typing import Any

import numpy as np
import torch
from torch.optim.lr_scheduler import CosineAnnealingLR

from brainwright.connectome import Connectome, signs
from brainwright.datasets.digits import digits
from brainwright.datasets.images import mnist
from brainwright.datasets.tasks import Task
from brainwright.learning import ForwardForward, LearningRule
from brainwright.loop import Lesson, Schedule
from brainwright.network import (
    LIF,
    Network,
    Rate,
    SpectralRadius,
    compile,
    layered,
    normal,
    recurrent,
    relaxing,
    spiking,
    uncoupled,
)
from brainwright.objective import Batch, Classification, Objective, OneHot, Sigmoids
from brainwright.signal import spike_trains

from .lineup import Entry

ROWS = 8
"""Rows of a digit, and pixels of each."""
INHIBITORY = 0.3
"""Share of the cells whose synapses inhibit; drawn once, the same in all arms and seeds."""
LEAK = 0.5
"""Share of a cell's value that is replaced in a step: a cell then remembers the last two or three of eight
steps.
"""
SPIKING_DRIVE, SPIKING_RATE_HZ = 5.0, 50.0
"""Factor of the input weights, so that cells fire; rates are read in units of this one."""
RECURRENT_GAIN = 0.9
"""Of the recurrent weights, just below where activity would echo for ever."""
TRAIN_HZ, TRAIN_STEPS, TRAIN_DRIVE = 200.0, 50, 10.0
"""Of the spike trains that stand for pixels: rate of the brightest, length, factor of the input weights."""


@dataclass(frozen=True)
class Problem:
    """A task, a network and a schedule; arms differ in the rule and its rates alone.

    Attributes:
        name: of the board.
        task: reads it.
        network: (seed, nonlinearity) → network, all initial values drawn from the seed.
        phi: nonlinearity unless an arm needs another.
        shape: of one sample, for sequences: (steps, inputs).
        unrolling: options of `unroll`.
        optimiser: "sgd" (with `momentum`) or "adam".
        epochs, batch, momentum: of the optimiser.
        falling: rates fall to 0 over the epochs, by half a cosine, instead of staying as they are.
        samples: the most training samples.
        room: inputs of 0 beside the data, for a label.
        encode: [sample, feature] → what the network hears, where that is not the features themselves.
    """

    name: str
    task: Callable[[], Task]
    network: Callable[[int, str], Network]
    phi: str = "tanh"
    shape: tuple[int, ...] = ()
    unrolling: Mapping[str, Any] = field(default_factory=dict)
    objective: Objective = field(default_factory=Classification)
    optimiser: str = "sgd"
    epochs: int = 40
    batch: int = 32
    momentum: float = 0.9
    falling: bool = False
    samples: int | None = None
    room: int = 0
    encode: Callable[[np.ndarray], np.ndarray] | None = None

    @property
    def schedule(self) -> str:
        """In words."""
        falling = ", rates falling to 0" if self.falling else ""
        return f"{self.epochs} epochs of batch {self.batch}, {self.optimiser}{falling}"

    def lesson(self, entry: Entry, *, validate: bool = False) -> Lesson:
        """What `teach` is given: the problem with the rates of an entry. No limit on the gradient: a rule
        whose steps are too large shall be seen to diverge.
        """
        course = partial(CosineAnnealingLR, T_max=self.epochs) if self.falling else None
        phi, goodness = entry.phi or self.phi, entry.judged_by == "goodness"
        return Lesson(
            lambda seed: self.network(seed, phi),
            partial(self.data, validate=validate),
            Schedule(
                self.epochs, self.batch, self._optimiser(entry.rate), dict(entry.rates), course, clip=None
            ),
            self.objective,
            self.unrolling,
            partial(by_goodness, entry.rule) if goodness else None,
        )

    def _optimiser(self, rate: float) -> partial:
        if self.optimiser == "adam":
            return partial(torch.optim.Adam, lr=rate)
        return partial(torch.optim.SGD, lr=rate, momentum=self.momentum)

    def data(self, seed: int, *, validate: bool = False) -> tuple[Batch, Batch]:
        """Samples to train and to judge with: the test set, or a fifth of the training set that was held out
        by `seed` to choose learning rates with.
        """
        task = read(self.task)
        inputs, targets = task.train_inputs, task.train_targets
        if self.samples is not None and self.samples < len(targets):
            task = task.first(self.samples, seed)
            inputs, targets = task.train_inputs, task.train_targets
        if not validate:
            return self._batch(inputs, targets), self._batch(task.test_inputs, task.test_targets)
        order = np.random.default_rng(seed).permutation(len(targets))
        held, kept = np.split(order, [len(order) // 5])
        return self._batch(inputs[kept], targets[kept]), self._batch(inputs[held], targets[held])

    def _batch(self, inputs: np.ndarray, targets: np.ndarray) -> Batch:
        shaped = inputs.reshape(len(inputs), *(self.shape or inputs.shape[1:]))
        if self.encode is not None:
            shaped = self.encode(shaped)
        if self.room:
            shaped = np.concatenate([shaped, np.zeros((len(shaped), self.room), np.float32)], axis=1)
        return Batch(torch.from_numpy(shaped), torch.from_numpy(targets))


def by_goodness(rule: LearningRule, network: Network, judged: Batch) -> dict[str, float]:
    """Judges by the goodness of each label; there is no loss then."""
    assert isinstance(rule, ForwardForward)
    answers = rule.scores(network, judged.inputs).argmax(1)
    return {"accuracy": float((answers == judged.targets).double().mean()), "loss": float("nan")}


@cache
def read(task: Callable[[], Task]) -> Task:
    """A task, read once per process."""
    return task()


def layers(sizes: tuple[int, ...], seed: int, phi: str) -> Network:
    """A layered net with normal weights."""
    return normal(layered(list(sizes), phi), seed)


def normalised(sizes: tuple[int, ...], seed: int, phi: str) -> Network:
    """A layered net whose hidden layers send activity of root mean square 1."""
    return normal(layered(list(sizes), phi, normalise=True), seed)


def at_rest(sizes: tuple[int, ...], seed: int, phi: str) -> Network:
    """Layers joined both ways that start without couplings."""
    return uncoupled(relaxing(list(sizes), phi), seed)


def trains(pixels: np.ndarray) -> np.ndarray:
    """Pixels from -1 to 1 as spike trains [sample, step, pixel], the same in every arm and seed."""
    return spike_trains((pixels + 1) / 2 * TRAIN_HZ, TRAIN_STEPS, seed=0)


def spiking_features(n: int, seed: int, phi: str) -> Network:
    """Spike trains of the pixels → leaky integrate-and-fire cells → classes."""
    return spiking(64, n, 10, drive=TRAIN_DRIVE, unit_hz=SPIKING_RATE_HZ, seed=seed)


def rows_of_digits(n_cells: int, seed: int, phi: str) -> Network:
    """Rows of the digit → leaky cells, all to all → classes."""
    return recurrent(ROWS, n_cells, 10, phi, leak=LEAK, gain=RECURRENT_GAIN, seed=seed)


@cache
def wiring(name: str) -> Connectome:
    """A signed connectome, read once per process."""
    if name == "worm":
        whole = Connectome.load("celegans/varshney2011").of_kind("chemical")
    else:
        whole = Connectome.load("larva/winding2023", kinds=("ad",))
    return whole.without_autapses().signed(signs.Sampled(INHIBITORY, seed=0))


def connectome(name: str, seed: int, phi: str) -> Network:
    """Sensory cells take the pixels, output cells are read, every synapse learns and keeps its sign."""
    return _compiled(name, Rate(phi, tau_s=-1e-3 / math.log(1 - LEAK), form="rate", bias="cell"), seed)


def spiking_connectome(name: str, seed: int, phi: str) -> Network:
    """The same wiring with spiking cells."""
    options = {"dt_s": 1e-3, "delay_s": 2e-3, "threshold_mV": 1.0, "synapse_mV": 5.0, "tau_m_s": 10e-3}
    network = _compiled(name, LIF(refractory_s=2e-3, options=options), seed)
    with torch.no_grad():
        for k, factor in ((0, SPIKING_DRIVE), (-1, 1 / SPIKING_RATE_HZ)):
            network.projections[k].get_parameter("weight").mul_(factor)
    return network


def _compiled(name: str, cells: Rate | LIF, seed: int) -> Network:
    maps: dict[str, Any] = {"n_inputs": 64, "n_outputs": 10, "train": "edge", "seed": seed}
    return compile(wiring(name), cells, scaling=SpectralRadius(0.95), **maps)


NARROW = Problem("narrow", digits, partial(layers, (64, 16, 16, 16, 10)))
WIDE = replace(NARROW, name="wide", network=partial(layers, (64, 100, 100, 10)))
EQUILIBRIUM = replace(
    NARROW, name="equilibrium", network=partial(at_rest, (64, 100, 10)), phi="hard sigmoid", momentum=0.0,
    objective=OneHot(), unrolling={"steps": 20}
)  # fmt: skip
GOODNESS = replace(
    NARROW, name="goodness", network=partial(normalised, (74, 200, 200, 10)), phi="relu", epochs=60, room=10
)
FEATURES = replace(NARROW, name="features", network=partial(layers, (64, 20, 10)))
FEATURES_200 = replace(NARROW, name="features-200", network=partial(layers, (64, 200, 10)))
SPIKE_FEATURES = replace(
    NARROW,
    name="spike-features",
    network=partial(spiking_features, 20),
    encode=trains,
    optimiser="adam",
    epochs=10,
)
SPIKE_FEATURES_200 = replace(
    SPIKE_FEATURES, name="spike-features-200", network=partial(spiking_features, 200)
)
SEQUENCE = Problem("rows", digits, partial(rows_of_digits, 64), shape=(ROWS, ROWS), epochs=25)
MNIST = Problem(
    "mnist", mnist, partial(layers, (784, 500, 10)), phi="sigmoid", objective=Sigmoids(), epochs=10,
    batch=128, momentum=0.0
)  # fmt: skip
WORM = Problem(
    "worm",
    digits,
    partial(connectome, "worm"),
    unrolling={"steps": 8},
    optimiser="adam",
    epochs=20,
    falling=True,
)
BRIEF = replace(WORM, epochs=6, falling=False)
LARVA = replace(BRIEF, name="larva", network=partial(connectome, "larva"), unrolling={"steps": 6})
SPIKES = replace(BRIEF, name="spiking", network=partial(spiking_connectome, "worm"), unrolling={"steps": 25})
TITLES = {
    "narrow": ("Digits, 64-16-16-16-10", "Narrow layers: a readout alone cannot solve it."),
    "equilibrium": ("Digits, 64-100-10, at rest", "Layers joined both ways by equal weights, asked at rest."),
    "goodness": (
        "Digits with a label, 74-200-200-10",
        "Ten inputs hold a label; hidden layers send normalised activity.",
    ),
    "features": ("Digits, 64-20-10", "Unsupervised layers: the readout alone reads 20 random features."),
    "features-200": ("Digits, 64-200-10", "The readout alone reads 200 random features."),
    "spike-features": ("Digits as spike trains, 20 spiking cells", "The readout alone reads random cells."),
    "spike-features-200": ("Digits as spike trains, 200 spiking cells", "As above, with ten times as many."),
    "wide": ("Digits, 64-100-100-10", "Wide layers: random features nearly solve it, so it says little."),
    "rows": ("Digits row by row, 64 leaky cells", "A recurrent network: the class is asked at the last row."),
    "worm": ("Digits into the worm", "279 neurons, 2,194 synapses with cycles; each keeps its sign."),
    "spiking": ("Digits into the worm, spiking", "The same synapses between leaky integrate-and-fire cells."),
    "mnist": ("MNIST, 784-500-10", "The schedule of Akrout et al. 2019, ten passes."),
    "larva": ("Digits into the larva", "2,952 neurons, 110,140 synapses with cycles; each keeps its sign."),
}  # fmt: skip
"""Name → title and opening sentence of its section on the page."""
