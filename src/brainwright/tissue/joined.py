"""Many pieces of tissue as one: their dishes lie end to end, on one clock."""

from collections import defaultdict
from collections.abc import Sequence
from functools import reduce

import numpy as np

from brainwright.signal import Recording

from .contract import Receipt, Tissue
from .ledger import DoseLedger
from .limits import StimulusLimits
from .plan import StimulusPlan

DRIFT_S = 1e-3
"""By so much clocks may come apart before the parts count as being at different times: the shortest window in
which a response is read is several times longer.
"""


class Joined:
    """Several pieces of tissue behind one `Tissue`: what is coupled is read and written as one.

    The clock begins at 0 with the joining. A plan is checked against the limits of every part before any of
    it is written, and is admitted whole or refused whole. Where a part refuses all the same (it is late, or
    its guard pauses it), all parts are stopped, since some may hold their share of the plan already.

    In virtual time parts are read one after another, each for the same time. In wall time each part keeps
    its own time meanwhile (hardware), or all are joined and then `Paced` together.

    Args:
        tissues: the parts, of any kind; those with fewer channels leave the last ones silent.

    Raises:
        ValueError: no part, the same part twice, or no channel that may stimulate in all parts that can be
            stimulated.
    """

    def __init__(self, tissues: Sequence[Tissue]):
        if not tissues or len({id(part) for part in tissues}) < len(tissues):
            raise ValueError(f"tissues: expected one or more different pieces, got {len(tissues)}")
        self.tissues = tuple(tissues)
        self.n_dishes = sum(part.n_dishes for part in tissues)
        self.n_channels = max(part.n_channels for part in tissues)
        self.limits: StimulusLimits = reduce(StimulusLimits.stricter, [part.limits for part in tissues])
        self.ledger = DoseLedger(self.n_dishes, self.n_channels)
        self._first = np.cumsum([0, *(part.n_dishes for part in tissues)])
        self._zero_s = [part.now_s() for part in tissues]
        self._last_s = list(self._zero_s)
        self._seen = [part.ledger.n_delivered for part in tissues]
        self._waiting: list[StimulusPlan] = []

    def now_s(self) -> float:
        return self.tissues[0].now_s() - self._zero_s[0]

    def read(self, duration_s: float) -> Recording:
        self._check_forward()
        start_s = self.now_s()
        heard = [self.tissues[0].read(duration_s)]  # which refuses what is no duration
        try:
            heard += [part.read(duration_s) for part in self.tissues[1:]]
        except BaseException:
            self.stop()
            raise
        stop_s = self.now_s()
        parts = zip(self.tissues, self._zero_s, strict=True)
        apart = max(abs(part.now_s() - zero_s - stop_s) for part, zero_s in parts)
        if apart > DRIFT_S:
            self.stop()
            raise ValueError(
                f"the clocks of the joined tissues came apart by {apart:.6f} s in a read of {duration_s} s: "
                "join tissues whose reads take the time that was asked for. All were stopped."
            )
        self._deliver()
        self._last_s = [part.now_s() for part in self.tissues]
        times = zip(heard, self._zero_s, strict=True)
        time_s = np.concatenate([r.time_s - zero_s for r, zero_s in times])
        return Recording(
            np.concatenate([r.dish + first for r, first in zip(heard, self._first, strict=False)]),
            np.concatenate([r.channel for r in heard]),
            # rounding, and clocks that are apart by less than is allowed, must not move an event out
            np.clip(time_s, start_s, np.nextafter(stop_s, start_s)),
            n_dishes=self.n_dishes,
            n_channels=self.n_channels,
            start_s=start_s,
            stop_s=stop_s,
        )

    def write(self, plan: StimulusPlan) -> Receipt:
        self._check_forward()
        self.limits.check(plan, self.ledger, self.now_s())
        shares = []
        for k, (part, zero_s) in enumerate(zip(self.tissues, self._zero_s, strict=True)):
            rows = np.flatnonzero((plan.dish >= self._first[k]) & (plan.dish < self._first[k + 1]))
            share = _moved(plan.take(rows), -int(self._first[k]), zero_s)
            part.limits.check(share, part.ledger, part.now_s())
            shares.append((part, zero_s, rows, share))
        scheduled_s = np.zeros(plan.n_pulses)
        try:
            for part, zero_s, rows, share in shares:
                scheduled_s[rows] = part.write(share).scheduled_s - zero_s
        except BaseException:
            self.stop()
            raise
        self.ledger.admit(plan)
        if plan.n_pulses:
            self._waiting.append(plan)
        return Receipt(self.now_s(), plan.time_s, scheduled_s, float(plan.phase_charge_nC.sum()))

    def stop(self) -> None:
        """All parts are stopped, also where one of them fails to; then the first failure is raised."""
        failures: list[BaseException] = []
        for part in self.tissues:
            try:
                part.stop()
            except BaseException as failure:
                failures.append(failure)
        self._deliver()
        self.ledger.withdraw(self._waiting)
        self._waiting = []
        if failures:
            raise failures[0]

    def _deliver(self) -> None:
        """What the parts have delivered goes from what waits into the ledger, with its times.

        Pulses of a channel follow one another by the limits, so a delivered one is that which waits nearest
        to the moment that was asked of the part; pulses that others wrote there are not ours.
        """
        reach_s, came = self.limits.channel_interval_s / 2, defaultdict(list)
        for k, (part, zero_s) in enumerate(zip(self.tissues, self._zero_s, strict=True)):
            rows = part.ledger.since(self._seen[k])
            self._seen[k] += len(rows["dish"])
            columns = (rows[name].tolist() for name in ("dish", "channel", "requested_s", "delivered_s"))
            for dish, channel, requested_s, delivered_s in zip(*columns, strict=True):
                came[dish + int(self._first[k]), channel].append((requested_s - zero_s, delivered_s - zero_s))
        waiting = []
        for plan in self._waiting:
            times_s = np.full(plan.n_pulses, np.nan)
            lines = zip(plan.dish.tolist(), plan.channel.tolist(), plan.time_s.tolist(), strict=True)
            for pulse, (dish, channel, wanted_s) in enumerate(lines):
                near = came.get((dish, channel), [])
                found = [n for n, (asked_s, _) in enumerate(near) if abs(asked_s - wanted_s) < reach_s]
                if found:
                    times_s[pulse] = near.pop(found[0])[1]
            there = ~np.isnan(times_s)
            self.ledger.deliver(plan.take(there), times_s[there])
            if not there.all():
                waiting.append(plan.take(~there))
        self._waiting = waiting

    def _check_forward(self) -> None:
        """It refuses parts whose clock or ledger went back, as those of a culture that was restored do."""
        for k, part in enumerate(self.tissues):
            back = part.now_s() < self._last_s[k] - DRIFT_S or part.ledger.n_delivered < self._seen[k]
            if back:
                raise ValueError(
                    f"part {k} of the joined tissues went back to {part.now_s():.4f} s, or has another "
                    "ledger: join tissues anew after one was restored"
                )


def _moved(plan: StimulusPlan, dishes: int, seconds: float) -> StimulusPlan:
    """The same pulses, in dishes of other numbers, later by some seconds."""
    return StimulusPlan(
        plan.dish + dishes, plan.channel, plan.time_s + seconds, plan.current_uA, plan.width_us
    )
