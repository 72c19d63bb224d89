"""What taught brains do in their bodies, and what is left of it with the brain's part taken away."""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray

from brainwright.world import Choice, World

from ..learn.brains import Brains
from ..learn.evaluate import Make
from ..learn.rollout import begun, going_on, stepped

CONTROLS = ("brain silenced", "action held constant", "actions shuffled in time")
LONGEST = 1_000
"""Steps after which what was paid so far counts."""
FILMED, FRAMES, PIXELS = 300, 90, 160
"""Steps of a film, its pictures at most, and pixels along its longer side."""

Act = Callable[[int, NDArray[np.float32]], NDArray]
"""(step, observations [episode, brain, size]) → actions [episode, brain, ...]"""


class Lived(NamedTuple):
    """One episode of each brain in each of some bodies."""

    returns: NDArray[np.float64]
    """[episode, brain]"""
    actions: NDArray
    """[step, episode, brain, ...]"""
    lasted: NDArray[np.int64]
    """Steps, [episode, brain]."""


def lived(brains: Brains, make: Make, episodes: int, seed: int, act: Act | None = None) -> Lived:
    """All brains in the same episodes.

    Args:
        brains: whose likeliest actions are done.
        make: seeds → world.
        episodes: of each brain.
        seed: of the first; the others follow it.
        act: what is done in place of the brains' actions.
    """
    n, shape = brains.n, (episodes, brains.n)
    world = make([seed + k for k in range(episodes) for _ in range(n)])
    alive, paid, lasted = np.ones(shape, bool), np.zeros(shape), np.zeros(shape, np.int64)
    seen, made = begun(world), []
    act = act or (lambda step, seen: likeliest(brains, seen))
    for step in range(LONGEST):
        actions = act(step, np.array(seen, np.float32).reshape(*shape, -1))
        made.append(actions)
        moment = stepped(world, actions.reshape(-1, *actions.shape[2:]))
        paid += moment.reward.reshape(shape) * alive
        lasted += alive
        over = moment.terminated | moment.truncated
        alive &= ~over.reshape(shape)
        if not alive.any():
            break
        seen = going_on(world, moment)
    return Lived(paid, np.stack(made), lasted)


@torch.no_grad()
def likeliest(brains: Brains, seen: NDArray[np.float32]) -> NDArray:
    """The likeliest action of each, [episode, brain, ...]."""
    told = brains(torch.from_numpy(seen))
    return (told.argmax(-1) if isinstance(brains.actions, Choice) else told).numpy()


def controls(brains: Brains, make: Make, whole: Lived, seed: int) -> dict[str, NDArray[np.float64]]:
    """Returns [episode, brain] in the same episodes as `whole`, with the brain's part taken away.

    Silenced: a brain that says nothing finds every choice as likely, so one is drawn; a number is 0. Held:
    the choice that it made most often, or its mean. Shuffled: its own actions of that episode, their order
    lost.
    """
    rng, choice = np.random.default_rng(seed), isinstance(brains.actions, Choice)
    shape, blank = whole.returns.shape, np.zeros_like(whole.actions[0])
    held, order = blank.copy(), np.zeros((*shape, LONGEST), np.int64)
    for place in np.ndindex(shape):
        own = whole.actions[: whole.lasted[place], *place]
        held[place] = np.bincount(own).argmax() if choice else own.mean(0)
        order[place] = np.resize(rng.permutation(len(own)), LONGEST)
    rows, columns = np.indices(shape)

    def silent(step: int, seen: NDArray) -> NDArray:
        return rng.integers(0, brains.actions.n, shape) if isinstance(brains.actions, Choice) else blank

    ways: tuple[Act, ...] = (
        silent,
        lambda step, seen: held,
        lambda step, seen: whole.actions[order[..., step], rows, columns],
    )
    return {
        name: lived(brains, make, shape[0], seed, way).returns
        for name, way in zip(CONTROLS, ways, strict=True)
    }


def filmed(brains: Brains, brain: int, world: World) -> NDArray[np.uint8]:
    """Pictures of one brain in the first body of a world of one body, [frame, height, width, 3], small ones.

    Raises:
        WorldError, AttributeError: a world that cannot be drawn.
    """
    frames: list[NDArray[np.uint8]] = []
    seen = world.observe()
    for _ in range(FILMED):
        frames.append(world.picture(0))  # ty: ignore[missing-attribute]  (a world may have none: see above)
        every = np.repeat(np.array(seen, np.float32)[:, None], brains.n, 1)
        moment = world.step(likeliest(brains, every)[:, brain])
        over = moment.terminated | moment.truncated
        seen = world.restart(over) if over.any() else moment.observation
    every, step = max(1, -(-len(frames) // FRAMES)), max(1, -(-max(frames[0].shape[:2]) // PIXELS))
    return np.stack(frames)[::every, ::step, ::step]
