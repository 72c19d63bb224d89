"""A day of a brain in a body: it acts, is steered, remembers and foresees; at night it sleeps on it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from brainwright.memory import Experiences, Hippocampus
from brainwright.network import Network
from brainwright.network.embedding import EmbeddingCells
from brainwright.objective import Batch, NextEmbedding, Objective
from brainwright.objective.next_embedding import recording
from brainwright.steering import Assessors, Body, Moments
from brainwright.steering.circuits import Circuit, Senses
from brainwright.world import Choice

from .learn import PPO, LearnError, Policy, Rollout, Runner
from .learn.evaluate import Make, made
from .sleep import Night, Slept, sleep

Sensing = Callable[[Tensor, Tensor, Tensor], Senses]
"""(what was seen, what was done, what is seen now), [body, ...] each → crude senses, [body] each."""


@dataclass(frozen=True, eq=False)
class Foresight:
    """What foretells a body's next embedding.

    Attributes:
        network: that embeds what is observed and shows the embedding to come (`network.embedded`).
        objective: that it lowers.
        rate: of Adam.
    """

    network: Network
    objective: Objective = field(default_factory=NextEmbedding)
    rate: float = 1e-3


@dataclass(frozen=True, eq=False)
class Steering:
    """What matters to a body.

    Attributes:
        circuits: innate; what they pay is added to the world's reward.
        senses: what they are told of a moment.
        body: its levels at the beginning of the day, one for each body of the world.
        changed: (body, senses) → the body a moment later: what was eaten, what was spent.
        assessors: that learn to foretell the circuits, one for each, in their order; None for none.
    """

    circuits: Sequence[Circuit]
    senses: Sensing
    body: Body
    changed: Callable[[Body, Senses], Body] = lambda body, senses: body
    assessors: Assessors | None = None


@dataclass(frozen=True, eq=False)
class Day:
    """What came of it.

    Attributes:
        policy: that lived; in place.
        returns: of the episodes that ended, of the world alone.
        body: at the end, where there was steering.
        innate: what the circuits paid, [moment, body]; empty without steering.
        assessed: state of the assessors, to go on from and to `read`.
        foreseen: loss of the objective in every rollout.
        slept: the night, where there was one.
    """

    policy: Policy
    returns: list[float]
    body: Body | None = None
    innate: NDArray[np.float64] = field(default_factory=lambda: np.zeros((0, 0)))
    assessed: Any = None
    foreseen: list[float] = field(default_factory=list)
    slept: Slept | None = None


def live(
    network: Network | Policy,
    env: str | Make,
    *,
    steps: int = 2_000,
    objective: Foresight | None = None,
    steering: Steering | None = None,
    memory: Hippocampus | None = None,
    night: Night | None = None,
    method: PPO | None = None,
    seed: int = 0,
) -> Day:
    """One day, and the night after it.

    Rollout by rollout the bodies act; innate circuits pay for what they sense, beside the world; the policy
    learns from both. Then the objective is lowered on the stream that was seen, assessors learn to foretell
    the circuits, and what happened is remembered (state, action, reward; what paid or cost most stays
    longest). At night the actions that were paid for are replayed into the network (`loop.sleep`). Memory
    holds what the policy sees; the context of assessors is the embedding of the objective's network, or,
    without it, the same.

    Args:
        network: that acts; see `learn`.
        env: seeds → world, or an id of Gymnasium.
        steps: of the day, all bodies together.
        objective: foresight; None for none.
        steering: innate circuits, the body they care for, and assessors; None for none.
        memory: a fast store, which is changed; None for none.
        night: None for none. It needs a memory, a choice of actions, and layers.
        method: PPO settings.
        seed: of everything random.

    Raises:
        LearnError: as `learn`; a body of steering for another number of bodies; a night without a memory.
        Interrupted: as `learn`.

    Example:
        >>> from brainwright.network import layered
        >>> from brainwright.world import Rooms
        >>> day = live(layered([77, 8, 5], "tanh"), Rooms, steps=64, method=PPO(horizon=8, epochs=1))
        >>> day.policy.steps
        1
    """
    how, make, generator = method or PPO(), made(env), torch.Generator().manual_seed(seed)
    world = make(range(seed * how.bodies, (seed + 1) * how.bodies))
    policy = network if isinstance(network, Policy) else Policy(network, world, seed=seed)
    policy.fits(world)
    _check(policy, steering, memory, night, how)
    innate = None if steering is None else _Innate(steering)
    runner = Runner(policy, world, generator, innate)
    optimiser, sees = how.optimiser(policy), _sees(policy, objective)
    foresight = (
        None if objective is None else torch.optim.Adam(objective.network.parameters(), objective.rate)
    )
    assessed, foreseen, paid = None, [], []
    while runner.n_steps < steps:
        rollout = runner.collect(how.horizon)
        if innate is not None:
            moments, given = innate.moments(sees(rollout.observations), rollout.started)
            paid.append(given)
            if steering is not None and steering.assessors is not None:
                assessed = steering.assessors.learn(moments, assessed, seed=seed)
        if memory is not None:
            _remember(memory, policy, rollout)
        how.update(policy, rollout, optimiser, generator)
        policy.seen(rollout.observations)
        if objective is not None and foresight is not None:
            foreseen.append(_foresee(objective, foresight, rollout))
    slept = _slept(policy, memory, night, seed)
    return Day(
        policy,
        runner.returns,
        None if innate is None else innate.body,
        np.concatenate(paid) if paid else np.zeros((0, how.bodies)),
        assessed,
        foreseen,
        slept,
    )


class _Innate:
    """Circuits over the moments of a day; as a bonus of a `Runner` it is called once for each, in order."""

    def __init__(self, steering: Steering):
        self.steering, self.body = steering, steering.body
        self._rows: list[tuple[Tensor, Tensor, Tensor]] = []

    def __call__(self, seen: Tensor, action: Tensor, after: Tensor) -> NDArray[np.float64]:
        """What the circuits pay now, [body]; the body is another afterwards."""
        senses = self.steering.senses(seen, action, after)
        told = [circuit.sense(senses, self.body) for circuit in self.steering.circuits]
        truth, fires, reward = (
            torch.stack([getattr(signal, name) for signal in told], -1)
            for name in ("truth", "fires", "reward")
        )
        self._rows.append((truth, fires, reward))
        self.body = self.steering.changed(self.body, senses)
        return reward.sum(-1).double().numpy()

    def moments(self, context: Tensor, started: Tensor) -> tuple[Moments, NDArray[np.float64]]:
        """Those since the last call, for the assessors, and what was paid, [moment, body].

        What a circuit says of a moment came of its action, so the truth belongs to the next context; a moment
        at which an episode began is no one's future, and teaches nothing.
        """
        truth, fires, reward = (torch.stack(part) for part in zip(*self._rows, strict=True))
        self._rows = []
        late = [torch.cat([torch.zeros_like(part[:1]), part[:-1]]) for part in (truth, fires)]
        anew = started[..., None].expand_as(late[1])
        by_body = [part.transpose(0, 1)[:, None] for part in (context, late[0], late[1] & ~anew)]
        gate = torch.ones_like(anew)
        gate[:-1] = ~anew[1:]
        paid = reward.sum(-1).double().numpy()
        return Moments(*by_body, gate=gate.transpose(0, 1)[:, None]), paid


def _sees(policy: Policy, objective: Foresight | None) -> Callable[[Tensor], Tensor]:
    """Observations [..., size] → the context of assessors, without gradient."""
    source = None if objective is None else objective.network.cells(objective.network.input)
    if not isinstance(source, EmbeddingCells):
        return policy.scaled

    def embedded(observations: Tensor) -> Tensor:
        with torch.no_grad():
            return source.embed(observations)

    return embedded


def _remember(memory: Hippocampus, policy: Policy, rollout: Rollout) -> None:
    """Every moment as (what the policy saw, what it did, what that brought)."""
    states = policy.scaled(rollout.observations).flatten(0, 1)
    chosen = rollout.actions.flatten() if isinstance(policy.actions, Choice) else None
    rewards = torch.from_numpy(rollout.rewards).float().flatten()
    memory.store(Experiences.of(states, chosen, rewards), rewards.abs())


def _foresee(objective: Foresight, stepper: torch.optim.Optimizer, rollout: Rollout) -> float:
    """One step on the stream of a rollout; the first moment of an episode is nobody's future."""
    network, stream = objective.network, rollout.observations.transpose(0, 1)
    trajectory = network.unroll(stream, **recording())
    targets = trajectory.recorded["input"].detach() * ~rollout.started.T[..., None]
    loss = objective.objective.loss(trajectory, Batch(stream, targets))
    stepper.zero_grad()
    loss.total.backward()
    stepper.step()
    return float(loss.total.detach())


def _slept(policy: Policy, memory: Hippocampus | None, night: Night | None, seed: int) -> Slept | None:
    """What was paid for is done again; None without a night, or where nothing was paid for."""
    if night is None or memory is None:
        return None
    good = memory.experiences.at(memory.rewards > 0)
    return sleep(policy.network, good, night, seed=seed) if len(good) else None


def _check(
    policy: Policy, steering: Steering | None, memory: Hippocampus | None, night: Night | None, how: PPO
) -> None:
    if steering is not None and steering.body.n_bodies != how.bodies:
        raise LearnError(
            f"live: expected levels of {how.bodies} bodies, those of the method, got {steering.body.n_bodies}"
        )
    if steering is not None and steering.assessors is not None:
        channels = tuple(circuit.channel for circuit in steering.circuits)
        if steering.assessors.channels != channels:
            raise LearnError(f"live: expected assessors of {channels}, got {steering.assessors.channels}")
    if night is not None and (memory is None or not isinstance(policy.actions, Choice)):
        raise LearnError("live: a night needs a memory of the day, and a choice of actions to replay")
