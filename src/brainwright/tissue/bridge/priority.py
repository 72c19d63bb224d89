"""Real-time priority for the processes that must act in time on a busy machine."""

import os

_LOW = 5  # of 1..99: above all ordinary work, below what the system itself needs


def take_priority() -> str:
    """It puts this process before all ordinary ones, where the system allows it; says what became of it.

    For a host or a watchdog, which sleep most of the time. Children inherit it. Linux; elsewhere and without
    the permission (CAP_SYS_NICE) nothing changes.
    """
    if not hasattr(os, "sched_setscheduler"):
        return "ordinary priority (this system has no other)"
    try:
        os.sched_setscheduler(0, os.SCHED_RR, os.sched_param(_LOW))
    except PermissionError:
        return "ordinary priority (no permission for more)"
    return "real-time priority"
