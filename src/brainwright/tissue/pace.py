"""Whether the clocks of tissue and lease run as they must: drift is bounded from the arming on."""

import time

JUMP_S = 0.5  # how far a tissue's clock may run ahead of what was read, and how late a pulse may come
_RATE = 1e-3  # by which two honest clocks may differ: ten times the worst of ordinary quartzes
_LAG_S = (
    5.0  # by how much simulated tissue may have fallen behind the wall clock when it is armed, and catch up
)
_BACK_S = 1e-6  # rounding
_SHORT_S = 1e-3  # rounding, summed over the reads of a session


class Pace:
    """It compares the tissue's time with what was read, the machine's monotonic clock and the lease's clock.

    Tissue in virtual time moves by what is read alone, tissue on the wall clock by what really passes: its
    time may not run ahead of the longer of both. Where the lease has a clock of its own, the tissue may not
    run ahead of that one either, or a lease would outlast it. Neither clock may go back. `latest_s` is the
    latest time that the tissue has shown and that was found good.
    """

    def __init__(self, now_s: float, clock_s: float):
        self._ahead_s = now_s - clock_s  # tissue over lease
        self.begin(now_s, clock_s)

    def begin(self, now_s: float, clock_s: float) -> None:
        """Drift counts from here on; a device that was switched on again begins at any time."""
        ahead_s = now_s - clock_s
        self._ahead_s = max(ahead_s, min(self._ahead_s, ahead_s + _LAG_S))
        self._began_s, self._really_s, self._read_s = now_s, time.monotonic(), 0.0
        self.latest_s, self._clock_s = now_s, clock_s

    def heard(self, duration_s: float) -> None:
        """It is told that so much was read."""
        self._read_s += duration_s

    def complaint(self, now_s: float, clock_s: float) -> str:
        """It tells what is wrong with the clocks, empty where nothing is."""
        if not clock_s >= self._clock_s - _BACK_S:  # also where it is no number
            return f"the clock of the lease went back from {self._clock_s:.4f} s to {clock_s:.4f} s"
        if not now_s >= self.latest_s - _BACK_S:
            return f"the tissue's clock jumped from {self.latest_s:.4f} s back to {now_s:.4f} s"
        ran_s, passed_s = now_s - self._began_s, time.monotonic() - self._really_s
        if ran_s < self._read_s - _SHORT_S:
            return (
                f"the tissue's clock stands still: it ran {ran_s:.4f} s while {self._read_s:.4f} s were read"
            )
        may_s = max(self._read_s, passed_s)
        if ran_s > may_s * (1 + _RATE) + JUMP_S:
            return f"the tissue's clock jumped, or runs fast: it ran {ran_s:.4f} s where {may_s:.4f} s passed"
        if now_s - clock_s > self._ahead_s + JUMP_S + _RATE * ran_s:
            behind_s = now_s - clock_s - self._ahead_s
            return f"the tissue's clock jumped, or the lease's is slow: {behind_s:.4f} s lie between them"
        self.latest_s, self._clock_s = max(now_s, self.latest_s), max(clock_s, self._clock_s)
        return ""
