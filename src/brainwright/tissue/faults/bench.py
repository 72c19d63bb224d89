"""A dish of regular noise that takes pulses and does nothing with them: starts at once, needs no compiler."""

import numpy as np

from brainwright.signal import Recording
from brainwright.signal.clock import TOLERANCE_S

from ..contract import Receipt
from ..ledger import DoseLedger
from ..limits import StimulusLimits
from ..plan import StimulusPlan

_CHANNELS = 64


class BenchTissue:
    """Poisson detections on 64 channels in virtual time: the plainest full `Tissue`, to test software."""

    def __init__(
        self,
        rate_hz: float = 50.0,
        seed: int = 0,
        *,
        n_dishes: int = 1,
        limits: StimulusLimits | None = None,
    ):
        self.n_dishes, self.n_channels = n_dishes, _CHANNELS
        self.limits = limits or StimulusLimits(channels=tuple(range(1, _CHANNELS)))
        self.ledger = DoseLedger(n_dishes, _CHANNELS)
        self._rate_hz, self._random = rate_hz, np.random.default_rng(seed)
        self._now_s = 0.0
        self._queue: list[StimulusPlan] = []

    def now_s(self) -> float:
        return self._now_s

    def read(self, duration_s: float) -> Recording:
        if not 0 < duration_s < float("inf"):
            raise ValueError(f"duration_s must be positive and finite, got {duration_s}")
        start_s, self._now_s = self._now_s, self._now_s + duration_s
        for plan in self._queue:
            due = plan.take(plan.time_s < self._now_s - 1e-9)
            self.ledger.deliver(due, due.time_s)
        left = (plan.take(plan.time_s >= self._now_s - 1e-9) for plan in self._queue)
        self._queue = [plan for plan in left if plan.n_pulses]
        n = int(self._random.poisson(self._rate_hz * _CHANNELS * self.n_dishes * duration_s))
        return Recording(
            self._random.integers(0, self.n_dishes, n).astype(np.int32),
            self._random.integers(0, _CHANNELS, n).astype(np.int32),
            start_s + max(0.0, duration_s - 2 * TOLERANCE_S) * self._random.random(n),
            n_dishes=self.n_dishes,
            n_channels=_CHANNELS,
            start_s=start_s,
            stop_s=self._now_s,
        )

    def write(self, plan: StimulusPlan) -> Receipt:
        self.limits.check(plan, self.ledger, self._now_s)
        self.ledger.admit(plan)
        if plan.n_pulses:
            self._queue.append(plan)
        return Receipt(self._now_s, plan.time_s, plan.time_s, float(plan.phase_charge_nC.sum()))

    def stop(self) -> None:
        self.ledger.withdraw(self._queue)
        self._queue = []
