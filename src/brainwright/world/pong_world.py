"""`Pong` as a world: bodies are paddles, an episode is a rally."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .contract import Box, Choice, Moment, chosen, marked
from .pixels import box, canvas, disc
from .pong import COLUMNS, HALF_LENGTH, Pong


class PongWorld:
    """Games of `Pong`. Observations [body, 5]: column of the ball over `COLUMNS`, its height, its direction,
    its slope times `COLUMNS`, height of the paddle. Actions: 0 down, 1 stay, 2 up. Reward: 1 for a hit, -1
    for a miss, which terminates; truncated after `limit` steps. See `Pong` for seeds and what they raise.
    """

    def __init__(self, seeds: Sequence[int], *, half_length: float = HALF_LENGTH, limit: int = 500):
        self.game, self.n_bodies, self.limit = Pong(seeds, half_length=half_length), len(seeds), limit
        self.observations = Box((0.0, 0.0, -1.0, -1.0, 0.0), (1.0,) * 5)
        self.actions, self._steps = Choice(3), np.zeros(len(seeds), np.int64)

    def restart(self, which: NDArray[np.bool_] | None = None) -> NDArray[np.float32]:
        """See `World`: a game goes on with the ball that was served, and its steps are counted anew."""
        self._steps[marked(which, self.n_bodies)] = 0
        return self.observe()

    def step(self, actions: ArrayLike) -> Moment:
        """See `World`."""
        hit, missed = self.game.step(chosen(actions, self.n_bodies, self.actions) - 1)
        self._steps += 1
        return Moment(
            self.observe(), hit.astype(np.float64) - missed, missed, ~missed & (self._steps >= self.limit)
        )

    def observe(self) -> NDArray[np.float32]:
        """See `World`."""
        game = self.game
        ball = game.column / COLUMNS, game.height, game.direction, game.slope * COLUMNS, game.paddle
        return np.stack(ball, axis=1).astype(np.float32)

    def picture(self, body: int = 0) -> NDArray[np.uint8]:
        """The court, uint8 [pixel, pixel, 3], the paddle on the left."""
        game, image = self.game, canvas(96, 104)
        top, bottom = (96 * (1 - game.paddle[body] + side * game.half_length) for side in (-1, 1))
        box(image, top, 2, bottom, 6, (40, 80, 160))
        row, column = 96 * (1 - game.height[body]), 8 + 90 * game.column[body] / COLUMNS
        return disc(image, float(row), float(column), 3, (200, 30, 30))
