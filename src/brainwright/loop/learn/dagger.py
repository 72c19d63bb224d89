"""Imitation with a teacher at hand: the learner acts, the teacher says what it would have done."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from .cloning import Cloning, Demonstrations
from .errors import LearnError
from .evaluate import Make
from .policy import Policy
from .rollout import begun, going_on, stepped

Teacher = Callable[[NDArray[np.float32], np.random.Generator], NDArray[Any]]
"""(observations [body, size], generator) → actions [body, ...]"""


@dataclass(frozen=True, eq=False)
class DAgger:
    """Cloning of all that the learner met so far, with the teacher's actions (data set aggregation, Ross,
    Gordon & Bagnell 2011, arXiv:1011.0686). In the first round the teacher acts, then the learner: so it
    is taught what to do where its own mistakes lead, which demonstrations alone never show.

    Attributes:
        teacher: is asked about every moment.
        rounds: of acting and cloning.
        bodies, steps: of each round.
        updates, length, rate: of cloning in each round; see `Cloning`.
    """

    teacher: Teacher
    rounds: int = 5
    bodies: int = 8
    steps: int = 100
    updates: int = 100
    length: int = 50
    rate: float = 3e-3

    def __post_init__(self) -> None:
        if min(self.rounds, self.bodies, self.steps, self.updates, self.length) < 1 or self.rate <= 0:
            raise LearnError("DAgger: expected counts of at least 1 and a rate above 0")

    def met(self, policy: Policy | None, make: Make, number: int, seed: int) -> Demonstrations:
        """What bodies saw in a round, and what the teacher would have done there.

        Args:
            policy: that acts; the teacher itself where None.
            make: seeds → world.
            number: of the round: its bodies have seeds of their own.
            seed: of the first round's bodies.
        """
        first = 1_000_000 * number + seed
        world, rng = make(range(first, first + self.bodies)), np.random.default_rng([seed, number])
        seen, state, started, rows = begun(world), None, np.ones(world.n_bodies, bool), []
        for _ in range(self.steps):
            wanted = self.teacher(seen, rng)
            done = wanted
            if policy is not None:
                done, state = policy.predict(seen, state, started, deterministic=True)
            moment = stepped(world, done)
            rows.append((np.array(seen, np.float32), np.array(wanted), moment.reward, started))
            started = moment.terminated | moment.truncated
            seen = going_on(world, moment)
        return Demonstrations(*(np.stack(column) for column in zip(*rows, strict=True)))

    def cloning(self, shown: Demonstrations) -> Cloning:
        """Settings of a round's cloning."""
        return Cloning(shown, self.updates, self.bodies, self.length, self.rate)


def joined(first: Demonstrations | None, more: Demonstrations) -> Demonstrations:
    """What was met in rounds, one after the other."""
    if first is None:
        return more
    names = ("observations", "actions", "rewards", "started")
    return Demonstrations(*(np.concatenate([getattr(first, name), getattr(more, name)]) for name in names))


def taught(
    how: DAgger,
    policy: Policy,
    make: Make,
    seed: int,
    generator: torch.Generator,
    report: Callable[[int, float], object],
) -> list[tuple[int, float]]:
    """All rounds, in place; returns (steps of the world, mean return of a step there) of each round, in which
    the first is the teacher's own.
    """
    shown, curve = None, []
    optimiser = torch.optim.Adam(policy.parameters(), lr=how.rate)
    for number in range(how.rounds):
        more = how.met(policy if number else None, make, number, seed)
        policy.seen(torch.from_numpy(more.observations))
        shown = joined(shown, more)
        cloning = how.cloning(shown)
        for k in range(how.updates):
            if not np.isfinite(cloning.update(policy, optimiser, generator)):
                raise LearnError(f"the loss is not finite after {k + 1} updates: try a smaller rate")
        curve.append(((number + 1) * how.bodies * how.steps, float(more.rewards.mean())))
        report(*curve[-1])
    return curve
