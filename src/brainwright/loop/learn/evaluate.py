"""How well a policy does, one episode for each of many bodies."""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from brainwright.world import World

from .errors import Interrupted
from .rollout import begun, going_on, stepped

Make = Callable[[Sequence[int]], World]
"""Seeds → world."""


def evaluate(
    policy: Any,
    env: str | Make,
    *,
    episodes: int = 100,
    seed: int = 0,
    deterministic: bool = True,
    longest: int = 10_000,
) -> NDArray[np.float64]:
    """Return of every episode, [episode].

    Args:
        policy: with `predict(observation, state, episode_start, deterministic)`, as `Policy` and those of
            Stable-Baselines3.
        env: seeds → world, or an id of Gymnasium.
        episodes: each in a body of its own.
        seed: the bodies' seeds follow it; also of draws.
        deterministic: the likeliest action in place of a draw.
        longest: steps after which what was paid so far counts.

    Raises:
        Interrupted: the world raised, or gave what is not finite; what was paid until then is its attribute
            `returns`.
    """
    world = made(env)(range(seed, seed + episodes))
    alive, paid = np.ones(world.n_bodies, bool), np.zeros(world.n_bodies)
    seen, state, started = begun(world), None, np.ones(world.n_bodies, bool)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        for _ in range(longest):
            action, state = policy.predict(seen, state, started, deterministic)
            try:
                moment = stepped(world, action)
                paid += moment.reward * alive
                seen = going_on(world, moment)
            except Interrupted as error:
                error.returns = paid
                raise
            started = moment.terminated | moment.truncated
            alive &= ~started
            if not alive.any():
                break
    return paid


def made(env: str | Make) -> Make:
    """Seeds → world; of an id of Gymnasium a world of its environments. Raises `WorldError` without it."""
    if not isinstance(env, str):
        return env
    from brainwright.world.gym_world import GymWorld

    return partial(GymWorld, env=env)
