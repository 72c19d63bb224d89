"""How many steps in the world until a policy is good: habits, habits with memories, and a model of one's own.
All runs of a learner are one tensor.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import softmax

from brainwright.steering.value import TD
from brainwright.world import Table, TableWorld

Array = NDArray[np.float64]
LEARNERS = ("model-based", "Q", "actor-critic", "Q, replay", "model-based, scrambled")
EVERY = 20
"""Steps between looks at the greedy policy."""
DISCOUNT, RATE, EXPLORE, IMAGINED = 0.97, 0.5, 0.2, 10
"""Of all learners; imagined (or remembered) steps for each real one (Sutton 1990's Dyna)."""
ACTOR, CRITIC, TRACE = 0.03, 0.1, 0.8
"""Rates of the actor-critic (the best of four pairs on the cliff, tuning seeds), and lambda of its traces."""


def samples_needed(
    table: Table, learner: str, seeds: Sequence[int], *, wanted: float, most: int, limit: int = 100
) -> Array:
    """Steps of each run until the greedy policy earns what is wanted (exactly computed), [seed]; `most` where
    it never does.

    Args:
        table: the world.
        learner: of `LEARNERS`. "model-based" learns what follows what and adds imagined steps from it; "Q,
            replay" adds as many remembered ones; "scrambled" imagines by a model whose arrivals are those of
            other actions and states.
        seeds: of the runs.
        wanted: return of an episode of `limit` steps.
        most: steps of a run.
    """
    n, world = len(seeds), TableWorld(seeds, table, limit=limit)
    rng = np.random.default_rng(seeds[0])
    mind: Any = ActorCritic(table, n) if learner == "actor-critic" else Dyna(table, n, learner, rng)
    needed = np.full(n, float(most))
    for step in range(most):
        if step % EVERY == 0:
            for k in np.flatnonzero(needed == most):
                if table.earned(greedy(mind.strength[k]), limit) >= wanted:
                    needed[k] = max(step, 1)
            if (needed < most).all():
                break
        place = world.place
        action = mind.act(place, rng)
        moment = world.step(action)
        mind.learn(place, action, moment.reward, world.place, moment.terminated)
        over = moment.terminated | moment.truncated
        if over.any():
            mind.restart(over)
            world.restart(over)
    return needed


class Dyna:
    """Q-learning, with imagined or remembered steps beside the real ones."""

    def __init__(self, table: Table, n: int, kind: str, rng: np.random.Generator):
        self.strength = np.zeros((n, table.n_states, table.n_actions))
        self.kind, self._rng, self._all = kind, rng, np.arange(n)
        self._ends = table.ends
        self._memory: list[tuple[Array, ...]] = []
        shape = (n, table.n_states, table.n_actions)
        self._counts = np.zeros((*shape, table.n_states), np.float32)
        self._paid = np.zeros((*shape, table.n_states), np.float32)

    def act(self, place: NDArray[np.int64], rng: np.random.Generator) -> NDArray[np.int64]:
        """The strongest action, or any."""
        strength = self.strength[self._all, place]
        best = (strength + 1e-6 * rng.random(strength.shape)).argmax(1)  # ties are drawn
        return np.where(rng.random(len(best)) < EXPLORE, rng.integers(0, strength.shape[1], len(best)), best)

    def learn(self, place, action, reward, arrived, ended) -> None:
        """A real step, then others."""
        self._update(place, action, reward, arrived, ended)
        self._memory.append((place, action, reward, arrived, ended))
        self._counts[self._all, place, action, arrived] += 1
        self._paid[self._all, place, action, arrived] = reward
        if self.kind == "Q":
            return
        for _ in range(IMAGINED):
            at = self._rng.integers(0, len(self._memory), len(self._all))
            place, action = (
                np.array([self._memory[t][part][k] for k, t in enumerate(at)]) for part in (0, 1)
            )
            if self.kind == "Q, replay":
                rest = (np.array([self._memory[t][part][k] for k, t in enumerate(at)]) for part in (2, 3, 4))
                self._update(place, action, *rest)
                continue
            source = (place, action)
            if self.kind == "model-based, scrambled":
                other = self._rng.integers(0, len(self._memory), len(self._all))
                source = tuple(
                    np.array([self._memory[t][part][k] for k, t in enumerate(other)]) for part in (0, 1)
                )
            counts = self._counts[self._all, source[0], source[1]]
            share = np.cumsum(counts, 1) / counts.sum(1, keepdims=True)
            arrived = (share <= self._rng.random((len(at), 1))).sum(1).clip(max=share.shape[1] - 1)
            reward = self._paid[self._all, source[0], source[1], arrived]
            self._update(place, action, reward, arrived, self._ends[arrived])

    def restart(self, over: NDArray[np.bool_]) -> None:
        """Nothing is carried from step to step."""

    def _update(self, place, action, reward, arrived, ended) -> None:
        best = self.strength[self._all, arrived].max(1)
        delta = reward + DISCOUNT * np.where(ended, 0.0, best) - self.strength[self._all, place, action]
        self.strength[self._all, place, action] += RATE * delta


class ActorCritic:
    """A critic by TD(lambda), and an actor with traces of what was done (Barto, Sutton & Anderson 1983)."""

    def __init__(self, table: Table, n: int):
        self.strength = np.zeros((n, table.n_states, table.n_actions))
        self._trace = np.zeros_like(self.strength)
        self._critic, self._eye = TD(rate=CRITIC, decay=TRACE), np.eye(table.n_states)
        self._state, self._all = self._critic.begin(np.zeros((n, table.n_states))), np.arange(n)

    def act(self, place: NDArray[np.int64], rng: np.random.Generator) -> NDArray[np.int64]:
        """Drawn by strength."""
        chances = softmax(self.strength[self._all, place], axis=1)
        return (np.cumsum(chances, 1) < rng.random((len(place), 1))).sum(1).clip(max=chances.shape[1] - 1)

    def learn(self, place, action, reward, arrived, ended) -> None:
        """Both learn from one error."""
        chances = softmax(self.strength[self._all, place], axis=1)
        self._trace *= DISCOUNT * TRACE
        self._trace[self._all, place] -= chances
        self._trace[self._all, place, action] += 1
        discount = np.where(ended, 0.0, DISCOUNT)
        self._state, delta = self._critic.step(
            self._state, self._eye[place], reward, discount, self._eye[arrived]
        )
        self.strength += ACTOR * delta[:, None, None] * self._trace

    def restart(self, over: NDArray[np.bool_]) -> None:
        """Traces end with the episode, also where it was cut."""
        self._trace[over] = 0
        self._state = self._state._replace(discount=np.where(over, 0.0, self._state.discount))


def greedy(strength: Array) -> Array:
    """The strongest action of every state, [state, action]."""
    return np.eye(strength.shape[1])[strength.argmax(1)]
