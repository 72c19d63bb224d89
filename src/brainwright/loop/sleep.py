"""Sleep: the same memories again and again train the slow network, through any learning rule."""

from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any, Literal

import torch
from torch import Tensor

from brainwright.learning import Backpropagation, LearningRule, RuleState, groups
from brainwright.memory import Experiences, RecallError
from brainwright.memory.methods.spontaneous import Noise, slept
from brainwright.memory.methods.weights import Draws
from brainwright.network import Network
from brainwright.network.projection import DenseProjection
from brainwright.objective import Batch, Classification, Objective

from .schedule import adam

Order = Literal["uniform", "reward", "priority", "need"]
SHARP = 0.6
"""Exponent of a priority (Schaul et al. 2016, arXiv:1511.05952): 0 is uniform, 1 proportional."""
LEAST = 1e-3
"""Added to every weight of a draw, relative to the largest: nothing is never replayed."""


@dataclass(frozen=True)
class Night:
    """What happens in a night.

    Attributes:
        updates: steps of the optimiser (NREM and REM together).
        batch: memories of an update.
        order: how memories are drawn: "uniform"; "reward", in proportion to the size of their reward;
            "priority", to their loss when last replayed, to the power .6 (Schaul et al. 2016); "need", to
            that times how soon each will be needed (gain times need: Mattar & Daw 2018,
            doi:10.1038/s41593-018-0232-z).
        length: memories of a sequence that follow what was drawn, one an update: 1 for single memories.
        backwards: a sequence runs from what was drawn into its past.
        compressed: of a sequence only every so-and-so-many-th memory is replayed, so that as many updates run
            through a longer stretch of it; 1 for every memory. Hippocampal replay runs six to twenty times
            faster than what it repeats (Nadasdy et al. 1999, doi:10.1523/JNEUROSCI.19-21-09497.1999).
        dreams: share of a batch that `dream` makes (REM), from 0 to 1.
        downscaling: factor of all synapses after the night (Tononi & Cirelli 2006); 1 for none.
        noise: a last part in which noise drives the network and a local rule changes it, or None (Sleep
            Replay Consolidation; layered networks only).
        optimiser: parameters → optimiser.
    """

    updates: int = 200
    batch: int = 64
    order: Order = "uniform"
    length: int = 1
    backwards: bool = False
    compressed: int = 1
    dreams: float = 0.0
    downscaling: float = 1.0
    noise: Noise | None = None
    optimiser: Callable[[Any], torch.optim.Optimizer] = adam

    def __post_init__(self) -> None:
        sizes = min(self.updates, self.batch - 1, self.length - 1, self.compressed - 1) >= 0
        if not sizes or not 0 <= self.dreams <= 1 or not self.downscaling > 0:
            raise RecallError(
                "expected updates of at least 0, batch, length and compression of at least 1, a share of "
                "dreams from 0 to 1 and a factor above 0"
            )


@dataclass(frozen=True, eq=False)
class Slept:
    """What happened.

    Attributes:
        losses: of each update.
        replayed: how often each memory was, [memory].
        state: of the rule, for the next night.
    """

    losses: list[float] = field(default_factory=list)
    replayed: Tensor = field(default_factory=lambda: torch.zeros(0))
    state: RuleState | None = None


