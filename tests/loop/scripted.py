"""A tissue that does what it is told: every pulse is answered by one spike on its channel, 3 ms later."""

import numpy as np

from brainwright.signal import Recording
from brainwright.tissue import DoseLedger, StimulusLimits, StimulusPlan, usable_channels
from brainwright.tissue.contract import Receipt


class Echo:
    def __init__(self, n_dishes=2):
        self.n_dishes, self.n_channels = n_dishes, 64
        self.limits = StimulusLimits(channels=usable_channels())
        self.ledger = DoseLedger(n_dishes, 64)
        self.plans: list[StimulusPlan] = []
        self._now_s = 0.0

    def now_s(self):
        return self._now_s

    def write(self, plan):
        self.limits.check(plan, self.ledger, self._now_s)
        self.ledger.admit(plan)
        self.plans.append(plan)
        return Receipt(self._now_s, plan.time_s, plan.time_s, 0.0)

    def read(self, duration_s):
        start, self._now_s = self._now_s, round(self._now_s + duration_s, 9)
        plan = StimulusPlan.join(self.plans) if self.plans else StimulusPlan.empty()
        time_s = plan.time_s + 0.003
        here = (time_s >= start - 1e-9) & (time_s < self._now_s - 1e-9)
        return Recording(
            dish=plan.dish[here], channel=plan.channel[here], time_s=np.maximum(time_s[here], start),
            n_dishes=self.n_dishes, n_channels=64, start_s=start, stop_s=self._now_s,
        )  # fmt: skip

    def stop(self):
        self.plans.clear()
