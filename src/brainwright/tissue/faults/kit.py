"""Runs host and controller as processes of their own, lets a fault strike, and reads the host's ledger."""

import contextlib
import json
import os
import re
import signal
import time
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..audit import Report, verify
from ..chain_lines import ChainBroken, read_chain
from .catalogue import Fault
from .operators import crowd
from .process import Process, VoidRun
from .proxy import Proxy
from .spike_lines import read_spike_lines

_LONG_S = 5.0
_IN_FLIGHT = 25  # pulses of the longest read, 50 ms; on a full disk their line can no longer be written
NO_LEDGER = ("full disk", "replaced ledger")
"""Faults after which no line can be written."""
LIES = ("charge", "told late")
"""Faults of which the ledger itself must tell, as a problem."""
_STOPS = ("stopped", "paused", "stop failed")


@dataclass(frozen=True)
class Settings:
    """How a fault test is run.

    make: factory of the tissue, "module:name", called without arguments. Tissue in virtual time.
    tick_s: of the controller. lease_s: of its writing. lapse_s: silence after which the watchdog acts.
    queued_pulses: what may wait where the queue is to overflow. step_s: pieces in which the host reads.
    urgent: all processes at real-time priority, where the system allows it.
    watchdog_s: silence of the watchdog after which the host acts. observe_s: how long to wait for the end of
        stimulation, and to watch what goes on.
    """

    make: str = "brainwright.tissue.faults.bench:BenchTissue"
    tick_s: float = 0.010
    lease_s: float = 0.025
    lapse_s: float = 0.050
    watchdog_s: float = 0.150
    observe_s: float = 1.5
    queued_pulses: int = 1_500
    step_s: float = 0.001
    urgent: bool = False


@dataclass(frozen=True)
class Outcome:
    """What the host's own ledger and record say of one fault.

    last_pulse_ms: from the fault to the ledger line of the last delivered pulse; 0 where none came after it.
    noticed_ms: from the fault to the line that says that stimulation ended; None where none says so.
    after_end: pulses delivered after that line. unlogged: pulses that the tissue received and the ledger does
        not hold; None where the host could not say. heard_s: span of recording that is readable.
    """

    fault: Fault
    cause: str
    last_pulse_ms: float
    noticed_ms: float | None
    after_end: int
    unlogged: int | None
    heard_s: float
    before: int
    priority: str
    ledger: Report

    def holds(self, tick_s: float) -> bool:
        """It is True where all that the catalogue demands came true."""
        in_flight = _IN_FLIGHT if self.fault.what in NO_LEDGER else 0
        if not (self.ledger.sound or self.fault.what in LIES) or not (self.before and self.heard_s > 0):
            return False
        if self.after_end or (self.unlogged or 0) > in_flight:
            return False
        if self.fault.goes_on:
            return self.noticed_ms is None and self.last_pulse_ms > 500
        within = self.fault.within_ms
        in_time = within is None or self.last_pulse_ms <= within + 1e3 * tick_s
        return in_time and bool(re.search(self.fault.cause, self.cause))


def inject(fault: Fault, folder: Path, settings: Settings | None = None) -> Outcome:
    """It runs tissue through one fault. `folder` keeps the ledger, the recording and what the processes said.

    Raises:
        VoidRun: a process did not start, or stimulation ended before the fault struck.
    """
    settings = settings or Settings()
    folder.mkdir(parents=True, exist_ok=True)
    host = Process("host", folder, {**vars(settings), "folder": str(folder), "fault": fault.what})
    controller = Process("controller", folder)
    operator = Process("operator", folder) if fault.where == "operator" else None
    proxy, pids = None, {}
    try:
        address = tuple(host.said("address"))
        if fault.where == "line":
            proxy = Proxy(address)
        task: dict[str, Any] = {
            "host": address,
            "address": proxy.address if proxy else address,
            "reply_s": 5.0,
        }
        task |= {"fault": fault.what if fault.where == "controller" else "", **vars(settings)}
        task["reply_s"] = _LONG_S
        if not fault.by_lease:  # what must stop these is not the lease
            task |= {"lease_s": _LONG_S, "lapse_s": _LONG_S}
        controller.tell(json.dumps(task))
        pids = {"watchdog": controller.said("watchdog"), "host": host.pid, "controller": controller.pid}
        if operator:
            operator.tell(json.dumps({"address": address, "urgent": settings.urgent}))
            operator.said("ready")
        controller.said("running")
        struck_s = _strike(fault, host, controller, operator, proxy, pids)
        _wait_for_the_end(folder, struck_s, settings.observe_s, fault.goes_on)
        until_s = time.monotonic()
    finally:
        controller.end()
        _let_go_on(fault, pids)
        host.end()
        if operator:
            operator.end()
        if proxy:
            proxy.close()
    return _outcome(fault, folder, struck_s, until_s, host)


