"""What an assessor learns with: one contract, and a delta rule, a Hebbian rule and any rule of `learning`."""

from collections.abc import Callable
from copy import deepcopy
from dataclasses import dataclass, field
from typing import Any, Protocol

import torch
from jaxtyping import Bool, Float
from torch import Tensor

from brainwright.learning import LearningRule, RuleState
from brainwright.network import Network
from brainwright.objective import Batch, Regression

from .errors import SteeringError


class Predictor(Protocol):
    """One step of learning for many worlds and channels at once. State is explicit; `check_assessor` tries
    it.

    A closed gate leaves the state of its world and channel as it was, bit for bit.
    """

    def start(self, worlds: int, features: int, channels: int, seed: int = 0) -> Any:
        """The state before the first update, which says 0 of an empty context."""
        ...

    def predict(self, state: Any, context: Float[Tensor, "world *moment feature"]) -> Tensor:
        """Predictions [world, *moment, channel]."""
        ...

    def learn(
        self,
        state: Any,
        context: Float[Tensor, "world feature"],
        target: Float[Tensor, "world channel"],
        gate: Bool[Tensor, "world channel"],
    ) -> Any:
        """The state after one update towards targets, which carry no gradient, where the gate is open."""
        ...


@dataclass(frozen=True)
class Linear:
    """What the two linear rules share: y = w c, weights [world, channel, feature] that start at 0.

    Args:
        rate: η.
        floor: ε, added to |c|²: with 0 a faint context (noise in a blank) moves as much as a strong one.
    """

    rate: float = 0.2
    floor: float = 0.0

    def __post_init__(self) -> None:
        if not 0 <= self.floor < float("inf"):
            raise SteeringError(f"expected a floor of 0 or more, got {self.floor}")
        if not 0 < self.rate <= 1:
            raise SteeringError(f"expected a rate above 0 and up to 1, got {self.rate}")

    def start(self, worlds: int, features: int, channels: int, seed: int = 0) -> Tensor:
        """See `Predictor`; nothing is drawn."""
        return torch.zeros(worlds, channels, features, dtype=torch.float64)

    def predict(self, state: Tensor, context: Tensor) -> Tensor:
        """See `Predictor`."""
        flat = context.reshape(len(context), -1, context.shape[-1]).to(state)
        return (flat @ state.mT).reshape(*context.shape[:-1], state.shape[1])

    def step(self, state: Tensor, context: Tensor, drive: Tensor, gate: Tensor) -> Tensor:
        """w + η m drive c / (ε + |c|²); a context of nothing moves nothing."""
        unit = self.unit(context.to(state))
        return state + self.rate * torch.where(gate, drive, 0.0)[..., None] * unit[:, None]

    def unit(self, context: Tensor) -> Tensor:
        """c / (ε + |c|²)."""
        return context / (self.floor + context.square().sum(-1, keepdim=True)).clamp_min(1e-12)


@dataclass(frozen=True)
class Delta(Linear):
    """Δw = η m (target - y) c / (ε + |c|²): the normalised delta rule (Widrow & Hoff 1960; with binary cues
    of equal length it is that of Rescorla & Wagner 1972). Without a floor a single context moves by the share
    η of its error.
    """

    def learn(self, state: Tensor, context: Tensor, target: Tensor, gate: Tensor) -> Tensor:
        """See `Predictor`."""
        return self.step(state, context, target.to(state) - self.predict(state, context), gate)


@dataclass(frozen=True)
class Hebb(Linear):
    """Δw = η m target c / (ε + |c|²): the same without an error, as a control. It cannot block, and it
    grows.
    """

    def learn(self, state: Tensor, context: Tensor, target: Tensor, gate: Tensor) -> Tensor:
        """See `Predictor`."""
        return self.step(state, context, target.to(state), gate)


@dataclass(frozen=True, eq=False)
class Taught:
    """Networks [world][channel], with the state of their rule and of their optimisers."""

    networks: list[list[Network]]
    rules: list[list[RuleState]]
    steps: list[list[torch.optim.SGD]]
    offsets: list[list[Tensor]]


@dataclass(frozen=True)
class ByRule:
    """Any rule of `learning` over any network: one network for each world and channel, so that a closed gate
    stops the update whatever the rule reads. Slow beside `Delta`: a Python loop. State is changed in place.

    Args:
        rule: of `learning`.
        network: (features, seed) → a network with one output.
        rate: of plain gradient descent.
    """

    rule: LearningRule
    network: Callable[[int, int], Network]
    rate: float = 0.05
    objective: Regression = field(default_factory=Regression)

    def start(self, worlds: int, features: int, channels: int, seed: int = 0) -> Taught:
        """See `Predictor`; what a fresh network says about nothing is taken off its answers."""
        made = [
            [self.network(features, seed + channels * w + k) for k in range(channels)] for w in range(worlds)
        ]
        outputs = {network.n_outputs for row in made for network in row}
        if outputs != {1}:
            raise SteeringError(f"ByRule: expected networks with one output, got {sorted(outputs)}")
        steps = [[torch.optim.SGD(n.parameters(), self.rate) for n in row] for row in made]
        rules = [[self.rule.init(n, seed=seed) for n in row] for row in made]
        nothing = torch.zeros(1, features)
        with torch.no_grad():
            offsets = [[self._answer(n, nothing)[0].clone() for n in row] for row in made]
        return Taught(made, rules, steps, offsets)

    def predict(self, state: Taught, context: Tensor) -> Tensor:
        """See `Predictor`."""
        with torch.no_grad():
            worlds = [
                torch.stack(
                    [
                        self._answer(n, own.reshape(-1, own.shape[-1])) - offset
                        for n, offset in zip(row, offsets, strict=True)
                    ],
                    -1,
                )
                for row, own, offsets in zip(state.networks, context, state.offsets, strict=True)
            ]
        return torch.stack(worlds).reshape(*context.shape[:-1], -1).double()

    def learn(self, state: Taught, context: Tensor, target: Tensor, gate: Tensor) -> Taught:
        """See `Predictor`."""
        for w, k in gate.nonzero().tolist():
            network, offset = state.networks[w][k], state.offsets[w][k]
            wanted = target[w, k].to(offset) + offset
            batch = Batch(context[w : w + 1].to(offset), wanted.reshape(1, 1))
            state.rules[w][k], _ = self.rule.update(network, batch, self.objective, state.rules[w][k])
            state.steps[w][k].step()
        return state

    def copied(self, state: Taught) -> Taught:
        """A state of its own, which learns without changing this one."""
        made = [[deepcopy(network) for network in row] for row in state.networks]
        steps = [[torch.optim.SGD(n.parameters(), self.rate) for n in row] for row in made]
        return Taught(made, [[rule.copy() for rule in row] for row in state.rules], steps, state.offsets)

    @staticmethod
    def _answer(network: Network, context: Tensor) -> Tensor:
        return network.unroll(context.float()).last[:, 0]
