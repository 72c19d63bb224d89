"""Contexts beyond pictures for every method that learns one after another: neural activity that is decoded,
and moves in rooms.
"""

from collections.abc import Callable

import numpy as np

from brainwright.datasets.labelled import Labelled, reaching, reversing, steering
from brainwright.memory.methods import Samples, Setting, of_arrays
from brainwright.world import Rooms
from brainwright.world.grid import MOVES

from ..plan_from_memory import search

TESTED, APART = 0.25, 10
"""Share of a context, its end, that is asked about; samples before it that are left out, since what is close
in time is alike.
"""
BLUR = 0.1
"""Deviation of the noise on where a body is and what it is told: no two moments are the same."""
Array = np.ndarray
Part = tuple[Array, Array, Array, Array]


def worms() -> list[Part]:
    """One context a worm: does it move backwards? See `labelled.reversing`. Raises MissingData."""
    return [_cut(_balanced(own)) for own in reversing().values()]


def reaches() -> list[Part]:
    """One context a day: which of four targets is reached for? Raises MissingData."""
    return [_cut(own, apart=0) for own in reaching().values()]


def bci() -> list[Part]:
    """One context a stage of learning: which of eight directions is steered to? Raises MissingData."""
    return [_cut(own) for own in steering().values()]


def rooms(n_each: int = 10, seed: int = 0) -> list[Part]:
    """Control: four goals one after another, one in each room, whose number is told. From every free place
    the first move of the shortest way is learned; what is asked is the same with other noise.

    Args:
        n_each: samples of each place to learn from; a fifth as many are asked.
        seed: of the noise.
    """
    world, rng = Rooms([0], lethal=False), np.random.default_rng(seed)
    free, shape = ~world.walls, world.walls.shape
    middle = np.array(shape) // 2
    parts = []
    for k in range(4):
        corner = np.array([1 if k < 2 else shape[0] - 2, 1 if k % 2 == 0 else shape[1] - 2])
        goal = min(world.free, key=lambda place, at=corner: np.abs(place - at).sum())
        assert ((goal < middle) == (corner < middle)).all()
        samples, moves = [], []
        for place in world.free:
            way = search(free, place, goal)
            if way:
                here = np.zeros(free.size + 4)
                here[np.ravel_multi_index(tuple(place), shape)] = here[free.size + k] = 1.0
                samples.append(here)
                moves.append(int(np.flatnonzero((way[0] - place == MOVES).all(1))[0]))
        both = []
        for n in (n_each, max(1, n_each // 5)):
            clean = np.repeat(samples, n, axis=0)
            both += [clean + BLUR * rng.normal(size=clean.shape), np.repeat(moves, n)]
        parts.append(tuple(both))
    return parts


STREAMS: dict[str, Callable[[], list[Part]]] = {
    "worms": worms,
    "reaches": reaches,
    "bci": bci,
    "rooms": rooms,
}


def stream(name: str, **setting) -> tuple[Setting, list[Samples]]:
    """Contexts of a stream by its name, all of which share their classes (scenario domain).

    Args:
        name: of `STREAMS`.
        setting: further fields of `Setting`.

    Raises:
        MissingData: its recordings are not here.
    """
    return of_arrays(STREAMS[name](), "domain", **setting)


def _cut(own: Labelled, apart: int = APART) -> Part:
    """The last quarter is asked about."""
    start = round((1 - TESTED) * len(own.values))
    learned = slice(0, start - apart)
    return own.values[learned], own.classes[learned], own.values[start:], own.classes[start:]


def _balanced(own: Labelled) -> Labelled:
    """Of the class that is more common as many as of the other, evenly over time: chance is a half."""
    rare = int(np.bincount(own.classes).argmin())
    few, many = np.flatnonzero(own.classes == rare), np.flatnonzero(own.classes != rare)
    kept = many[np.linspace(0, len(many) - 1, len(few)).astype(int)]
    order = np.sort(np.concatenate([few, kept]))
    return Labelled(own.values[order], own.classes[order])
