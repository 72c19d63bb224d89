"""The host of a fault test, in a process of its own: `python -m ... SETTINGS`, told what to break on stdin.

Prints its address, then the moment of each fault; a line that ends stdin ends the host.
"""

import importlib
import json
import os
import resource
import shutil
import signal
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from ..activity import ActivityBand, SeizureGuard
from ..bridge import Host, take_priority
from ..chain import Chain
from ..contract import Tissue
from ..envelope import Envelope
from ..guarded import Guarded
from .faulty import Faulty
from .process import heed_signals
from .spike_lines import SpikeLines

_BASELINE_S = 20.0


def main() -> int:
    heed_signals()
    settings = json.loads(sys.argv[1])
    folder = Path(settings["folder"])
    priority = take_priority() if settings["urgent"] else "ordinary priority"
    faulty = Faulty(factory(settings["make"]))
    baseline = faulty.read(_BASELINE_S)
    band = ActivityBand.from_baseline(baseline, burst_s=0.01, sds=8.0)
    _, faulty.dead_channel = divmod(int(baseline.counts().argmax()), faulty.n_channels)
    guarded = Guarded(
        faulty,
        Envelope(queued_pulses=settings["queued_pulses"]) if settings["fault"] == "overflow" else Envelope(),
        ledger=Chain(folder / "ledger.jsonl"),
        guard=SeizureGuard(band),
        clock=time.monotonic,
        about={"fault": settings["fault"], "make": settings["make"]},
    )
    heard = SpikeLines(folder / "heard.jsonl")
    host = Host(
        guarded,
        clock="wall",
        watchdog_s=settings["watchdog_s"],
        step_s=settings["step_s"],
        on_heard=heard.append,
    )
    signal.signal(signal.SIGTERM, lambda *_: host.end("SIGTERM"))
    _say(address=host.address, priority=priority)
    threading.Thread(target=_obey, args=(faulty, host, folder), daemon=True).start()
    try:
        host.serve()
        heard.close()
    finally:  # also where the disk is full and nothing can be written any more
        _say(delivered=faulty.delivered, stopped=guarded.stopped)
    return 0


def factory(name: str) -> Callable[[], Tissue]:
    """It returns what "module:name" names. Raises ValueError for another form, and what importing it
    raises.
    """
    module, colon, attribute = name.partition(":")
    if not colon:
        raise ValueError(f"expected a factory as module:name, got {name!r}")
    return getattr(importlib.import_module(module), attribute)


def _obey(faulty: Faulty, host: Host, folder: Path) -> None:
    for line in sys.stdin:
        fault = line.strip()
        _say(struck_s=time.monotonic())
        if fault == "full disk":
            full = (folder / "ledger.jsonl").stat().st_size + 700  # tears a line soon
            resource.setrlimit(resource.RLIMIT_FSIZE, (full, resource.RLIM_INFINITY))
        elif fault == "replaced ledger":  # with a copy, so that what it held can be judged
            shutil.copy(folder / "ledger.jsonl", folder / "copy")
            os.replace(folder / "copy", folder / "ledger.jsonl")
        else:
            faulty.strike(fault)
    host.end("the test is over")


def _say(**message: Any) -> None:
    print(json.dumps(message), flush=True)


if __name__ == "__main__":
    sys.exit(main())
