"""A world whose bodies see their last moments: who keeps nothing may still know what just happened."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .contract import Box, Moment, World, WorldError, marked


class Recent:
    """Any world, seen over its last moments.

    Observations [body, moments × size], the oldest moment first; before an episode began a body stood where
    it began. Everything else, its picture too, is the world's.

    Args:
        seeds: as of the world.
        make: seeds → world.
        moments: how many are seen, the present one among them.

    Raises:
        WorldError: fewer than one moment.

    Example:
        >>> from brainwright.world import Rooms
        >>> Recent([1, 2], Rooms, moments=4).observe().shape
        (2, 308)
    """

    def __init__(self, seeds: Sequence[int], make: Callable[[Sequence[int]], World], *, moments: int = 4):
        if moments < 1:
            raise WorldError(f"moments: expected at least 1, got {moments}")
        self._world, self.moments = make(seeds), moments
        self.n_bodies, self.actions = self._world.n_bodies, self._world.actions
        box = self._world.observations
        self.observations = Box(box.low * moments, box.high * moments)
        self._seen = np.tile(self._world.observe(), moments)
        if hasattr(self._world, "picture"):
            self.picture = self._world.picture

    def observe(self) -> NDArray[np.float32]:
        """See `World`."""
        return self._seen

    def step(self, actions: Any) -> Moment:
        """See `World`."""
        moment = self._world.step(actions)
        self._seen = np.concatenate([self._seen[:, moment.observation.shape[1] :], moment.observation], 1)
        return moment._replace(observation=self._seen)

    def restart(self, which: NDArray[np.bool_] | None = None) -> NDArray[np.float32]:
        """See `World`."""
        bodies = marked(which, self.n_bodies)
        now = self._world.restart(which)
        self._seen = self._seen.copy()
        self._seen[bodies] = np.tile(now[bodies], self.moments)
        return self._seen