def table(outcomes: Iterable[Outcome], tick_s: float) -> str:
    """It returns a Markdown table, one row per fault."""
    rows = [
        "| fault | last pulse after (ms) | noticed after (ms) | pulses before / not in ledger | ledger | "
        "recording readable (s) | cause in the ledger | |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for o in outcomes:
        noticed = "–" if o.noticed_ms is None else f"{o.noticed_ms:.0f}"
        unlogged = "?" if o.unlogged is None else str(o.unlogged)
        last = "goes on" if o.fault.goes_on else f"{o.last_pulse_ms:.1f}"
        state = "intact" if o.ledger.intact else "sound, not closed" if o.ledger.sound else "tells"
        if not o.ledger.sound and o.fault.what not in LIES:
            state = "DAMAGED"
        cause = o.cause.replace("|", "/")[:90] or "–"
        judged = "ok" if o.holds(tick_s) else "**FAILS**"
        rows.append(
            f"| {o.fault.name} | {last} | {noticed} | {o.before} / {unlogged} | {state} | {o.heard_s:.1f} | "
            f"{cause} | {judged} |"
        )
    return "\n".join(rows) + "\n"


def _strike(
    fault: Fault,
    host: Process,
    controller: Process,
    operator: Process | None,
    proxy: Proxy | None,
    pids: dict[str, int],
) -> float:
    """It lets the fault happen; returns when, on the monotonic clock that all processes share."""
    match fault.where:
        case "operator":
            assert operator is not None
            with crowd(fault.what, tuple(host.said("address"))):
                operator.tell("stop")
                return operator.said("struck_s")
        case "controller":
            return controller.said("struck_s")
        case "host":
            host.tell(fault.what)
            return host.said("struck_s")
        case "line":
            assert proxy is not None
            return proxy.strike(fault.what)
    name, who = fault.what.split()
    struck_s = time.monotonic()
    os.kill(pids[who], signal.Signals[f"SIG{name}"])
    return struck_s


def _let_go_on(fault: Fault, pids: dict[str, int]) -> None:
    """A process that was stopped hears only now that its pipe is closed, and ends."""
    name, _, who = fault.what.partition(" ")
    if fault.where == "signal" and name == "STOP" and who in pids:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pids[who], signal.SIGCONT)


def _wait_for_the_end(folder: Path, struck_s: float, observe_s: float, goes_on: bool) -> None:
    """It waits until the ledger says that stimulation ended and a while longer, in which nothing more may
    come.
    """
    until_s = time.monotonic() + observe_s
    while time.monotonic() < until_s:
        time.sleep(0.05)
        ended = [e for e in _entries(folder) if e["kind"] in _STOPS and e["mono_s"] >= struck_s]
        if ended and not goes_on:
            time.sleep(0.3)
            return


def _entries(folder: Path) -> list[dict[str, Any]]:
    entries = []
    try:
        for entry in read_chain(folder / "ledger.jsonl"):
            entries.append(entry)
    except ChainBroken:
        pass  # `verify` reports it
    return entries


def _outcome(fault: Fault, folder: Path, struck_s: float, until_s: float, host: Process) -> Outcome:
    entries = [e for e in _entries(folder) if e["mono_s"] <= until_s]
    before = [e["kind"] for e in entries if e["kind"] in ("armed", *_STOPS) and e["mono_s"] < struck_s]
    if before[-1:] != ["armed"]:
        raise VoidRun("stimulation had ended before the fault struck: too busy a machine for this lease")
    end = next((e for e in entries if e["kind"] in _STOPS and e["mono_s"] >= struck_s), None)
    pulses = [e for e in entries if e["kind"] == "delivered"]
    late = [e["mono_s"] for e in pulses if e["mono_s"] >= struck_s]
    report = verify(folder / "ledger.jsonl")
    total = host.left("delivered")
    pieces = read_spike_lines(folder / "heard.jsonl")
    unsaid = "" if fault.goes_on else str(host.left("stopped") or "")
    cause = end["cause"] if end else unsaid
    return Outcome(
        fault=fault,
        cause=cause.replace(f"{folder}/", ""),
        last_pulse_ms=1e3 * (max(late) - struck_s) if late else 0.0,
        noticed_ms=None if end is None else 1e3 * (end["mono_s"] - struck_s),
        after_end=sum(len(e["dish"]) for e in pulses if end and e["n"] > end["n"]),
        unlogged=None if total is None else total - report.delivered,
        heard_s=sum(piece.duration_s for piece in pieces),
        before=sum(len(e["dish"]) for e in pulses if e["mono_s"] < struck_s),
        priority=str(host.left("priority")),
        ledger=report,
    )
