"""The faults, where they strike, and what must follow."""

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class Fault:
    """One thing that goes wrong.

    where: in the `controller`, the `host` (its tissue or its disk), the `line` between them, or a `signal` to
        one of the processes. `operator`: someone asks for an emergency stop, beside what others do.
    what: which one there. For a signal "KILL controller" and the like.
    cause: what the ledger must say, a regular expression; empty where stimulation goes on or nobody is left
        to say it.
    goes_on: nothing may stop. by_lease: only the lapse of the lease can stop it.
    within_ms: from the fault to the last pulse, beyond one tick; None where noticing takes its time.
    """

    name: str
    where: Literal["controller", "host", "line", "signal", "operator"]
    what: str
    cause: str
    within_ms: float | None = 20.0
    goes_on: bool = False
    by_lease: bool = False


KILLED_MS = 250.0
_GONE = "controller (closed|was lost)|pipe"

FAULTS = (
    Fault("exception in the controller", "controller", "exception", "ZeroDivisionError"),
    Fault("controller hangs", "controller", "hang", "lapsed|silent", by_lease=True),
    Fault("model output NaN", "controller", "nan", "must be finite"),
    Fault("infinity on the wire", "controller", "infinity", "not understood"),
    Fault("queue overflow", "controller", "overflow", "queued_pulses"),
    Fault("SIGTERM to the controller", "signal", "TERM controller", _GONE),
    Fault(
        "kill -9 of the controller",
        "signal",
        "KILL controller",
        "controller (closed|was lost)|pipe",
        KILLED_MS,
    ),
    Fault(
        "kill -9 of the watchdog", "signal", "KILL watchdog", "watchdog (closed|was lost|is gone)", KILLED_MS
    ),
    Fault("watchdog hangs", "signal", "STOP watchdog", "watchdog was not heard", KILLED_MS),
    Fault("SIGTERM to the host", "signal", "TERM host", "SIGTERM"),
    Fault("kill -9 of the host", "signal", "KILL host", "", KILLED_MS),
    Fault("packets duplicated", "line", "duplicate", "", goes_on=True),
    Fault("packets late", "line", "late", "lapsed|silent", by_lease=True),
    Fault("packets lost", "line", "lost", "lapsed|silent", by_lease=True),
    Fault("spike storm", "host", "storm", "burst|rate"),
    Fault("dead channel", "host", "dead channel", "dead channel", None),
    Fault("clock jumps ahead", "host", "clock ahead", "clock jumped"),
    Fault("clock jumps back", "host", "clock back", "clock jumped"),
    Fault("power cycle of the device", "host", "power cycle", "failed.*off"),
    Fault("disk full", "host", "full disk", ""),
    Fault("line of 32 MiB from the controller", "controller", "long line", "not understood"),
    Fault("controller dies in the middle of a line", "controller", "half line", _GONE),
    Fault("requests lost", "controller", "gap", "requests of the controller were lost"),
    Fault("Ctrl-C of the controller", "signal", "INT controller", f"KeyboardInterrupt|{_GONE}"),
    Fault("controller stopped", "signal", "STOP controller", "lapsed|silent", by_lease=True),
    Fault("Ctrl-C of the host", "signal", "INT host", "KeyboardInterrupt"),
    Fault("SIGHUP to the host", "signal", "HUP host", "SIGHUP"),
    Fault("line cut", "line", "cut", _GONE),
    Fault("garbage on the line", "line", "garbage", "not understood"),
    Fault("tissue reports another charge", "host", "charge", "another charge"),
    Fault("tissue reports late deliveries", "host", "told late", "s late"),
    Fault("tissue holds pulses back", "host", "held back", "has not delivered", None),
    Fault("recording of another shape", "host", "shape", "gave a recording"),
    Fault("recordings too short", "host", "short", "gave a recording"),
    Fault("clock stands still", "host", "clock stands", "clock jumped|clock stands"),
    Fault("clock runs fast", "host", "clock fast", "clock jumped|has not delivered|left a gap", None),
    Fault("tissue hangs for a while", "host", "hang", "lapsed", by_lease=True),
    Fault("ledger replaced", "host", "replaced ledger", ""),
    Fault("emergency stop", "operator", "alone", "operator: test"),
    Fault("emergency stop beside a flood of requests", "operator", "flood", "operator: test"),
    Fault("emergency stop beside silent strangers", "operator", "strangers", "operator: test"),
    Fault("emergency stop beside lines of 32 MiB", "operator", "long lines", "operator: test"),
)
