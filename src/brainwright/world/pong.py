"""Pong for one player: a paddle on one wall, three walls that give the ball back; many games at once."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .draws import Draws

COLUMNS = 12
"""Steps of the ball from the paddle's wall (column 0) to the far one, a tick each: the court is 1 wide."""
SERVED_FROM = COLUMNS // 2
HALF_LENGTH = 0.125
"""Of the paddle, in heights of the court: a paddle that stands still meets a quarter of all balls."""
PADDLE_STEP = 0.06
"""How far a paddle moves in a tick, in heights of the court: the steepest ball moves by 1/12."""


class Bounce(NamedTuple):
    """What happened in a tick, bool [game] each: a ball was hit, or missed."""

    hit: NDArray[np.bool_]
    missed: NDArray[np.bool_]


class Pong:
    """B games of a court 1 x 1, in which nothing but serves is random.

    The ball moves one column a tick and `slope` (height per tick) up or down; heights are reflected at 0 and
    1. In column 0 it is hit where |height - paddle| <= half_length and goes back from there; a ball that is
    missed is served anew from the middle of the court towards the paddle. Either way it gets a new slope,
    uniform in (-1, 1) / `COLUMNS`: a serve reaches the wall at a uniform height, and no paddle that stands
    still holds a rally by luck. Slope k of a game follows from its seed and k alone: the games of a batch do
    not know of each other.

    Args:
        seeds: one per game, 0 .. 2**63 - 1.
        half_length: of the paddle, in heights of the court.
        paddle_step: height per tick.

    Attributes:
        column, direction: of the ball, int64 [game]; direction is -1 towards the paddle.
        height, slope, paddle: float64 [game]; `paddle` is its middle.
        drawn: how many slopes were drawn so far, int64 [game].

    Raises:
        ValueError: no seeds, seeds that are no such numbers, a paddle that does not fit into the court.

    Example:
        >>> games = Pong([1, 2, 3])
        >>> games.step([1, 0, -1]).hit.tolist()
        [False, False, False]
    """

    def __init__(
        self, seeds: Sequence[int], *, half_length: float = HALF_LENGTH, paddle_step: float = PADDLE_STEP
    ):
        self._draws = Draws(seeds)
        if not 0 < half_length < 0.5 or not 0 < paddle_step <= 1:
            raise ValueError(
                f"expected a half_length in (0, .5) and a paddle_step in (0, 1], got {half_length} and "
                f"{paddle_step}"
            )
        self.half_length, self.paddle_step = half_length, paddle_step
        n = len(seeds)
        self.column, self.direction = np.full(n, SERVED_FROM), np.full(n, -1)
        self.height, self.slope, self.paddle = np.full(n, 0.5), np.zeros(n), np.full(n, 0.5)
        self._draw(np.arange(n))

    @property
    def drawn(self) -> NDArray[np.int64]:
        return self._draws.drawn

    @property
    def n_games(self) -> int:
        return len(self.paddle)

    @property
    def offset(self) -> NDArray[np.float64]:
        """Height of the ball less that of the paddle, [game]: what a player must bring to zero."""
        return self.height - self.paddle

    def step(
        self,
        moves: ArrayLike,
        playing: NDArray[np.bool_] | None = None,
        *,
        forgiving: bool = False,
    ) -> Bounce:
        """One tick: the paddle moves, then the ball.

        Args:
            moves: -1 (down), 0 or 1 (up), [game].
            playing: games that go on, bool [game]; the others stand still. All by default.
            forgiving: a missed ball bounces off the wall behind the paddle, and play goes on.

        Raises:
            ValueError: moves of another shape.
        """
        moves = np.asarray(moves)
        if moves.shape != self.paddle.shape:
            raise ValueError(f"moves: expected one for each of {self.n_games} games, got shape {moves.shape}")
        going = 1 if playing is None else playing.astype(np.int64)
        low, high = self.half_length, 1 - self.half_length
        self.paddle = np.minimum(np.maximum(self.paddle + moves * going * self.paddle_step, low), high)
        self.column += self.direction * going
        height = self.height + self.slope * going
        turned = (height < 0) | (height > 1)
        self.height = 1 - np.abs(1 - np.abs(height))
        self.slope = np.where(turned, -self.slope, self.slope)
        at_paddle = self.column == 0
        reached = at_paddle if playing is None else at_paddle & playing
        hit = reached & (np.abs(self.height - self.paddle) <= self.half_length)
        missed = reached & ~hit
        self.direction = np.where(at_paddle, 1, np.where(self.column == COLUMNS, -1, self.direction))
        if reached.any():
            self._draw(np.flatnonzero(reached))
            if not forgiving:
                self.column[missed], self.direction[missed], self.height[missed] = SERVED_FROM, -1, 0.5
        return Bounce(hit, missed)

    def _draw(self, games: NDArray[np.int64]) -> None:
        """A new slope in some games."""
        self.slope[games] = (2 * self._draws.uniform(games) - 1) / COLUMNS
