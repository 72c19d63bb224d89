"""Simulated or replayed tissue on a clock: the same program then runs in virtual and in wall time."""

import numpy as np

from brainwright.signal import Recording

from .clock import Clock
from .contract import Receipt, Tissue
from .ledger import DoseLedger
from .limits import StimulusRefused
from .plan import StimulusPlan

_SLACK_S = 1e-9  # rounding of times


class StimulusLate(StimulusRefused):
    """The moment of a pulse has gone by: the plan was refused whole, nothing was delivered."""


class Paced:
    """Tissue that answers no sooner than the clock allows, and to which nothing happens in the past.

    `read` waits until the clock has reached the end of what is read. Reads follow one another without gap
    or overlap, so their ends are absolute deadlines: a program that is late once is not late ever after.
    Time starts with the first read or write. `now_s` is the end of what was read; `present_s` is what the
    clock shows, on the tissue's scale.

    A pulse whose moment has gone by is delivered at once, flagged by `Receipt.scheduled_s` beyond
    `Receipt.requested_s`; where it is later than `max_late_s`, or outside the limits at its late moment, its
    plan is refused. It is never back-dated.
    The ledger of the tissue holds the moment that was asked of the tissue, which for a late pulse is the
    moment of its admission.

    Args:
        tissue: in virtual time; with nothing yet waiting in its queue.
        clock: on a `VirtualClock` nothing is ever late and every result is that of `tissue` alone.
        max_late_s: lateness up to which a pulse is still worth delivering.
        step_s: a long read follows the clock in steps of about this length: little is left to compute at its
            end, and what is stopped from outside meanwhile is really stopped.
    """

    def __init__(self, tissue: Tissue, clock: Clock, *, max_late_s: float = 0.002, step_s: float = 0.010):
        if not (0 <= max_late_s < float("inf") and 0 < step_s < float("inf")):
            raise ValueError(
                f"expected max_late_s of zero or more and step_s above zero, got {max_late_s!r}, {step_s!r}"
            )
        self.tissue, self.clock, self.max_late_s, self.step_s = tissue, clock, max_late_s, step_s
        self.n_dishes, self.n_channels = tissue.n_dishes, tissue.n_channels
        self.limits = tissue.limits
        self._zero_s: float | None = None  # tissue time 0 on the clock

    @property
    def ledger(self) -> DoseLedger:
        return self.tissue.ledger

    def now_s(self) -> float:
        return self.tissue.now_s()

    def present_s(self) -> float:
        """It returns what the clock shows, in tissue seconds; `now_s` lags behind it while a program
        computes.
        """
        zero_s = self._zero()
        return self.clock.now_s() - zero_s

    def _zero(self) -> float:
        if self._zero_s is None:
            self._zero_s = self.clock.now_s() - self.tissue.now_s()
        return self._zero_s

    def read(self, duration_s: float) -> Recording:
        if not 0 < duration_s < float("inf"):
            return self.tissue.read(duration_s)  # which refuses it
        end_s = self.tissue.now_s() + duration_s
        parts = []
        while end_s - self.tissue.now_s() > 1.5 * self.step_s:
            parts.append(self._read_on(self.tissue.now_s() + self.step_s))
        parts.append(self._read_on(end_s))
        return parts[0] if len(parts) == 1 else Recording.concatenate(parts)

    def _read_on(self, end_s: float) -> Recording:
        self.clock.wait_until(self._zero() + end_s)
        return self.tissue.read(end_s - self.tissue.now_s())

    def write(self, plan: StimulusPlan) -> Receipt:
        present_s = self.present_s()
        late_s = present_s - plan.first_s
        if late_s > self.max_late_s:
            raise StimulusLate(
                f"the earliest pulse was to come {late_s:.4f} s ago, at {plan.first_s:.4f} s; a pulse may be "
                f"late by {self.max_late_s} s at most: decide faster, or ask for a later moment. "
                "Nothing was delivered.",
                "lateness",
            )
        if late_s > _SLACK_S:
            time_s = np.maximum(plan.time_s, present_s)
            receipt = self._write_late(
                StimulusPlan(plan.dish, plan.channel, time_s, plan.current_uA, plan.width_us)
            )
        else:
            receipt = self.tissue.write(plan)
        return Receipt(present_s, plan.time_s, receipt.scheduled_s, receipt.charge_nC)

    def _write_late(self, plan: StimulusPlan) -> Receipt:
        try:
            return self.tissue.write(plan)
        except StimulusRefused as refusal:
            raise StimulusLate(f"late, and at its late moment: {refusal}", "lateness") from refusal

    def stop(self) -> None:
        self.tissue.stop()
