"""Small worlds as tables of what follows what: a lake, a cliff, a branch that kills. All that can be known of
them can be computed: the best policy, and what any policy earns.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .contract import Box, Choice, Moment, WorldError, chosen, marked
from .draws import Draws
from .pixels import box, canvas

Array = NDArray[np.float64]
MOVES = ((0, -1), (1, 0), (0, 1), (-1, 0))
"""Left, down, right, up: the order of Gymnasium's FrozenLake."""
CLIFF_MOVES = ((-1, 0), (0, 1), (1, 0), (0, -1))
"""Up, right, down, left: the order of Gymnasium's CliffWalking."""
LAKE = ("SFFFFFFF", "FFFFFFFF", "FFFHFFFF", "FFFFFHFF", "FFFHFFFF", "FHHFFFHF", "FHFFHFHF", "FFFHFFFG")
"""S start, F ice, H hole, G goal: the map of FrozenLake8x8."""
BRANCH = ("G....#..", ".###.#.#", ".#......", ".#.####.", "S....X..")
"""A goal round the corner, and a lethal place X at which bait lies, on the other side."""


@dataclass(frozen=True, eq=False)
class Table:
    """What follows from every action in every state.

    Attributes:
        chance: [state, action, next].
        reward: [state, action, next].
        ends: [next], states in which an episode ends.
        lethal: [next], ends of which the body's own sense of harm tells; none of the reward.
        start: [state], chances.
        shape: rows and columns; state = row * columns + column.
    """

    chance: Array
    reward: Array
    ends: NDArray[np.bool_]
    lethal: NDArray[np.bool_]
    start: Array
    shape: tuple[int, int]

    @property
    def n_states(self) -> int:
        return self.chance.shape[0]

    @property
    def n_actions(self) -> int:
        return self.chance.shape[1]

    def best(self, discount: float = 0.99, sweeps: int = 1_000) -> Array:
        """Values of actions under the best policy, [state, action], by value iteration."""
        earned = (self.chance * self.reward).sum(-1)
        onward = self.chance * ~self.ends * discount
        values = np.zeros((self.n_states, self.n_actions))
        for _ in range(sweeps):
            values = earned + onward @ values.max(-1)
        return values

    def earned(self, policy: Array, limit: int = 100) -> float:
        """Expected sum of rewards of an episode of at most so many steps, exactly; policy [state, action]."""
        step = (self.chance * self.reward).sum(-1)
        values = np.zeros(self.n_states)
        for _ in range(limit):
            values = (policy * (step + (self.chance * ~self.ends) @ values)).sum(-1)
        return float(self.start @ values)

    def reached(self, policy: Array, limit: int = 100) -> Array:
        """Chance to have ended in each state within so many steps, [state], exactly."""
        flow = np.einsum("sa,san->sn", policy, self.chance)
        there, ended = self.start.copy(), np.zeros(self.n_states)
        for _ in range(limit):
            arrived = there @ flow
            ended += arrived * self.ends
            there = arrived * ~self.ends
        return ended


def lake(slips: bool = True) -> Table:
    """Ice on which a third of the moves goes as meant, the others to the side; 1 for the goal."""
    cells = np.array([list(row) for row in LAKE])
    sides = (-1, 0, 1) if slips else (0,)
    table = _grid(cells, MOVES, sides, wall="#")
    reward = np.zeros_like(table)
    goal, hole = (cells.reshape(-1) == kind for kind in "GH")
    reward[:, :, goal] = 1.0
    return Table(table, reward, goal | hole, np.zeros_like(goal), _one(cells, "S"), cells.shape)


def cliff() -> Table:
    """A walk beside a cliff (Sutton & Barto 2018, example 6.6): -1 a step, -100 and back to the start for a
    fall.
    """
    cells = np.full((4, 12), ".")
    cells[3, 0], cells[3, 11], cells[3, 1:11] = "S", "G", "C"
    table = _grid(cells, CLIFF_MOVES, (0,), wall="#")
    flat = cells.reshape(-1)
    fallen, start = flat == "C", int(np.flatnonzero(flat == "S")[0])
    fall = table[:, :, fallen].sum(-1)
    table[:, :, fallen] = 0
    table[:, :, start] += fall
    reward = np.full_like(table, -1.0)
    reward[:, :, start] = np.where(fall > 0, -100.0, -1.0)
    return Table(table, reward, flat == "G", np.zeros(48, bool), _one(cells, "S"), cells.shape)


