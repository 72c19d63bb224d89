"""Rehearse a tick while waiting for it: what it needs is then still in the processor's caches."""

from collections.abc import Callable

import numpy as np

from brainwright.signal import Recording
from brainwright.tissue import DoseLedger, Receipt, StimulusPlan, Tissue
from brainwright.tissue.recording import Recorded, Recorder

from ..tick_log import TickLog
from ..ticks import Controller, Tick, nobody, tick_by_tick

_SPIKES, _PATTERNS = 16, 64
"""Spikes of a made-up tick, and how many of them are drawn beforehand and repeated."""
_READ_S = 0.01
"""Seconds that a made-up tick lasts; nobody waits for them."""


def rehearsal(
    tissue: Tissue, controller: Controller | None = None, *, recorded: bool = False
) -> Callable[[], None]:
    """One tick of `run_ticks` on stand-ins, for `WallClock(rehearse=...)`: nothing comes of it.

    Example:
        clock = WallClock(spin_s=0.0015, rehearse=rehearsal(culture))
        paced = Paced(culture, clock)

    Args:
        tissue: of which the number of dishes and channels and the limits are taken; never read or written.
        controller: asked at every rehearsal about made-up spikes; one whose answers change nothing, such as
            the real one without its gradient steps. None: only the loop itself is rehearsed.
        recorded: rehearse the recording of the tick as well.
    """
    stand_in: Tissue = _StandIn(tissue)
    on_tick = nobody
    if recorded:
        # each tick flushes: those that really do, one of 25 at 100 Hz, are the longest and must be warm too
        recorder = Recorder(None, tissue.n_dishes, tissue.n_channels, flush_s=0.0)
        stand_in, on_tick = Recorded(stand_in, recorder), recorder.tick
    log = TickLog.empty(1, _READ_S)
    decider = controller or _Silent()

    def rehearse() -> None:
        tick_by_tick(stand_in, decider, stand_in.now_s, "skip", log, None, on_tick)

    return rehearse


class _Silent:
    """The silent controller decides nothing."""

    def decide(self, tick: Tick) -> StimulusPlan | None:
        return None


class _StandIn:
    """Says a few spikes drawn beforehand, checks what it is told as tissue does, and forgets it."""

    def __init__(self, tissue: Tissue):
        self.n_dishes, self.n_channels, self.limits = tissue.n_dishes, tissue.n_channels, tissue.limits
        self.ledger = DoseLedger(self.n_dishes, self.n_channels)
        rng = np.random.default_rng(0)
        self._heard = [
            (
                rng.integers(0, self.n_dishes, _SPIKES).astype(np.int32),
                rng.integers(0, self.n_channels, _SPIKES).astype(np.int32),
                rng.random(_SPIKES),
            )
            for _ in range(_PATTERNS)
        ]
        self._n_reads, self._now_s = 0, 0.0

    def now_s(self) -> float:
        return self._now_s

    def read(self, duration_s: float) -> Recording:
        dish, channel, share = self._heard[self._n_reads % _PATTERNS]
        self._n_reads += 1
        start_s, self._now_s = self._now_s, self._now_s + duration_s
        time_s = start_s + share * duration_s
        return Recording(dish, channel, time_s, self.n_dishes, self.n_channels, start_s, self._now_s)

    def write(self, plan: StimulusPlan) -> Receipt:
        self.limits.check(plan, self.ledger, self._now_s)
        return Receipt(self._now_s, plan.time_s, plan.time_s, float(plan.phase_charge_nC.sum()))

    def stop(self) -> None:
        """There is nothing to stop."""
