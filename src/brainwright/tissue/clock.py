"""Two clocks for one program: virtual time, which waits for nobody, and wall time with absolute deadlines."""

import time
from typing import Literal, Protocol

MissPolicy = Literal["skip", "degrade", "abort"]
"""What a loop does with a deadline that has gone by. skip: leave the decision out, stay on the grid of
deadlines. degrade: decide, but cheaply. abort: stop the tissue and raise `DeadlineMissed`."""
MISS_POLICIES: tuple[MissPolicy, ...] = ("skip", "degrade", "abort")


class DeadlineMissed(RuntimeError):
    """A deadline went by under the policy `abort`; the tissue was stopped."""


class Clock(Protocol):
    """Seconds that never go back, and a way to wait."""

    def now_s(self) -> float: ...

    def wait_until(self, due_s: float) -> float:
        """Wait until the clock shows `due_s` (not at all where that has gone by); returns what it shows."""
        ...


class VirtualClock:
    """Time that passes only by waiting: a wait ends at once and exactly at its deadline."""

    def __init__(self, now_s: float = 0.0):
        self._now_s = now_s

    def now_s(self) -> float:
        return self._now_s

    def wait_until(self, due_s: float) -> float:
        self._now_s = max(self._now_s, due_s)
        return self._now_s


class WallClock:
    """The machine's monotonic clock, zero when made; setting the date does not move it.

    Deadlines are absolute, so that lateness of one wait is not handed on to the next.

    Args:
        spin_s: how long before a deadline the sleep ends and watching the clock begins. A sleep alone ends
            late by the kernel's timer slack (50 us) and the way back to the program, which is enough for
            ticks of a millisecond. Spinning takes that away and costs as much of a core: on a busy machine
            the kernel makes a process that computes more wait longer, so there it does harm.
    """

    def __init__(self, spin_s: float = 0.0):
        if not 0 <= spin_s < float("inf"):
            raise ValueError(f"spin_s must be zero or more and finite, got {spin_s!r}")
        self._spin_s = spin_s
        self._zero_s = time.monotonic()

    def now_s(self) -> float:
        return time.monotonic() - self._zero_s

    def wait_until(self, due_s: float) -> float:
        end_s = self._zero_s + due_s
        left_s = end_s - time.monotonic()
        if left_s > self._spin_s:
            time.sleep(left_s - self._spin_s)
        while (now_s := time.monotonic()) < end_s:
            pass
        return now_s - self._zero_s
