"""Pong as a Gymnasium environment. Needs the extra `worlds`; the game itself (`world.Pong`) does not."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from brainwright.errors import UserError

from .here import gymnasium_for
from .pong import COLUMNS, HALF_LENGTH, Pong

gymnasium = gymnasium_for("world.pong_env")


class PongEnv(gymnasium.Env):
    """One game of `Pong`: an episode is a rally.

    Observations are float32 [5]: column of the ball over `COLUMNS`, its height, its direction (-1 towards
    the paddle, 1 away), its slope times `COLUMNS`, height of the paddle. Actions: 0 down, 1 stay, 2 up.
    Reward: 1 for a hit, -1 for a miss, which ends the episode. `reset(seed=...)` begins a new series of
    balls; without a seed the series goes on. Wrap it in `gymnasium.wrappers.TimeLimit` for a limit.
    """

    metadata: dict[str, Any] = {"render_modes": []}  # noqa: RUF012  (as Gymnasium declares it)

    def __init__(self, *, half_length: float = HALF_LENGTH):
        self.observation_space = gymnasium.spaces.Box(
            np.array([0, 0, -1, -1, 0], np.float32), np.ones(5, np.float32), dtype=np.float32
        )
        self.action_space = gymnasium.spaces.Discrete(3)
        self.half_length = half_length
        self._game: Pong | None = None

    def reset(
        self, *, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[NDArray[np.float32], dict[str, Any]]:
        super().reset(seed=seed)
        if self._game is None or seed is not None:
            self._game = Pong([int(self.np_random.integers(2**62))], half_length=self.half_length)
        return self._seen(), {}

    def step(self, action: int) -> tuple[NDArray[np.float32], float, bool, bool, dict[str, Any]]:
        if self._game is None:
            raise UserError("PongEnv.step: expected reset() before the first step")
        hit, missed = (bool(each[0]) for each in self._game.step([int(action) - 1]))
        return self._seen(), float(hit) - float(missed), missed, False, {}

    def _seen(self) -> NDArray[np.float32]:
        game = self._game
        assert game is not None
        ball = game.column / COLUMNS, game.height, game.direction, game.slope * COLUMNS, game.paddle
        return np.concatenate(ball).astype(np.float32)
