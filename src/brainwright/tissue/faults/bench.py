"""A dish of regular noise that takes pulses and does nothing with them: starts at once, needs no compiler."""

import numpy as np

from brainwright.signal import Recording

from ..contract import Receipt
from ..ledger import DoseLedger
from ..limits import StimulusLimits
from ..plan import StimulusPlan

_CHANNELS = 64


class BenchTissue:
    """Poisson detections on 64 channels in virtual time: the plainest full `Tissue`, to test software."""

    def __init__(self, rate_hz: float = 50.0, seed: int = 0):
        self.n_dishes, self.n_channels = 1, _CHANNELS
        self.limits = StimulusLimits(channels=tuple(range(1, _CHANNELS)))
        self.ledger = DoseLedger(1, _CHANNELS)
        self._rate_hz, self._random = rate_hz, np.random.default_rng(seed)
        self._now_s = 0.0
        self._queue = StimulusPlan.empty()

    def now_s(self) -> float:
        return self._now_s

    def read(self, duration_s: float) -> Recording:
        if not 0 < duration_s < float("inf"):
            raise ValueError(f"duration_s must be positive and finite, got {duration_s}")
        start_s, self._now_s = self._now_s, self._now_s + duration_s
        due = self._queue.time_s < self._now_s - 1e-9
        if due.any():
            plan = self._queue.take(due)
            self.ledger.deliver(plan, plan.time_s)
            self._queue = self._queue.take(~due)
        n = int(self._random.poisson(self._rate_hz * _CHANNELS * duration_s))
        return Recording(
            np.zeros(n, np.int32),
            self._random.integers(0, _CHANNELS, n).astype(np.int32),
            start_s + duration_s * self._random.random(n) * (1 - 1e-6),
            n_dishes=1,
            n_channels=_CHANNELS,
            start_s=start_s,
            stop_s=self._now_s,
        )

    def write(self, plan: StimulusPlan) -> Receipt:
        self.limits.check(plan, self.ledger, self._now_s)
        self.ledger.admit(plan)
        self._queue = StimulusPlan.join([self._queue, plan])
        return Receipt(self._now_s, plan.time_s, plan.time_s, float(plan.phase_charge_nC.sum()))

    def stop(self) -> None:
        if self._queue.n_pulses:
            self.ledger.withdraw([self._queue])
            self._queue = StimulusPlan.empty()