def branch(bait: float = 5.0) -> Table:
    """Two ends: a goal that pays 1, and bait that pays more and kills. -0.01 a step. Reward knows nothing of
    the death; the body's sense of harm does.
    """
    cells = np.array([list(row) for row in BRANCH])
    table = _grid(cells, MOVES, (0,), wall="#")
    goal, lethal = (cells.reshape(-1) == kind for kind in "GX")
    reward = np.full_like(table, -0.01)
    reward[:, :, goal] += 1.0
    reward[:, :, lethal] += bait
    return Table(table, reward, goal | lethal, lethal, _one(cells, "S"), cells.shape)


def anywhere(table: Table) -> Table:
    """The same world, in which an episode begins in any state that can be reached and does not end it."""
    follows, there = table.chance.sum(1) > 0, table.start > 0
    for _ in range(table.n_states):
        there = there | ((there & ~table.ends) @ follows)
    free = (there & ~table.ends).astype(float)
    return replace(table, start=free / free.sum())


class TableWorld:
    """Bodies in a `Table`. Observations: which state, one-hot. See `World`; truncated after `limit` steps."""

    def __init__(self, seeds: Sequence[int], table: Table, *, limit: int = 100):
        if limit < 1:
            raise WorldError(f"limit: expected at least 1 step, got {limit}")
        self.table, self.n_bodies, self.limit = table, len(seeds), limit
        n = table.n_states
        self.observations, self.actions = Box((0.0,) * n, (1.0,) * n), Choice(table.n_actions)
        self._draws, self._all = Draws(seeds), np.arange(len(seeds))
        self.place, self._steps = np.zeros((2, len(seeds)), np.int64)
        self.restart()

    def observe(self) -> NDArray[np.float32]:
        """See `World`."""
        return np.eye(self.table.n_states, dtype=np.float32)[self.place]

    def step(self, actions: ArrayLike) -> Moment:
        """See `World`."""
        taken, table = chosen(actions, self.n_bodies, self.actions), self.table
        before = self.place
        self.place = self._drawn(table.chance[before, taken], self._all)
        self._steps += 1
        ended = table.ends[self.place]
        return Moment(
            self.observe(),
            table.reward[before, taken, self.place],
            ended,
            ~ended & (self._steps >= self.limit),
        )

    def restart(self, which: NDArray[np.bool_] | None = None) -> NDArray[np.float32]:
        """See `World`."""
        bodies = marked(which, self.n_bodies)
        self.place = self.place.copy()
        self.place[bodies] = self._drawn(np.tile(self.table.start, (len(bodies), 1)), bodies)
        self._steps[bodies] = 0
        return self.observe()

    def picture(self, body: int = 0) -> NDArray[np.uint8]:
        """The places from above, uint8 [pixel, pixel, 3]: green where an episode ends, red where that is
        lethal, blue the body, grey what nobody comes to.
        """
        table, size = self.table, 12
        rows, columns = table.shape
        image = canvas(size * rows, size * columns)
        never = (table.chance.sum((0, 1)) == 0) & (table.start == 0)
        here = np.arange(table.n_states) == self.place[body]
        painted = (never, (60, 60, 60)), (table.ends, (60, 160, 80)), (table.lethal, (200, 60, 60))
        for places, colour in (*painted, (here, (40, 80, 200))):
            for row, column in zip(*np.divmod(np.flatnonzero(places), columns), strict=True):
                box(image, size * row, size * column, size * (row + 1), size * (column + 1), colour)
        return image

    def _drawn(self, chances: Array, bodies: NDArray[np.int64]) -> NDArray[np.int64]:
        uniform = self._draws.uniform(bodies)
        return np.minimum((np.cumsum(chances, 1) <= uniform[:, None]).sum(1), chances.shape[1] - 1)


def _grid(cells: np.ndarray, moves: tuple, sides: tuple[int, ...], wall: str) -> Array:
    """Chances of moves of which some go to a side; what leads out or into a wall leads nowhere."""
    rows, columns = cells.shape
    table = np.zeros((cells.size, len(moves), cells.size))
    for row, column in np.ndindex(rows, columns):
        for action in range(len(moves)):
            for side in sides:
                down, right = moves[(action + side) % len(moves)]
                to = row + down, column + right
                inside = 0 <= to[0] < rows and 0 <= to[1] < columns and cells[to] != wall
                place = to if inside else (row, column)
                table[row * columns + column, action, place[0] * columns + place[1]] += 1 / len(sides)
    return table


def _one(cells: np.ndarray, kind: str) -> Array:
    start = (cells.reshape(-1) == kind).astype(float)
    return start / start.sum()
