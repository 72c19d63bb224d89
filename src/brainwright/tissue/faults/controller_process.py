"""The controller of a fault test, in a process of its own: keeps a second of pulses queued, and fails.

Told on stdin where the host is. Says "running" once all is well, and the moment of its fault.
"""

import contextlib
import json
import math
import os
import sys
import time
from typing import Any

import numpy as np

from ..bridge import RemoteTissue, Watchdog, take_priority
from ..limits import StimulusRefused
from ..plan import StimulusPlan
from .process import heed_signals

_AHEAD_S = 1.0  # what would still be delivered if nobody stopped it
_SOONEST_S = 0.1
_EVERY_S = 0.002
_FIRST_CHANNEL, _CHANNELS = 8, 30  # in turn, so that each rests longer than a burst allows
_WARM_S = 0.3  # so that pulses flow when the fault strikes


def main() -> int:
    heed_signals()
    settings = json.loads(sys.stdin.readline())
    if settings["urgent"]:
        take_priority()
    address, near = tuple(settings["address"]), tuple(settings["host"])
    with (
        Watchdog(near, lapse_s=settings["lapse_s"], urgent=settings["urgent"]) as dog,
        RemoteTissue(address, watchdog=dog, reply_s=settings["reply_s"]) as tissue,
    ):
        _say(watchdog=dog.process.pid)
        _control(tissue, settings)
    return 0


def _control(tissue: RemoteTissue, settings: dict[str, Any]) -> None:
    """It ticks until something fails. Until all runs smoothly a lease that lapsed is taken again."""
    written_s, smooth, fault = _armed_at(tissue, settings), 0, settings["fault"]
    warm = math.ceil(_WARM_S / settings["tick_s"])
    while True:
        struck = fault if smooth == warm + 5 else ""
        try:
            written_s = _tick(tissue, written_s, struck, settings["queued_pulses"])
            tissue.read(settings["tick_s"])
        except StimulusRefused as error:
            if error.limit not in ("arming", "past") or struck or (smooth >= warm and not fault):
                raise
            written_s, smooth = _armed_at(tissue, settings), 0
        smooth += 1
        if smooth == warm:
            _say(running=True)


def _armed_at(tissue: RemoteTissue, settings: dict[str, Any]) -> float:
    """It arms; nothing is written yet."""
    tissue.arm(settings["lease_s"], "fault test")
    return 0.0


def _tick(tissue: RemoteTissue, written_s: float, fault: str, queued_pulses: int) -> float:
    """It writes up to a second ahead and renews the lease; returns up to when is written."""
    present_s = tissue.present_s()
    times = np.arange(max(written_s, present_s + _SOONEST_S), present_s + _AHEAD_S, _EVERY_S)
    if fault:
        line = _wrong_line(fault, tissue._line._seq + 1)
        _say(struck_s=time.monotonic())
        times = _fail(tissue, fault, line, times, queued_pulses)
    if times.size:
        tissue.write(_pulses(times))
        written_s = float(times[-1]) + _EVERY_S
    tissue.renew()
    return written_s


def _pulses(times: np.ndarray) -> StimulusPlan:
    """It pulses each channel every 60 ms, whatever the time of the call."""
    turn = np.rint(times / _EVERY_S).astype(np.int64) % _CHANNELS
    return StimulusPlan.biphasic(0, _FIRST_CHANNEL + turn, times, 0.5, 200.0)


def _wrong_line(fault: str, seq: int) -> bytes:
    """It makes what is sent in place of a request, before the fault strikes: the controller takes 30 ms to
    find memory for 32 MiB.
    """
    match fault:
        case "infinity":
            return b'{"seq":%d,"do":"write","time_s":[1e999]}\n' % seq
        case "long line":
            return b"[" * 2**25 + b"\n"
        case "half line":
            return b'{"seq":'
    return b""


def _fail(tissue: RemoteTissue, fault: str, line: bytes, times: np.ndarray, queued_pulses: int) -> np.ndarray:
    match fault:
        case "exception":
            raise ZeroDivisionError("in the model")
        case "hang":
            time.sleep(3600)
        case "nan":
            return times * np.nan
        case "infinity" | "long line" | "half line":
            with contextlib.suppress(OSError):
                tissue._line._socket.sendall(line)
            if fault == "half line":
                os._exit(1)
            time.sleep(3600)
        case "gap":
            tissue._line._seq += 2
        case "overflow":
            late_s = tissue.present_s() + 5.0 + 0.1 * np.arange(-(-queued_pulses // 20))
            channel = _FIRST_CHANNEL + np.arange(20)[:, None]
            tissue.write(StimulusPlan.biphasic(0, channel, late_s, 0.1, 20.0))
    return times


def _say(**message: Any) -> None:
    print(json.dumps(message), flush=True)


if __name__ == "__main__":
    sys.exit(main())
