"""A task, a network and a schedule, on which rules are tried that differ in themselves and their rates."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cache, partial
from typing import Any

import numpy as np
import torch
from torch.optim.lr_scheduler import CosineAnnealingLR

from brainwright.datasets.tasks import Task
from brainwright.learning import ForwardForward, LearningRule
from brainwright.network import Network
from brainwright.objective import Batch, Classification, Objective

from .schedule import Schedule
from .training import Lesson


@dataclass(frozen=True)
class Entry:
    """A rule and how it is used.

    Args:
        rule: which.
        rate: learning rate of all groups.
        rates: of single groups ("hidden", "readout", "rule"), where they differ.
        phi: nonlinearity, where the rule needs another than the problem's.
        judged_by: the "outputs" of the network, or the "goodness" of each label (forward-forward).
    """

    rule: LearningRule
    rate: float
    rates: Mapping[str, float] = field(default_factory=dict)
    phi: str | None = None
    judged_by: str = "outputs"


@dataclass(frozen=True)
class Problem:
    """A task, a network and a schedule; arms differ in the rule and its rates alone.

    Attributes:
        name: of the board.
        task: reads it.
        network: called with `seed`, from which all initial values are drawn, and with `phi` unless that is
            None; such as `partial(layered, [64, 16, 10])`.
        initial: (network, seed) → the same with initial values of another law, such as `normal`.
        phi: nonlinearity unless an arm needs another; None where the network leaves no choice.
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
    network: Callable[..., Network]
    phi: str | None = "tanh"
    initial: Callable[[Network, int], Network] | None = None
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

    def built(self, seed: int, entry: Entry | None = None) -> Network:
        """The network of a seed, with the nonlinearity that an entry needs."""
        phi = (entry.phi if entry else None) or self.phi
        network = self.network(seed=seed) if phi is None else self.network(seed=seed, phi=phi)
        return network if self.initial is None else self.initial(network, seed)

    def able(self, entries: Mapping[str, Entry]) -> tuple[dict[str, Entry], dict[str, str]]:
        """The entries whose rule can teach the network, and name → reason of those whose rule cannot."""
        networks = {entry.phi: self.built(0, entry) for entry in entries.values()}
        reasons = {name: entry.rule.supports(networks[entry.phi]) for name, entry in entries.items()}
        able = {name: entry for name, entry in entries.items() if reasons[name] is None}
        return able, {name: reason for name, reason in reasons.items() if reason is not None}

    def lesson(self, entry: Entry, *, validate: bool = False) -> Lesson:
        """What `teach` is given: the problem with the rates of an entry. No limit on the gradient: a rule
        whose steps are too large shall be seen to diverge.
        """
        course = partial(CosineAnnealingLR, T_max=self.epochs) if self.falling else None
        goodness = entry.judged_by == "goodness"
        return Lesson(
            lambda seed: self.built(seed, entry),
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
