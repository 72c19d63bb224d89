"""Retrieval that plans: memories imply a place where the goal will be, and a search finds the way to it."""

from collections import deque
from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd
import torch
from numpy.typing import NDArray

from brainwright.errors import UserError
from brainwright.memory import Experiences, Hippocampus
from brainwright.objective import AnySubset
from brainwright.world import Rooms
from brainwright.world.grid import MOVES

Arm = Literal["no memory", "memories", "implied state", "all", "another's memories", "all, any subset"]
ARMS: tuple[Arm, ...] = (
    "no memory",
    "memories",
    "implied state",
    "all",
    "another's memories",
    "all, any subset",
)
"""No memory: chance moves. Memories: a search among remembered places, to one of them drawn at random.
Implied state: straight towards the implied place. All: a search among remembered places to the implied one.
Another's memories: all, but the implied place is that of other rooms (the control). Any subset: all, but what
is recalled is completed by an any-subset model in place of the hippocampus.
"""
Completion = Literal["hippocampus", "any subset"]
COMPLETIONS: tuple[Completion, ...] = ("hippocampus", "any subset")
UPDATES = 100
"""Of an any-subset model of a room's memories, at most 64: on rooms of seeds 0 and 1 an MLP with as many
implied as many right places, in three times the time.
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


def implied(
    explored: Explored, shape: tuple[int, int], completed_by: Completion = "hippocampus"
) -> NDArray[np.int64] | None:
    """Where the goal will be: the context of now recalls what was seen last, a blend, completed to a place.

    Args:
        explored: what is remembered.
        shape: rows and columns of the rooms.
        completed_by: "hippocampus": the place that most of the blend says; "any subset": the likeliest place
            given the context that came to mind, by a model that is fitted to the memories.

    Returns: row and column; None where nothing was seen.

    Raises:
        UserError: another `completed_by`.
    """
    if completed_by not in COMPLETIONS:
        raise UserError(f"completed_by: expected one of {', '.join(COMPLETIONS)}, got {completed_by!r}")
    if not len(explored.store):
        return None
    n = shape[0] * shape[1]
    # CA3 is asked with the context alone; places are what it completes
    states = explored.store.states
    similar = torch.nn.functional.normalize(states[:, n:], dim=1) @ torch.nn.functional.normalize(
        explored.now, dim=0
    )
    shares = torch.softmax(explored.store.beta * similar, 0)
    if completed_by == "any subset":
        place = _likeliest(states[:, :n].argmax(1), states[:, n:], shares @ states[:, n:])
    else:
        place = int((shares @ states[:, :n]).argmax())
    return np.array(divmod(place, shape[1]))


def _likeliest(places: torch.Tensor, contexts: torch.Tensor, context: torch.Tensor) -> int:
    """The place of which an any-subset model of episodes (place and context) thinks most in a context."""
    if len(places.unique()) == 1:
        return int(places[0])
    varies = (contexts != contexts[0]).any(0)  # of two episodes some features may be equal, and say nothing
    table = pd.DataFrame(contexts[:, varies].numpy())
    table["place"] = [str(place) for place in places.tolist()]
    # each variable from all others is all that is asked, which this network is for
    model = AnySubset.fit(table, network="blankets", updates=UPDATES, batch=64)
    levels = np.array(sorted(set(table["place"])))
    given = dict(enumerate(context[varies].tolist()))
    return int(levels[model.log_prob({"place": levels}, given, route="amortised").value.argmax()])


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
    places, completed = ([implied(own, shape, by) for own in known] for by in COMPLETIONS)
    starts = rooms.free[rng.integers(len(rooms.free), size=n_rooms)]
    targets = {"another's memories": places[1:] + places[:1], "all, any subset": completed}
    reached = {}
    for arm in ARMS:
        own = targets.get(arm, places)
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
