"""Two bodies on a grid: one knows at which end food is, the other watches it and then goes, too. Batched."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .contract import Box, Choice, Moment, WorldError, chosen, marked
from .draws import Draws
from .grid import MOVES
from .pixels import box, canvas

OTHERS = ("rival", "friend")
COST = 0.03
"""Of a step of whoever wants food and has not reached it; of a move that is made for a friend."""


class Watched:
    """A grid with a place for food at either end of its middle row. Body 2 k, who knows, sees which of the
    two holds food; body 2 k + 1, who watches, sees where the other one is and cannot move at first. Both
    begin in the middle, and may be at one place.

    Observations [body, 3 + 2 rows × columns]: food is left, food is right (both 0 for who watches), the time
    as a share, where oneself is and where the other one is, one number for each place. Actions: stay, up,
    right, down, left, as in `Rooms`; at the food, and at a wall, one stays. An episode terminates after
    `limit` steps, for both.

    Reward, of a rival: 1 to each on reaching the food, -1 to who knows as the other one reaches it, less
    `COST` a step to each that has not reached it (to who watches once it may go). Of a friend: 1 to who
    watches as the other one reaches the food, which itself gets nothing and pays `COST` for every move.

    Args:
        seeds: one per pair.
        other: "rival" or "friend".
        rows, columns: of the grid, odd; a corridor has one row.
        watches: steps before the other one may move.
        limit: steps.

    Raises:
        WorldError: another kind of other, an even size, too few steps to reach an end after watching.

    Example:
        >>> Watched([1, 2]).observe().shape
        (4, 17)
    """

    def __init__(
        self,
        seeds: Sequence[int],
        *,
        other: str = "rival",
        rows: int = 1,
        columns: int = 7,
        watches: int = 3,
        limit: int = 10,
    ):
        if other not in OTHERS:
            raise WorldError(f"Watched: expected other to be one of {', '.join(OTHERS)}, got {other!r}")
        if rows % 2 == 0 or columns % 2 == 0 or rows < 1 or columns < 3:
            raise WorldError(
                f"Watched: expected odd rows, and odd columns of 3 or more, got {rows} and {columns}"
            )
        if watches < 0 or limit < watches + columns // 2:
            raise WorldError(
                f"Watched: expected watches of 0 or more and a limit of at least {watches + columns // 2} "
                f"(an end is {columns // 2} steps away), got {watches} and {limit}"
            )
        self._draws, self.n_pairs, self.n_bodies = Draws(seeds), len(seeds), 2 * len(seeds)
        self.other, self.shape, self.watches, self.limit = other, (rows, columns), watches, limit
        size = 3 + 2 * rows * columns
        self.observations, self.actions = Box((0.0,) * size, (1.0,) * size), Choice(len(MOVES))
        self._ends = np.array([[rows // 2, 0], [rows // 2, columns - 1]])
        self.place = np.zeros((self.n_pairs, 2, 2), np.int64)
        self.right, self.steps = np.zeros(self.n_pairs, np.int64), np.zeros(self.n_pairs, np.int64)
        self.restart()

    @property
    def food(self) -> NDArray[np.int64]:
        """Where it is, [pair, 2]."""
        return self._ends[self.right]

    def restart(self, which: NDArray[np.bool_] | None = None) -> NDArray[np.float32]:
        """See `World`; a mark of one of two bodies restarts both."""
        pairs = np.unique(marked(which, self.n_bodies) // 2)
        self.steps[pairs] = 0
        self.place[pairs] = [size // 2 for size in self.shape]
        self.right[pairs] = self._draws.below(2, pairs)
        return self.observe()

    def step(self, actions: ArrayLike) -> Moment:
        """See `World`."""
        wanted = chosen(actions, self.n_bodies, self.actions).reshape(-1, 2)
        may = self.steps >= self.watches
        wanted = np.stack([wanted[:, 0], np.where(may, wanted[:, 1], 0)], 1)
        before = self._fed()
        new = np.clip(self.place + MOVES[wanted], 0, np.array(self.shape) - 1)
        self.place = np.where(before[..., None], self.place, new)
        self.steps += 1
        came = self._fed() & ~before
        if self.other == "rival":
            reward = came * 1.0 - COST * (~before & np.stack([np.ones_like(may), may], 1))
            reward[:, 0] -= came[:, 1]
        else:
            reward = np.stack([-COST * (wanted[:, 0] != 0), came[:, 0] * 1.0], 1)
        over = np.repeat(self.steps >= self.limit, 2)
        return Moment(self.observe(), reward.reshape(-1), over, np.zeros_like(over))

    def observe(self) -> NDArray[np.float32]:
        """See `World`."""
        knows = np.stack([np.eye(2)[self.right], np.zeros((self.n_pairs, 2))], 1)
        time = np.broadcast_to((self.steps / self.limit)[:, None, None], (self.n_pairs, 2, 1))
        rows, columns = self.shape
        own = np.eye(rows * columns)[self.place[..., 0] * columns + self.place[..., 1]]
        return (
            np.concatenate([knows, time, own, own[:, ::-1]], 2).reshape(self.n_bodies, -1).astype(np.float32)
        )

    def picture(self, body: int = 0) -> NDArray[np.uint8]:
        """The grid from above, uint8 [pixel, pixel, 3]: green food, blue who knows, red who watches."""
        (rows, columns), pair, size = self.shape, body // 2, 24
        image = canvas(size * rows, size * columns)

        def paint(place, colour, margin):
            row, column = size * place
            box(image, row + margin, column + margin, row + size - margin, column + size - margin, colour)

        paint(self.food[pair], (60, 160, 80), 0)
        for place, colour, margin in zip(
            self.place[pair], ((40, 80, 200), (200, 60, 60)), (4, 8), strict=True
        ):
            paint(place, colour, margin)
        return image

    def _fed(self) -> NDArray[np.bool_]:
        """Who is at the food, [pair, 2]."""
        return (self.place == self.food[:, None]).all(-1)
