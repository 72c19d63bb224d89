"""FILE: tissue of one's own. `python FILE.py` checks that it keeps the contract."""

import numpy as np

import brainwright as bw
from brainwright.tissue import DoseLedger, Receipt, StimulusLimits

ECHO_S = 0.005


class NAME:
    """A stand-in that echoes each pulse as a spike on its channel: replace `read` and `write` by your rig.

    Needed: `n_dishes`, `n_channels`, `limits`, `ledger`, `now_s`, `read`, `write`, `stop`. `limits.check`
    refuses a plan whole, never clips it; the ledger is told what is admitted, delivered and withdrawn.
    """

    def __init__(self, n_channels: int = 16):
        self.n_dishes, self.n_channels = 1, n_channels
        self.limits = StimulusLimits(channels=tuple(range(n_channels)))
        self.ledger = DoseLedger(self.n_dishes, n_channels)
        self._now_s = 0.0
        self._queue: list[bw.StimulusPlan] = []
        self._echoes: list[tuple[float, int]] = []

    def now_s(self) -> float:
        """Seconds on the tissue's own clock; a rig reads its own."""
        return self._now_s

    def read(self, duration_s: float) -> bw.Recording:
        """It waits for `duration_s` and returns its spikes; pulses that are due are delivered meanwhile."""
        if not (np.isfinite(duration_s) and duration_s > 0):
            raise ValueError(f"expected a duration in seconds above 0, got {duration_s}")
        start_s, self._now_s = self._now_s, self._now_s + duration_s
        self._deliver()
        due = [echo for echo in self._echoes if echo[0] < self._now_s]
        self._echoes = [echo for echo in self._echoes if echo[0] >= self._now_s]
        time_s = np.maximum([time for time, _ in due], start_s)
        channel = np.array([channel for _, channel in due], np.int32)
        dish = np.zeros(len(due), np.int32)
        return bw.Recording(dish, channel, time_s, 1, self.n_channels, start_s, self._now_s)

    def write(self, plan: bw.StimulusPlan) -> Receipt:
        """It queues a plan, or raises StimulusRefused and does nothing."""
        self.limits.check(plan, self.ledger, self.now_s())
        self.ledger.admit(plan)
        self._queue.append(plan)
        return Receipt(self.now_s(), plan.time_s, plan.time_s, float(plan.phase_charge_nC.sum()))

    def stop(self) -> None:
        """It cancels all that is queued; a rig switches its outputs off here."""
        self.ledger.withdraw([plan for plan in self._queue if plan.n_pulses])
        self._queue = []

    def _deliver(self) -> None:
        for plan in self._queue:
            now = plan.take(plan.time_s < self._now_s)
            if now.n_pulses:
                self.ledger.deliver(now, now.time_s)
                self._echoes += [(t + ECHO_S, int(c)) for t, c in zip(now.time_s, now.channel, strict=True)]
        left = [plan.take(plan.time_s >= self._now_s) for plan in self._queue]
        self._queue = [plan for plan in left if plan.n_pulses]


if __name__ == "__main__":
    bw.check_tissue(NAME)
    print("NAME keeps the contract; bw.close_loop teaches it, bw.Guarded goes around it")
