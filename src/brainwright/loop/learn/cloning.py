"""Behaviour cloning: a network learns to do what was done."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from brainwright.world import World

from .errors import LearnError
from .policy import Policy
from .states import begun_anew, of_bodies


@dataclass(frozen=True, eq=False)
class Demonstrations:
    """What bodies saw and did.

    Attributes:
        observations: [time, body, size].
        actions: [time, body], of a `Box` [time, body, size].
        rewards: [time, body].
        started: [time, body], where an episode begins.
    """

    observations: NDArray[np.float32]
    actions: NDArray[Any]
    rewards: NDArray[np.float64]
    started: NDArray[np.bool_]

    def __post_init__(self) -> None:
        shapes = {part.shape[:2] for part in (self.observations, self.actions, self.rewards, self.started)}
        if len(shapes) != 1:
            raise LearnError(f"Demonstrations: expected one [time, body] in all, got {sorted(shapes)}")


def demonstrate(
    act: Callable[[NDArray[np.float32], np.random.Generator], NDArray[Any]],
    make: Callable[[Sequence[int]], World],
    *,
    bodies: int = 8,
    steps: int = 500,
    seed: int = 0,
) -> Demonstrations:
    """A teacher lives in a world.

    Args:
        act: (observations [body, size], generator) → actions [body, ...].
        make: seeds → world.
        bodies: side by side.
        steps: of each.
        seed: of the world's bodies, from `seed` on, and of the teacher's draws.
    """
    world, rng = make(range(seed, seed + bodies)), np.random.default_rng(seed)
    seen, started, rows = world.observe(), np.ones(world.n_bodies, bool), []
    for _ in range(steps):
        action = act(seen, rng)
        moment = world.step(action)
        rows.append((np.array(seen), np.array(action), moment.reward, started))
        started = moment.terminated | moment.truncated
        seen = world.restart(started) if started.any() else moment.observation
    return Demonstrations(*(np.stack(column) for column in zip(*rows, strict=True)))


@dataclass(frozen=True)
class Cloning:
    """Actions of demonstrations become likelier (behaviour cloning, Pomerleau 1991), through the network's
    own states: sequences of some bodies, at rest where an episode begins.

    Attributes:
        shown: what was done.
        updates: of Adam.
        batch: bodies of an update.
        length: steps of a sequence.
        rate: of Adam.
    """

    shown: Demonstrations
    updates: int = 300
    batch: int = 8
    length: int = 50
    rate: float = 3e-3

    def update(self, policy: Policy, optimiser: torch.optim.Optimizer, generator: torch.Generator) -> float:
        """One update in place; returns minus the mean log probability of what was done, nats."""
        time, bodies = self.shown.rewards.shape
        length = min(self.length, time)
        at = int(torch.randint(time - length + 1, (), generator=generator))
        some = torch.randperm(bodies, generator=generator)[: self.batch]
        span = slice(at, at + length)
        seen, done, started = (
            torch.from_numpy(part[span])[:, some]
            for part in (self.shown.observations, self.shown.actions, self.shown.started)
        )
        loss = -_log_probs(policy, seen, done, started).mean()
        optimiser.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(policy.parameters(), 1.0)  # a long sequence's gradient may be large
        optimiser.step()
        return float(loss.detach())


def _log_probs(policy: Policy, seen: Tensor, done: Tensor, started: Tensor) -> Tensor:
    rest = policy.rest(seen.shape[1])
    state, told = of_bodies(rest, torch.arange(seen.shape[1])), []
    for now, action, new in zip(seen, done, started, strict=True):
        parameters, _, state = policy(now, begun_anew(state, rest, new))
        told.append(policy.distribution(parameters).log_prob(action))
    return torch.stack(told)
