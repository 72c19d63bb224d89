"""Swimmers in MuJoCo as a world of many bodies. Needs the extra `worlds`."""

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .contract import Box, Moment, marked, moved
from .draws import Draws
from .pixels import canvas, disc
from .swimmer_body import mjcf, mujoco_for, substeps
from .swimmer_law import SwimmerLaw

BENT = 0.2
"""Of a joint's limit: the most that it is bent at the beginning."""
PIXELS = 128
SEEN = 3.0
"""Body lengths that a picture is wide."""


class Swimmer:
    """Swimmers of links; see `SwimmerLaw`, and `swimmer_body` for how they are one of MuJoCo.

    Observations [body, links - 1]: the angle of every joint over its limit. Actions [body, links - 1]: what
    its muscles are told, -1 to 1, dorsal and ventral. The reward of a step is how far the middle of the body
    came in the direction in which it pointed at the beginning, in body lengths, so that the return is how
    far it swam. An episode is truncated after `duration_s`, and never terminated.

    A body begins straight but for small bends, its head at the origin, pointing along -x.

    Args:
        seeds: one per swimmer, 0 .. 2**63 - 1.
        law: of the swimmer; `dt_s` is a whole number of milliseconds.
        duration_s: of an episode.

    Raises:
        WorldError: MuJoCo is not installed; it names the one command.
    """

    def __init__(self, seeds: Sequence[int], law: SwimmerLaw | None = None, *, duration_s: float = 10.0):
        self.law, self._draws, n = law or SwimmerLaw(), Draws(seeds), len(seeds)
        self._mujoco: Any = mujoco_for("Swimmer")
        self._substeps, joints = substeps(self.law), self.law.n_joints
        self._model = self._mujoco.MjModel.from_xml_string(mjcf(self.law))
        self._data = [self._mujoco.MjData(self._model) for _ in seeds]
        self.n_bodies, self._last = n, round(duration_s / self.law.dt_s)
        # bends stay within the limit but for what the servo gives way
        self.observations, self.actions = (
            Box((-2.0,) * joints, (2.0,) * joints),
            Box((-1.0,) * joints, (1.0,) * joints),
        )
        self._steps, self._reached = np.zeros(n, np.int64), np.zeros(n)
        self.restart()

    def restart(self, which: NDArray[np.bool_] | None = None) -> NDArray[np.float32]:
        """See `World`."""
        some = marked(which, self.n_bodies)
        for joint in range(self.law.n_joints):
            bends = BENT * (2 * self._draws.uniform(some) - 1)
            for body, bend in zip(some, bends, strict=True):
                data = self._data[body]
                if not joint:
                    self._mujoco.mj_resetData(self._model, data)
                data.qpos[3 + joint] = bend * self.law.limit
                data.act[joint] = bend
        self._steps[some] = 0
        self._reached[some] = -self.middle()[some, 0]
        return self.observe()

    def step(self, actions: ArrayLike) -> Moment:
        """See `World`."""
        told = moved(actions, self.n_bodies, self.actions)
        for data, command in zip(self._data, told, strict=True):
            data.ctrl[: self.law.n_joints] = command
            self._mujoco.mj_step(self._model, data, nstep=self._substeps)
        reached = -self.middle()[:, 0]
        reward, self._reached = reached - self._reached, reached
        self._steps += 1
        return Moment(self.observe(), reward, np.zeros(self.n_bodies, bool), self._steps >= self._last)

    def observe(self) -> NDArray[np.float32]:
        """See `World`."""
        return np.stack([data.qpos[3:] for data in self._data]).astype(np.float32) / np.float32(
            self.law.limit
        )

    def shape(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Ends of the links, [body, links + 1, 2], and direction of each, [body, links] in rad; in body
        lengths, the head first.
        """
        q = np.stack([data.qpos for data in self._data])
        turns = q[:, 2:].cumsum(1)
        along = np.stack([np.cos(turns), np.sin(turns)], -1) / self.law.links
        return np.concatenate([q[:, None, :2], q[:, None, :2] + along.cumsum(1)], 1), turns

    def middle(self) -> NDArray[np.float64]:
        """Centre of each body, [body, 2] in body lengths."""
        ends = self.shape()[0]
        return (0.5 * (ends[:, 1:] + ends[:, :-1])).mean(1)

    def picture(self, body: int = 0) -> NDArray[np.uint8]:
        """The swimmer from above, the middle of the picture where it began, uint8 [pixel, pixel, 3]: drawn
        here, so that it needs no display and no graphics library.
        """
        image, ends = canvas(PIXELS, PIXELS), self.shape()[0][body]
        for k, (start, end) in enumerate(pairwise(ends)):
            for share in np.linspace(0, 1, 5):
                x, y = start + share * (end - start) - (0.5, 0)
                place = (0.5 - y / SEEN) * PIXELS, (0.5 + x / SEEN) * PIXELS
                disc(image, *place, 2.5 if k == 0 else 1.5, (200, 30, 30) if k == 0 else (40, 60, 120))
        return image
