"""Any world as a Gymnasium environment of one body. Needs the extra `worlds`; the worlds do not."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from .contract import Choice, World, WorldError
from .here import gymnasium_for

gymnasium = gymnasium_for("world.world_env")


class WorldEnv(gymnasium.Env):
    """One body of a world as `gymnasium.Env`: `WorldEnv(Plate)`.

    `reset(seed=...)` begins the series of episodes of that seed; without a seed the series goes on.

    Args:
        make: seeds → world, such as a class of worlds or `functools.partial` of one.
        render_mode: "rgb_array" for pictures, which need no display; None for none.

    Raises:
        WorldError: a world of several bodies for a seed, an unknown render mode, or one that has no picture.
    """

    metadata: dict[str, Any] = {"render_modes": ["rgb_array"], "render_fps": 20}  # noqa: RUF012  (as Gymnasium declares it)

    def __init__(self, make: Callable[[Sequence[int]], World], *, render_mode: str | None = None):
        self._make, self.world = make, make([0])
        if self.world.n_bodies != 1:
            raise WorldError(
                f"WorldEnv: expected a world of one body for a seed, got {self.world.n_bodies}; step the "
                "world itself, whose bodies act together"
            )
        if render_mode not in (None, "rgb_array"):
            raise WorldError(f"render_mode: expected None or 'rgb_array', got {render_mode!r}")
        if render_mode and not hasattr(self.world, "picture"):
            raise WorldError(f"render_mode: {type(self.world).__name__} has no method picture(body)")
        self.render_mode, spaces = render_mode, gymnasium.spaces
        box, actions = self.world.observations, self.world.actions
        self.observation_space = spaces.Box(
            np.array(box.low, np.float32), np.array(box.high, np.float32), dtype=np.float32
        )
        if isinstance(actions, Choice):
            self.action_space = spaces.Discrete(actions.n)
        else:
            low, high = (np.array(bound, np.float32) for bound in (actions.low, actions.high))
            self.action_space = spaces.Box(low, high, dtype=np.float32)
        self._fresh = False

    def reset(self, *, seed: int | None = None, options: dict[str, Any] | None = None):
        """See Gymnasium."""
        super().reset(seed=seed)
        if seed is not None or not self._fresh:
            self.world = self._make([int(self.np_random.integers(2**62))])
            self._fresh = True
            return self.world.observe()[0], {}
        return self.world.restart()[0], {}

    def step(self, action: Any):
        """See Gymnasium."""
        if not self._fresh:
            raise WorldError("WorldEnv.step: expected reset() before the first step")
        moment = self.world.step(np.asarray(action)[None])
        flags = bool(moment.terminated[0]), bool(moment.truncated[0])
        return moment.observation[0], float(moment.reward[0]), *flags, {}

    def render(self):
        """The picture, uint8 [height, width, 3]; None without a render mode."""
        picture: Any = getattr(self.world, "picture", None)
        return picture(0) if self.render_mode == "rgb_array" else None
