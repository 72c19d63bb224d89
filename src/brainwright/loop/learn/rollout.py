"""Bodies live for some steps: what they saw, did and got, and how it ended."""

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from brainwright.world import Moment, World

from .errors import Interrupted, LearnError
from .minds import mind_of
from .policy import Policy
from .scaled import ReturnScale

Bonus = Callable[[Tensor, Tensor, Tensor], NDArray[np.float64]]
"""(observations, actions, next observations), [body, ...] each → a reward of curiosity, [body]."""


class Rollout(NamedTuple):
    """Everything is [time, body], observations and actions of a `Box` with their size last."""

    observations: Tensor
    actions: Tensor
    log_probs: Tensor
    values: NDArray[np.float64]
    next_values: NDArray[np.float64]
    """Of what each step arrived at, before any restart: what a cut episode would still have brought."""
    rewards: NDArray[np.float64]
    terminated: NDArray[np.bool_]
    over: NDArray[np.bool_]
    started: Tensor
    """Whether an episode began at this step: the state is at rest there."""
    state: Any
    """In which the first step was made."""


class Runner:
    """A policy and its bodies, between rollouts.

    Attributes:
        returns: of the episodes that ended, in order, rewards of the world alone.
        n_steps: of all bodies, so far.

    Args:
        policy: that acts.
        world: of many bodies.
        generator: of the actions.
        bonus: added to the rewards that are learned from.
        scale: of the world's rewards, before the bonus.
    """

    def __init__(
        self,
        policy: Policy,
        world: World,
        generator: torch.Generator,
        bonus: Bonus | None = None,
        scale: ReturnScale | None = None,
    ):
        self.policy, self.world, self.generator, self.bonus = policy, world, generator, bonus
        self.scale = scale
        self.returns: list[float] = []
        self.n_steps = 0
        self._seen = _tensor(begun(world))
        self._state = policy.rest(world.n_bodies)
        self._started = torch.ones(world.n_bodies, dtype=torch.bool)
        self._paid = np.zeros(world.n_bodies)

    @torch.no_grad()
    def collect(self, steps: int) -> Rollout:
        """The bodies live for so many steps, and go on from there the next time."""
        first, mind = self._state, mind_of(self.policy, self._state, self.generator)
        none, rows = torch.zeros(self.world.n_bodies), []
        for _ in range(steps):
            seen, started = self._seen, self._started
            action = mind.act(seen, started)
            moment = stepped(self.world, action.numpy())
            after, over = _tensor(moment.observation), moment.terminated | moment.truncated
            # a cut episode is valued where it was cut, by the state that saw it until then
            ahead = mind.value(after) if moment.truncated.any() else none
            reward = moment.reward if self.scale is None else self.scale.scaled(moment.reward, over)
            if self.bonus is not None:
                reward = reward + self.bonus(seen, action, after)
            rows.append((seen, action, ahead, started, reward, moment.terminated, over))
            self._count(moment.reward, over)
            self._started = torch.from_numpy(over)
            self._seen = _tensor(going_on(self.world, moment)) if over.any() else after
        kinds = [list(column) for column in zip(*rows, strict=True)]
        seen, actions, ahead, started = (torch.stack(kinds[k]) for k in range(4))
        rewards, terminated, over = (np.stack(kinds[k]) for k in (4, 5, 6))
        log_probs, values = mind.told()
        last = mind.value(self._seen, self._started).double().numpy()
        following = np.concatenate([values[1:], last[None]])
        next_values = np.where(over, ahead.double().numpy(), following)
        self._state = mind.state
        self.n_steps += steps * self.world.n_bodies
        told = seen, actions, log_probs, values, next_values, rewards, terminated, over
        return Rollout(*told, started, first)

    def _count(self, reward: NDArray[np.float64], over: NDArray[np.bool_]) -> None:
        self._paid += reward
        self.returns += self._paid[over].tolist()
        self._paid[over] = 0


def begun(world: World) -> NDArray[np.float32]:
    """What bodies see as the world stands, checked. Raises `Interrupted` where it is not finite."""
    return _finite(world, "observation", world.observe())


def stepped(world: World, actions: NDArray[Any]) -> Moment:
    """`world.step`, checked. Raises `Interrupted` where the world raises or gives what is not finite."""
    moment = _asked(world, lambda: world.step(actions))
    _finite(world, "observation", moment.observation)
    _finite(world, "reward", moment.reward)
    return moment


def going_on(world: World, moment: Moment) -> NDArray[np.float32]:
    """What bodies see next, those whose episode is over in a new one; checked as `stepped`."""
    over = moment.terminated | moment.truncated
    if not over.any():
        return moment.observation
    return _finite(world, "observation", _asked(world, lambda: world.restart(over)))


def _asked(world: World, ask: Callable[[], Any]) -> Any:
    try:
        return ask()
    except LearnError:
        raise
    except Exception as error:  # whatever a body's author did not foresee
        raise Interrupted(f"{_name(world)} raised {type(error).__name__}: {error}") from error


def _finite(world: World, what: str, given: NDArray[Any]) -> NDArray[Any]:
    numbers = given.reshape(world.n_bodies, -1)
    if not np.isfinite(numbers).all():
        body = int(np.flatnonzero(~np.isfinite(numbers).all(axis=1))[0])
        raise Interrupted(
            f"{_name(world)}: expected finite numbers, got the {what} {numbers[body].tolist()} of body {body}"
        )
    return given


def _name(world: World) -> str:
    return getattr(world, "name", type(world).__name__)


def _tensor(observation: NDArray[np.float32]) -> Tensor:
    return torch.from_numpy(np.array(observation, np.float32))  # a copy: worlds may write on theirs
