"""Two clocks for one program: virtual time, which waits for nobody, and wall time with absolute deadlines."""

import time
from collections.abc import Callable
from typing import Literal, Protocol

MissPolicy = Literal["skip", "degrade", "abort"]
"""What a loop does with a deadline that has gone by. skip: leave the decision out, stay on the grid of
deadlines. degrade: decide, but cheaply. abort: stop the tissue and raise `DeadlineMissed`."""
MISS_POLICIES: tuple[MissPolicy, ...] = ("skip", "degrade", "abort")


_LATE_S, _SOON = 1e-3, 64  # the core was given to others; twice within so many waits: the machine is busy
_SLEEPS, _MOST_SLEEPS = 1024, 65536  # waits that then only sleep


class DeadlineMissed(RuntimeError):
    """A deadline went by under the policy `abort`; the tissue was stopped."""


class Clock(Protocol):
    """Seconds that never go back, and a way to wait."""

    def now_s(self) -> float: ...

    def wait_until(self, due_s: float) -> float:
        """It waits until the clock shows `due_s` (not at all where that has gone by); returns what it
        shows.
        """
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
            ticks of a millisecond. Spinning takes that away and costs as much of a core. On a busy machine
            the kernel makes a process that computes more wait longer: two of 64 waits that end late by a
            millisecond are followed by 1,024 that only sleep, by twice as many each time it happens again.
        rehearse: done again and again while the clock is watched, as long as there is time for once more.
            After a sleep of 10 ms code and data of a tick have left the processor's caches, and the tick
            takes several times as long as one that follows its like at once; `brainwright.loop.rehearsal`
            keeps them there. It must have no consequences.

    Raises:
        ValueError: `spin_s` negative or not finite, or zero where there is something to rehearse.
    """

    def __init__(self, spin_s: float = 0.0, rehearse: Callable[[], None] | None = None):
        if not 0 <= spin_s < float("inf"):
            raise ValueError(f"spin_s must be zero or more and finite, got {spin_s!r}")
        if rehearse is not None and not spin_s:
            raise ValueError("rehearse: expected spin_s above zero, the time to rehearse in, got 0")
        self._spin_s, self._rehearse = spin_s, rehearse
        self._takes_s = [0.0, 0.0]  # a first rehearsal, one after another
        self._only_sleeps, self._next_sleeps, self._since_late = 0, _SLEEPS, _SOON
        self._zero_s = time.monotonic()

    def now_s(self) -> float:
        return time.monotonic() - self._zero_s

    def wait_until(self, due_s: float) -> float:
        end_s = self._zero_s + due_s
        left_s = end_s - time.monotonic()
        spin_s = 0.0 if self._only_sleeps else self._spin_s
        if left_s > spin_s:
            time.sleep(left_s - spin_s)
        if self._rehearse is not None and spin_s:
            self._rehearse_until(end_s, self._rehearse)
        while (now_s := time.monotonic()) < end_s:
            pass
        if self._spin_s and left_s > spin_s:
            self._notice(now_s - end_s)
        return now_s - self._zero_s

    def _notice(self, late_s: float) -> None:
        """It notices whether spinning pays: not where the kernel takes the core away meanwhile."""
        if self._only_sleeps:
            self._only_sleeps -= 1
        elif late_s > _LATE_S:
            if self._since_late < _SOON:
                self._only_sleeps = self._next_sleeps
                self._next_sleeps = min(2 * self._next_sleeps, _MOST_SLEEPS)
            self._since_late = 0
        else:
            self._since_late += 1
            if self._since_late >= _SLEEPS:
                self._next_sleeps = _SLEEPS

    def _rehearse_until(self, end_s: float, rehearse: Callable[[], None]) -> None:
        """It never goes past the end, as far as the slowest of late tells: of first rehearsals, which are
        slow after the sleep, and of those that follow.
        """
        began_s, which = time.monotonic(), 0
        while end_s - began_s > 1.5 * self._takes_s[which]:
            rehearse()
            ended_s = time.monotonic()
            self._takes_s[which] = max(ended_s - began_s, 0.9 * self._takes_s[which])
            began_s, which = ended_s, 1
