"""Rooms on a grid: a goal that may move, a branch that may kill, one or two bodies in each. Batched."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .contract import Box, Choice, Moment, WorldError, chosen, marked
from .draws import Draws
from .pixels import box, canvas

PLAN = (
    "#########",
    "#...#...#",
    "#.......#",
    "#...#...#",
    "##.###.##",
    "#...#...#",
    "#.......#",
    "#...#..x#",
    "#########",
)
"""Four rooms (Sutton, Precup & Singh 1999, 10.1016/S0004-3702(99)00052-1, smaller); `#` wall, `x` lethal."""
MOVES = np.array([[0, 0], [-1, 0], [0, 1], [1, 0], [0, -1]])
"""Stay, up, right, down, left."""
COST = 0.01
"""Of a step: a hundred steps in vain cost one goal."""


class Rooms:
    """Bodies that look for a goal in rooms of their own, or two in the same.

    Observations [body, (2 reach + 1)² × planes + 2]: planes of what lies around the body (wall, goal, lethal,
    and the other body where there are two), then its row and column in 0 .. 1. Actions: stay, up, right,
    down, left; a wall or the other body is not entered (of two that want one place the first gets it).
    Reward: 1 for a goal, -1 for a lethal place, which terminates the episode, less `COST` a step. A goal
    that is reached terminates the episode, or, where it moves, is drawn anew; it also moves by itself every
    `goal_steps`. An episode begins and ends for all bodies of a seed, and is truncated
    after `limit` steps.

    Args:
        seeds: one per set of rooms.
        plan: rows of `#`, `.` and `x`, closed by walls.
        n_agents: bodies in each, 1 or 2: body `n_agents * k + j` is number j of seed k.
        goal_steps: after so many steps the goal moves; None for one that stays.
        lethal: False makes the `x` of the plan harmless (the control).
        limit: steps.
        reach: of the view.

    Raises:
        WorldError: a plan that is not closed or has too few free places, other numbers of bodies.

    Example:
        >>> Rooms([1, 2], n_agents=2).observe().shape
        (4, 102)
    """

    def __init__(
        self,
        seeds: Sequence[int],
        *,
        plan: Sequence[str] = PLAN,
        n_agents: int = 1,
        goal_steps: int | None = None,
        lethal: bool = True,
        limit: int = 100,
        reach: int = 2,
    ):
        if n_agents not in (1, 2) or limit < 1 or reach < 1 or (goal_steps is not None and goal_steps < 1):
            raise WorldError(
                "expected n_agents of 1 or 2, and limit, reach and goal_steps of at least 1, got "
                f"{n_agents}, {limit}, {reach} and {goal_steps}"
            )
        self._wall, self._lethal, self._free = _read(plan, lethal, n_agents)
        self._draws, self.n_agents, self.n_rooms = Draws(seeds), n_agents, len(seeds)
        self.n_bodies, self.limit, self.reach = self.n_rooms * n_agents, limit, reach
        self.goal_steps = goal_steps
        side = 2 * reach + 1
        size = side * side * (3 + (n_agents == 2)) + 2
        self.observations, self.actions = Box((0.0,) * size, (1.0,) * size), Choice(len(MOVES))
        self.place = np.zeros((self.n_rooms, n_agents, 2), np.int64)
        self.goal, self._steps = np.zeros((self.n_rooms, 2), np.int64), np.zeros(self.n_rooms, np.int64)
        around = np.arange(-reach, reach + 1)
        self._around = np.stack(np.meshgrid(around, around, indexing="ij"), -1).reshape(-1, 2)
        self._padded = [np.pad(plane, reach, constant_values=full) for plane, full in self._planes()]
        self.restart()

    @property
    def walls(self) -> NDArray[np.bool_]:
        """Where nobody can be, [row, column]."""
        return self._wall.copy()

    @property
    def free(self) -> NDArray[np.int64]:
        """Places where bodies and goals are drawn, [place, 2]."""
        return self._free.copy()

    def restart(self, which: NDArray[np.bool_] | None = None) -> NDArray[np.float32]:
        """See `World`; a mark of one of two bodies restarts both."""
        rooms = np.unique(marked(which, self.n_bodies) // self.n_agents)
        self._steps[rooms] = 0
        self.place[rooms] = -1
        for agent in range(self.n_agents):
            self.place[rooms, agent] = self._drawn(rooms)
        self.goal[rooms] = self._drawn(rooms)
        return self.observe()

    def step(self, actions: ArrayLike) -> Moment:
        """See `World`."""
        wanted = chosen(actions, self.n_bodies, self.actions).reshape(self.n_rooms, self.n_agents)
        self._steps += 1
        reward = np.full((self.n_rooms, self.n_agents), -COST)
        for agent in range(self.n_agents):
            self._move(agent, MOVES[wanted[:, agent]])
        at_goal = (self.place == self.goal[:, None]).all(-1)
        killed = self._lethal[self.place[..., 0], self.place[..., 1]]
        reward += at_goal * 1.0 - killed
        reached = at_goal.any(1)
        terminated = killed.any(1)
        if self.goal_steps is None:
            terminated |= reached
        else:
            moving = np.flatnonzero((reached | (self._steps % self.goal_steps == 0)) & ~terminated)
            self.goal[moving] = self._drawn(moving)
        cut = ~terminated & (self._steps >= self.limit)
        flags = (np.repeat(flag, self.n_agents) for flag in (terminated, cut))
        return Moment(self.observe(), reward.reshape(-1), *flags)

    def observe(self) -> NDArray[np.float32]:
        """See `World`."""
        place = self.place.reshape(-1, 2)
        seen = place[:, None] + self._around  # body, place seen, 2
        rows, columns = (seen + self.reach).transpose(2, 0, 1)
        goal = np.repeat(self.goal, self.n_agents, axis=0)[:, None]
        planes = [self._padded[0][rows, columns], (seen == goal).all(-1), self._padded[1][rows, columns]]
        if self.n_agents == 2:
            planes.append((seen == self.place[:, ::-1].reshape(-1, 1, 2)).all(-1))
        share = place / (np.array(self._wall.shape) - 1)
        return np.concatenate([*planes, share], axis=1).astype(np.float32)

    def picture(self, body: int = 0) -> NDArray[np.uint8]:
        """The rooms from above, uint8 [pixel, pixel, 3]: green goal, red lethal places, blue bodies."""
        room, size = body // self.n_agents, 12
        image = canvas(*(size * n for n in self._wall.shape))

        def paint(row, column, colour):
            box(image, size * row, size * column, size * (row + 1), size * (column + 1), colour)

        for row, column in np.argwhere(self._wall):
            paint(row, column, (60, 60, 60))
        for row, column in np.argwhere(self._lethal):
            paint(row, column, (200, 60, 60))
        paint(*self.goal[room], (60, 160, 80))
        for row, column in self.place[room]:
            paint(row, column, (40, 80, 200))
        return image

    def _planes(self):
        return (self._wall, True), (self._lethal, False)

    def _drawn(self, rooms: NDArray[np.int64]) -> NDArray[np.int64]:
        """Free places, none of them taken by a body or the goal there is, [room, 2]."""
        drawn = self._free[self._draws.below(len(self._free), rooms)]
        taken = np.concatenate([self.place[rooms], self.goal[rooms, None]], axis=1)
        clash = (drawn[:, None] == taken).all(-1).any(1)
        if clash.any():
            drawn[clash] = self._drawn(rooms[clash])
        return drawn

    def _move(self, agent: int, by: NDArray[np.int64]) -> None:
        new = self.place[:, agent] + by
        blocked = self._wall[new[:, 0], new[:, 1]]
        if self.n_agents == 2:
            blocked |= (new == self.place[:, 1 - agent]).all(1)
        self.place[:, agent] = np.where(blocked[:, None], self.place[:, agent], new)


def _read(plan: Sequence[str], lethal: bool, n_agents: int):
    """Walls, lethal places, and the free ones in which bodies and goals are drawn."""
    if len({len(row) for row in plan}) != 1 or set("".join(plan)) - set("#.x"):
        raise WorldError("plan: expected rows of one length, made of '#', '.' and 'x'")
    cells = np.array([list(row) for row in plan])
    wall = cells == "#"
    if not (wall[0].all() and wall[-1].all() and wall[:, 0].all() and wall[:, -1].all()):
        raise WorldError("plan: expected walls ('#') all around")
    free = np.argwhere(cells == ".")
    if len(free) < n_agents + 3:
        raise WorldError(f"plan: expected at least {n_agents + 3} free places ('.'), got {len(free)}")
    return wall, (cells == "x") & lethal, free
