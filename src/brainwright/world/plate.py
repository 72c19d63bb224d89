"""The klinotaxis plate: many point worms that smell a change in concentration and turn. NumPy, batched."""

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .contract import Box, Moment, WorldError, marked, moved
from .draws import Draws
from .pixels import canvas, disc
from .plate_law import PlateLaw, advanced, concentration, distance, felt

ZONE_CM = 1.5
"""Radius of the zones around the peak and its mirror image that the plate index counts: they do not touch,
and neither holds the start.
"""


class Plate:
    """Point worms on plates of their own; see `PlateLaw`.

    Observations [body, 3]: ON, OFF, and the phase of the head sweep, in -1 .. 1. Actions [body, 1]: turn in
    rad/s. The reward of a step is dt / T (1 - h(t) / h(0)), so that the return of an episode is the
    trajectory index before its cut at 0. An episode is truncated after `duration_s`, and never terminated.

    Args:
        seeds: one per worm, 0 .. 2**63 - 1.
        law: of the plate.

    Attributes:
        x, y, heading: float64 [body], cm and rad.

    Example:
        >>> worms = Plate([1, 2, 3])
        >>> worms.step([[0.1], [0.0], [-0.1]]).observation.shape
        (3, 3)
    """

    def __init__(self, seeds: Sequence[int], law: PlateLaw | None = None):
        self.law, self._draws, n = law or PlateLaw(), Draws(seeds), len(seeds)
        limit = self.law.turn_limit
        self.n_bodies = n
        self.observations = Box((0.0, 0.0, -1.0), (math.inf, math.inf, 1.0))
        self.actions = Box((-limit,), (limit,))
        self.x, self.y, self.heading = np.zeros(n), np.zeros(n), np.zeros(n)
        self._far, self._near = np.zeros(n), np.zeros(n)  # sums of C over the windows before and recent
        self._ring = np.zeros((self.law.n_recent + self.law.n_before, n))
        self._now, self._steps, self._travelled = 0, np.zeros(n, np.int64), np.zeros(n)
        self.restart()

    def restart(self, which: NDArray[np.bool_] | None = None) -> NDArray[np.float32]:
        """See `World`. The worm has stood at the origin for as long as it remembers."""
        some, law = marked(which, self.n_bodies), self.law
        self.heading[some] = 2 * math.pi * self._draws.uniform(some)
        self.x[some] = self.y[some] = self._travelled[some] = 0.0
        self._steps[some] = 0
        start = np.zeros(1)
        here = concentration(law, start, start, distance(law, start, start, np), np)[0]
        self._ring[:, some] = here
        self._near[some], self._far[some] = law.n_recent * here, law.n_before * here
        return self.observe()

    def step(self, actions: ArrayLike) -> Moment:
        """See `World`."""
        law, turn = self.law, moved(actions, self.n_bodies, self.actions)[:, 0]
        if law.pirouettes_hz:
            self._turn_about()
        self.x, self.y, self.heading = advanced(law, self.x, self.y, self.heading, turn, np)
        h = distance(law, self.x, self.y, np)
        smelled = concentration(law, self.x, self.y, h, np)
        ring, size = self._ring, len(self._ring)
        passing = ring[(self._now - law.n_recent) % size]
        self._near = self._near + (smelled - passing)
        self._far = self._far + (passing - ring[self._now])
        ring[self._now] = smelled
        self._now = (self._now + 1) % size
        self._steps += 1
        closeness = 1.0 - h / law.peak_cm
        self._travelled += closeness
        ended = self._steps >= law.n_steps
        return Moment(self.observe(), closeness / law.n_steps, np.zeros(self.n_bodies, bool), ended)

    def observe(self) -> NDArray[np.float32]:
        """See `World`."""
        change = felt(self.law, self._near, self._far)
        seen = np.empty((self.n_bodies, 3), np.float32)
        np.maximum(change, 0, out=seen[:, 0], casting="same_kind")
        np.maximum(-change, 0, out=seen[:, 1], casting="same_kind")
        seen[:, 2] = np.sin((2 * math.pi * self.law.dt_s / self.law.sweep_s) * self._steps)
        return seen

    @property
    def trajectory_index(self) -> NDArray[np.float64]:
        """max(0, 1 - mean over the episode so far of h(t) / h(0)), [body]."""
        return np.maximum(0.0, self._travelled / np.maximum(self._steps, 1))

    def plate_index(self, zone_cm: float = ZONE_CM) -> float:
        """(worms at the peak - worms at its mirror image) / all, now. Not the trajectory index."""
        if not 0 < zone_cm <= self.law.peak_cm:
            raise WorldError(f"zone_cm: expected 0 to {self.law.peak_cm}, got {zone_cm}")
        at = [np.hypot(self.x - side * self.law.peak_cm, self.y) <= zone_cm for side in (1, -1)]
        return float(at[0].mean() - at[1].mean())

    def picture(self, body: int = 0) -> NDArray[np.uint8]:
        """The plate from above: darker where there is more, a red worm, uint8 [pixel, pixel, 3]."""
        reach, size = 2 * self.law.peak_cm, 128
        image = canvas(size, size)
        across = (np.arange(size) + 0.5) / size * 2 * reach - reach
        x, y = np.meshgrid(across, -across)
        smell = concentration(self.law, x, y, distance(self.law, x, y, np), np)
        span = float(np.ptp(smell)) or 1.0
        image -= (150 * (smell - smell.min()) / span).astype(np.uint8)[..., None]
        place = (np.array([-self.y[body], self.x[body]]) + reach) / (2 * reach) * size
        return disc(image, place[0], place[1], 3, (200, 30, 30))

    def _turn_about(self) -> None:
        every = np.arange(self.n_bodies)
        turned = np.flatnonzero(self._draws.uniform(every) < self.law.pirouettes_hz * self.law.dt_s)
        self.heading[turned] = 2 * math.pi * self._draws.uniform(turned)
