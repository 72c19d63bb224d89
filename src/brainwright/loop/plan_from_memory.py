"""Retrieval that plans: memories imply a place where the goal will be, and a search finds the way to it."""

from collections import deque
from dataclasses import dataclass
from typing import Literal

import numpy as np
import torch
from numpy.typing import NDArray

from brainwright.memory import Experiences, Hippocampus
from brainwright.world import Rooms
from brainwright.world.grid import MOVES

Arm = Literal["no memory", "memories", "implied state", "all", "another's memories"]
ARMS: tuple[Arm, ...] = ("no memory", "memories", "implied state", "all", "another's memories")
"""No memory: chance moves. Memories: a search among remembered places, to one of them drawn at random.
Implied state: straight towards the implied place. All: a search among remembered places to the implied one.
Another's memories: all, but the implied place is that of other rooms (the control).
"""
DRIFT, N_CONTEXT = 0.9, 60
"""A slowly changing context tells early from late (Howard & Kahana 2002, doi:10.1006/jmps.2001.1388): the
share of it that stays in a step, and its features.
"""


@dataclass(frozen=True)
class Explored:
    """What came of exploring: the store, places that were walked on, and the context of now."""

    store: Hippocampus
    walked: NDArray[np.bool_]
    now: torch.Tensor


def explore(rooms: Rooms, room: int, steps: int, rng: np.random.Generator, seed: int) -> Explored:
    """A walk by chance through one of the rooms, at half of which the goal moves; what is seen is stored.

    An episode is the place of the goal where it was in view, else nothing, and the context of that moment.
    """
    height, width = rooms.walls.shape
    place, goal = rooms.place[room, 0].copy(), rooms.goal[room].copy()
    context = torch.zeros(N_CONTEXT)
    walked = np.zeros((height, width), bool)
    moved = rooms.free[rng.integers(len(rooms.free))]
    episodes = []
    for step in range(steps):
        if step == steps // 2:
            goal = moved  # the goal of old is now a wrong memory
        walked[tuple(place)] = True
        fresh = torch.tensor(rng.normal(size=N_CONTEXT), dtype=torch.float32)
        context = DRIFT * context + (1 - DRIFT**2) ** 0.5 * fresh
        if np.abs(place - goal).max() <= rooms.reach:
            seen = torch.zeros(height * width)
            seen[goal[0] * width + goal[1]] = 1.0
            episodes.append(torch.cat([4.0 * seen, context / N_CONTEXT**0.5]))
        place = _moved(rooms, place, int(rng.integers(1, 5)))
    rooms.goal[room] = goal
    store = Hippocampus(
        height * width + N_CONTEXT, capacity=64, n_cells=512, winners=24, beta=40.0, seed=seed
    )
    if episodes:
        store.store(Experiences.of(torch.stack(episodes)))
    return Explored(store, walked, context / N_CONTEXT**0.5)


def implied(explored: Explored, shape: tuple[int, int]) -> NDArray[np.int64] | None:
    """Where the goal will be: the context of now recalls what was seen last, completed to a place."""
    if not len(explored.store):
        return None
    n = shape[0] * shape[1]
    # CA3 is asked with the context alone; places are what it completes
    states = explored.store.states
    similar = torch.nn.functional.normalize(states[:, n:], dim=1) @ torch.nn.functional.normalize(
        explored.now, dim=0
    )
    shares = torch.softmax(explored.store.beta * similar, 0)
    return np.array(divmod(int((shares @ states[:, :n]).argmax()), shape[1]))


def search(
    free: NDArray[np.bool_], start: NDArray[np.int64], goal: NDArray[np.int64]
) -> list[NDArray[np.int64]]:
    """The shortest way over free places, breadth first, without the start; empty where there is none."""
    before: dict[tuple[int, int], tuple[int, int] | None] = {tuple(start): None}
    queue = deque([tuple(start)])
    while queue:
        here = queue.popleft()
        if here == tuple(goal):
            way, last = [], before[here]
            while last is not None:
                way.append(np.array(here))
                here, last = last, before[last]
            return way[::-1]
        for move in MOVES[1:]:
            there = (here[0] + int(move[0]), here[1] + int(move[1]))
            if free[there] and there not in before:
                before[there] = here
                queue.append(there)
    return []


def planned(seed: int, *, n_rooms: int = 20, explored: int = 400, limit: int = 20) -> dict[str, float]:
    """Share of rooms in which the goal is reached within so many steps, by every arm, on the same rooms.

    Args:
        seed: of rooms, goals and walks.
        n_rooms: rooms.
        explored: steps before.
        limit: steps to reach the goal, from another place.
    """
    rng = np.random.default_rng(seed)
    rooms = Rooms([1000 * seed + k for k in range(n_rooms)], lethal=False, limit=10_000)
    known = [explore(rooms, k, explored, rng, seed) for k in range(n_rooms)]
    shape = rooms.walls.shape
    places = [implied(own, shape) for own in known]
    starts = rooms.free[rng.integers(len(rooms.free), size=n_rooms)]
    reached = {}
    for arm in ARMS:
        own = places[1:] + places[:1] if arm == "another's memories" else places
        hits = [
            _walk(rooms, arm, known[k], own[k], starts[k], rooms.goal[k], limit, rng) for k in range(n_rooms)
        ]
        reached[arm] = float(np.mean(hits))
    return reached


def _walk(rooms, arm, known, target, place, goal, limit, rng) -> bool:
    way: list = []
    for _ in range(limit):
        if (place == goal).all():
            return True
        if arm == "no memory" or (arm != "memories" and target is None):
            place = _moved(rooms, place, int(rng.integers(1, 5)))
        elif arm == "implied state":
            apart = target - place
            straight = int(np.abs(apart[1]) > np.abs(apart[0]))
            direction = np.zeros(2, int)
            direction[straight] = np.sign(apart[straight])
            index = int(np.flatnonzero((direction == MOVES).all(1))[0])
            place = _moved(rooms, place, index)
        else:
            if not way:
                places = np.argwhere(known.walked)
                aim = target if arm != "memories" else places[rng.integers(len(places))]
                way = search(known.walked | _at(known.walked, aim), place, aim)
            # where no way is known, or the place was reached and holds nothing, by chance
            place = way.pop(0) if way else _moved(rooms, place, int(rng.integers(1, 5)))
    return bool((place == goal).all())


def _at(like: NDArray[np.bool_], place: NDArray[np.int64]) -> NDArray[np.bool_]:
    marks = np.zeros_like(like)
    marks[tuple(place)] = True
    return marks


def _moved(rooms: Rooms, place: NDArray[np.int64], action: int) -> NDArray[np.int64]:
    there = place + MOVES[action]
    return place if rooms.walls[tuple(there)] else there