def sleep(
    network: Network,
    memory: Experiences,
    night: Night | None = None,
    *,
    objective: Objective | None = None,
    rule: LearningRule | None = None,
    state: RuleState | None = None,
    dream: Callable[[int, torch.Generator], Batch] | None = None,
    need: Tensor | None = None,
    seed: int = 0,
) -> Slept:
    """One night: memories are replayed into the network, which is changed in place.

    Args:
        network: whose synapses change.
        memory: what is replayed, oldest first, such as `hippocampus.experiences`.
        night: how; see `Night`.
        objective: what replay lowers; classification of targets by default.
        rule: how gradients are made; any of `learning`, exact by default.
        state: of the rule, from the night before; fresh by default.
        dream: (number, generator) → samples that the network itself makes, for the share of dreams.
        need: of each memory, [memory], for the order "need".
        seed: of everything random.

    Raises:
        RecallError: nothing to replay, dreams without `dream`, "need" without `need`.
        NetworkError: a rule that cannot teach this network.

    Example:
        >>> from brainwright.network import layered
        >>> night = sleep(layered([3, 2]), Experiences.of(torch.eye(3), torch.tensor([0, 1, 1])))
        >>> night.losses[-1] < night.losses[0]
        True
    """
    night, rule, objective = night or Night(), rule or Backpropagation(), objective or Classification()
    _check(memory, night, dream, need)
    state = state or rule.init(network, seed=seed)
    taught = [p for p in network.parameters() if p.requires_grad]
    stepper = night.optimiser(groups(network, state))
    generator = torch.Generator().manual_seed(seed)
    weights, replayed, losses = _first_weights(memory, night.order, need), torch.zeros(len(memory)), []
    n_dreams = round(night.dreams * night.batch)
    rows = torch.zeros(0, dtype=torch.long)
    for update in range(night.updates):
        step = update % night.length
        if step == 0:
            rows = _drawn(weights, night.batch - n_dreams, generator)
        else:  # a sequence goes on, and stays at its end
            rows = (rows + (-1 if night.backwards else 1) * night.compressed).clamp(0, len(memory) - 1)
        part = Batch(memory.states[rows], memory.targets[rows])
        if dream is not None and n_dreams:
            made = dream(n_dreams, generator)
            part = Batch(torch.cat([part.inputs, made.inputs]), torch.cat([part.targets, made.targets]))
        state, metrics = rule.update(network, part, objective, state)
        torch.nn.utils.clip_grad_norm_(taught, 1.0)  # as `fit`: no single large step
        stepper.step()
        losses.append(metrics["loss"])
        replayed.index_add_(0, rows, torch.ones(len(rows)))
        if night.order in ("priority", "need"):
            weights[rows] = _surprise(network, memory, rows, objective) * (1 if need is None else need[rows])
    _after(network, memory, night, seed)
    return Slept(losses, replayed, state)


def _first_weights(memory: Experiences, order: Order, need: Tensor | None) -> Tensor:
    if order == "reward":
        return memory.rewards.abs()
    # a memory that was not replayed yet is as surprising as any: it comes soon
    return need.clone().float() if order == "need" and need is not None else torch.ones(len(memory))


def _drawn(weights: Tensor, n: int, generator: torch.Generator) -> Tensor:
    if n == 0:
        return torch.zeros(0, dtype=torch.long)
    least = LEAST * max(float(weights.max()), 1e-12)
    return torch.multinomial(weights.clamp(min=0) + least, n, replacement=True, generator=generator)


@torch.no_grad()
def _surprise(network: Network, memory: Experiences, rows: Tensor, objective: Objective) -> Tensor:
    """Loss of single memories to the power of `SHARP`."""
    trajectory = network.unroll(memory.states[rows])
    each = objective.each(trajectory, Batch(memory.states[rows], memory.targets[rows]))  # ty: ignore
    return each.clamp(min=0) ** SHARP


@torch.no_grad()
def _after(network: Network, memory: Experiences, night: Night, seed: int) -> None:
    """Noise, then down-scaling."""
    maps = [network.projection(k) for k in range(len(network.projections))]
    if night.noise is not None:
        dense = [m.weight.data.T[None] for m in maps if isinstance(m, DenseProjection)]
        recurrent = any(m.pre == m.post for m in maps)
        if recurrent or len(dense) != len(maps) or any(a.shape[2] != b.shape[1] for a, b in pairwise(dense)):
            raise RecallError("noise: expected a layered network, each layer sending to the next alone")
        slept(dense, memory.states.mean(0, keepdim=True).clamp(min=0), night.noise, Draws([seed]))
    if night.downscaling != 1:
        for own in maps:
            for parameter in own.parameters():
                parameter.mul_(night.downscaling)


def _check(memory: Experiences, night: Night, dream: object, need: Tensor | None) -> None:
    if not len(memory):
        raise RecallError("nothing to replay: store experiences before the night")
    if night.dreams and dream is None:
        raise RecallError("dreams: say what makes them (dream=)")
    if night.order == "need" and (need is None or need.shape != (len(memory),)):
        raise RecallError(f"order need: expected `need` of {len(memory)} memories")
