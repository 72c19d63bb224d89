"""The random walk of 19 states on which methods of temporal differences are compared."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from .td import TD, Array, TrueOnlineTD

N_STATES = 19
EPISODES = 10
BEST = (0.25, 0.28)
"""Of root mean square errors, over all rates and decays (Sutton & Barto 2018, figures 12.3 and 12.6)."""


class WalkScores(NamedTuple):
    """Root mean square errors of a sweep."""

    errors: Array
    """[run, decay, rate], mean over states and ten episodes; infinite where weights grew without end."""
    decays: Array
    rates: Array

    @property
    def best(self) -> float:
        """The least mean over runs."""
        return float(self.errors.mean(0).min())


def true_values() -> Array:
    """(s - 10) / 10 for s = 1 .. 19: it ends with -1 at the left and +1 at the right, no discount."""
    return (np.arange(1, N_STATES + 1) - 10) / 10


def random_walk_scores(
    seeds: Sequence[int],
    decays: Sequence[float] = (0.0, 0.4, 0.8, 0.9, 0.95, 0.975, 1.0),
    rates: Sequence[float] = (0.05, 0.1, 0.2, 0.4, 0.6, 0.8, 1.0),
    *,
    method: type[TD] = TrueOnlineTD,
) -> WalkScores:
    """Errors of every rate and decay: one tensor [run, decay, rate, state], a run's walk the same for all.

    Args:
        seeds: one per run.
        decays, rates: lambda and alpha.
        method: `TD` or `TrueOnlineTD`.
    """
    with np.errstate(over="ignore", invalid="ignore"):  # large rates with large decays diverge, and may
        return _swept([_walk(seed) for seed in seeds], decays, rates, method)


def _swept(
    walks: list[tuple[list[int], list[float], list[bool]]],
    decays: Sequence[float],
    rates: Sequence[float],
    method: type[TD],
) -> WalkScores:
    longest = max(len(places) for places, _, _ in walks)
    td = method(rate=np.asarray(rates), decay=np.asarray(decays)[:, None])
    errors = np.zeros((len(walks), EPISODES, len(decays), len(rates)))
    episode, eye, truth = np.zeros(len(walks), int), np.eye(N_STATES), true_values()
    state = td.begin(np.zeros((len(walks), len(decays), len(rates), N_STATES)))
    for t in range(longest - 1):
        running = np.array([t < len(places) - 1 for places, _, _ in walks])
        if not running.all():  # those that are done are dropped: their weights no longer matter
            walks = [walk for walk, on in zip(walks, running, strict=True) if on]
            state = type(state)(*(part[running] for part in state))
        alive = _alive(episode)
        now, then = (np.array([places[t + k] for places, _, _ in walks]) for k in (0, 1))
        reward = np.array([paid[t] for _, paid, _ in walks])[:, None, None]
        going = np.array([on[t] for _, _, on in walks])
        seen, arrived, discount = (
            eye[now][:, None, None],
            eye[then][:, None, None],
            going[:, None, None] * 1.0,
        )
        state, _ = td.step(state, seen, reward, discount, arrived)
        for k in np.flatnonzero(~going):
            run = alive[k]
            errors[run, episode[run]] = np.sqrt(((state.weights[k] - truth) ** 2).mean(-1))
            episode[run] += 1
    return WalkScores(np.nan_to_num(errors.mean(1), nan=np.inf), np.asarray(decays), np.asarray(rates))


def _alive(episode: np.ndarray) -> np.ndarray:
    return np.flatnonzero(episode < EPISODES)


def _walk(seed: int) -> tuple[list[int], list[float], list[bool]]:
    """Ten episodes in one stream: places, then on every arrival the reward and whether the episode goes on;
    the place after an end is the middle, where the next one begins.
    """
    rng, middle = np.random.default_rng(seed), N_STATES // 2
    places, rewards, going, ended = [middle], [], [], 0
    while ended < EPISODES:
        place = places[-1] + (1 if rng.random() < 0.5 else -1)
        over = not 0 <= place < N_STATES
        rewards.append(0.0 if not over else (1.0 if place > 0 else -1.0))
        going.append(not over)
        places.append(middle if over else place)
        ended += over
    return places, rewards, going
