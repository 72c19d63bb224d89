"""Where and when tissue is written to and read in a trial, and what a write is."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from brainwright.tissue import StimulusPlan
from brainwright.untrusted import Fault

Writes = NDArray[np.bool_]
"""Which inputs carry a pulse, [dish, ..., input]; input = slot x n_electrodes + electrode."""


class EvokeError(Fault):
    """What is asked of an evoked answer cannot be had; the message says what to do."""


@dataclass(frozen=True, kw_only=True)
class Protocol:
    """A trial: what was active before, pulses in slots of time, and the window in which the answer is read.

    Attributes:
        electrodes: channels that are stimulated.
        region: channels whose answer counts; they need not be stimulated, ever.
        slots_s: times of pulses after the trial's beginning.
        n_pulses: of a write.
        window_s: in which answers are counted, after the trial's beginning; behind the last pulse's direct
            spikes.
        before_s: length of the window before the trial's beginning that tells of the tissue's state.
        period_s: from trial to trial.
        conditions: volleys, of which one may come `condition_s` before a trial's beginning, to put tissue
            into different states; each is the channels of its pulses.
        condition_s: see `conditions`.
        current_uA, width_us: of every pulse, width of each phase.

    Raises:
        EvokeError: a window that begins before the last slot, or does not fit the period.
    """

    electrodes: tuple[int, ...]
    region: tuple[int, ...]
    slots_s: tuple[float, ...] = (0.0, 0.005, 0.010)
    n_pulses: int = 9
    window_s: tuple[float, float] = (0.015, 0.025)
    before_s: float = 0.050
    period_s: float = 0.200
    conditions: tuple[tuple[int, ...], ...] = ()
    condition_s: float = 0.045
    current_uA: float = 2.0
    width_us: float = 200.0

    def __post_init__(self) -> None:
        start, stop = self.window_s
        if not self.slots_s[-1] < start < stop <= self.period_s - self.before_s:
            raise EvokeError(
                f"window_s: expected a window after the last slot ({self.slots_s[-1]} s) that ends "
                f"{self.before_s} s before the next trial, got {start} to {stop} s of {self.period_s} s"
            )
        if not 0 < self.n_pulses <= self.n_inputs:
            raise EvokeError(f"n_pulses: expected 1 to {self.n_inputs} (inputs), got {self.n_pulses}")

    @property
    def n_electrodes(self) -> int:
        return len(self.electrodes)

    @property
    def n_inputs(self) -> int:
        """Slots x electrodes."""
        return len(self.slots_s) * len(self.electrodes)

    @property
    def pulse_nC(self) -> float:
        """Charge of one phase."""
        return self.current_uA * self.width_us * 1e-3

    def random(
        self,
        shape: Sequence[int],
        rng: np.random.Generator,
        n_pulses: NDArray[np.int64] | None = None,
    ) -> Writes:
        """Writes, each as likely as any other of as many pulses, bool [*shape, input].

        `n_pulses` [*shape] says how many, those of the protocol by default.
        """
        rank = rng.random((*shape, self.n_inputs)).argsort(-1).argsort(-1)
        return rank < (self.n_pulses if n_pulses is None else n_pulses[..., None])

    def plan(
        self, writes: Writes, start_s: float, conditions: NDArray[np.int64] | None = None
    ) -> StimulusPlan:
        """The pulses of trials in a row.

        Args:
            writes: [dish, trial, input].
            start_s: the period of the first trial begins; its beginning is `before_s` later.
            conditions: which volley comes before each trial, [dish, trial]; -1 for none.
        """
        electrodes = np.array(self.electrodes)
        dish, trial, at = np.nonzero(writes)
        begin = start_s + self.before_s + self.period_s * trial
        slot, place = np.divmod(at, self.n_electrodes)
        pulses = self._pulses(dish, electrodes[place], begin + np.array(self.slots_s)[slot])
        if conditions is None or not self.conditions:
            return pulses
        parts = [pulses]
        for number, channels in enumerate(self.conditions):
            dish, trial = np.nonzero(conditions == number)
            when = start_s + self.before_s + self.period_s * trial - self.condition_s
            parts.append(self._pulses(dish[:, None], np.array(channels)[None], when[:, None]))
        return StimulusPlan.join(parts)

    def _pulses(self, dish: NDArray, channel: NDArray, time_s: NDArray) -> StimulusPlan:
        return StimulusPlan.biphasic(dish, channel, time_s, self.current_uA, self.width_us)
