"""What tissue is told of hits and misses: the rule of DishBrain and its controls."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from brainwright.tissue import StimulusPlan
from brainwright.world import Bounce

from ..layout import Layout
from .sites import PLACES

RATE_HZ, LASTS_S = 5.0, 4.0
"""Of the unpredictable stimulus after a miss, on every electrode of every place (Kagan et al. 2022)."""
BURST_HZ, BURST_S = 100.0, 0.1
"""Of the predictable stimulus after a hit, on one electrode of each place."""
SLOT_S = 0.010
"""A random pulse falls into one of these, so that two of a channel are never too close."""
UNPREDICTABLE = 8_080
"""A stream of random numbers, apart from others of the same seed."""


@dataclass(frozen=True)
class Feedback:
    """How a game goes on after a hit or a miss.

    Attributes:
        told: a hit is followed by a predictable stimulus and a miss by an unpredictable one; else both are
            followed by as long a pause.
        pauses: the game waits for that; without, it goes on at once.
        forgiving: a missed ball bounces off the wall: nothing tells the tissue that it was missed.
        blind: the tissue is never told where the ball is.
    """

    told: bool = False
    pauses: bool = False
    forgiving: bool = False
    blind: bool = False

    def waits(self, bounce: Bounce, period_s: float) -> NDArray[np.int64]:
        """Ticks for which each game waits after what happened, [dish]."""
        hit, missed = (int(-(-seconds // period_s)) for seconds in (BURST_S, LASTS_S))
        return self.pauses * (hit * bounce.hit + missed * bounce.missed)


KINDS = {
    "DishBrain's rule": Feedback(told=True, pauses=True),
    "silent feedback": Feedback(pauses=True),
    "no feedback": Feedback(forgiving=True),
    "rest": Feedback(blind=True),
}
"""The published conditions, as far as the model allows."""
PLAIN = Feedback()
"""A missed ball is served anew at once, and nobody is told: how a game is played in teaching and probes."""


class Stimuli:
    """The pulses that follow hits and misses.

    Args:
        layout: electrodes of the places.
        seeds: of the dishes: pulses of one do not depend on which others there are.
    """

    def __init__(self, layout: Layout, seeds: list[int]):
        self.layout = layout
        self._sensory = [rows[rows >= 0] for rows in layout.electrodes[:, :PLACES]]
        self._rngs = [np.random.default_rng([seed, UNPREDICTABLE]) for seed in seeds]

    def plan(self, hit: NDArray[np.bool_], missed: NDArray[np.bool_], start_s: float) -> StimulusPlan:
        """The pulses of a tick that begins at `start_s`, where a dish waits after a hit or a miss, [dish]."""
        period_s, plans = self.layout.timing.period_s, [StimulusPlan.empty()]
        for dish in np.flatnonzero(missed):
            slots = round(period_s / SLOT_S)
            falls = self._rngs[dish].random((len(self._sensory[dish]), slots)) < RATE_HZ * SLOT_S
            channel, slot = np.nonzero(falls)
            plans.append(self._pulses(dish, self._sensory[dish][channel], start_s + slot * SLOT_S))
        times = start_s + np.arange(round(BURST_S * BURST_HZ)) / BURST_HZ
        for dish in np.flatnonzero(hit):
            plans.append(self._pulses(dish, self.layout.electrodes[dish, :PLACES, 0, None], times))
        return StimulusPlan.join(plans)

    def _pulses(self, dish: int, channel: NDArray[np.int64], time_s: NDArray[Any]) -> StimulusPlan:
        return StimulusPlan.biphasic(dish, channel, time_s, self.layout.current_uA, self.layout.width_us)
