"""Real-time priority for the processes that must act in time on a busy machine."""

import contextlib
import os

_LOW = 5  # of 1..99: above all ordinary work, below what the system itself needs


def take_priority() -> str:
    """It puts this process before all ordinary ones, where the system allows it; says what became of it.

    For a host or a watchdog, which sleep most of the time. Children inherit it. Linux; elsewhere and without
    the permission (CAP_SYS_NICE) nothing changes.

    All threads that are there have it, those of NumPy's linear algebra too: a process that is killed closes
    its connections when the last of its threads has come to its end, and one that waits for its turn among
    ordinary processes takes a tenth of a second for that.
    """
    if not hasattr(os, "sched_setscheduler"):
        return "ordinary priority (this system has no other)"
    try:
        for thread in _threads():
            with contextlib.suppress(ProcessLookupError):  # it ended meanwhile
                os.sched_setscheduler(thread, os.SCHED_RR, os.sched_param(_LOW))
    except PermissionError:
        return "ordinary priority (no permission for more)"
    return "real-time priority"


def _threads() -> list[int]:
    """It returns the system's numbers of this process's threads; 0, the one that asks, first."""
    try:
        return [0, *map(int, os.listdir("/proc/self/task"))]
    except OSError:  # no /proc
        return [0]
