"""Reads a ledger back: is it whole, is every pulse permitted and accounted for, is the charge balanced."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from .account import Session
from .chain_lines import read_chain


@dataclass
class Report:
    """What `verify` found. `problems` is empty where nothing is wrong; `notes` are worth knowing.

    `head` is the hash of the last line. Kept elsewhere (a run's provenance, by `Chain(anchor=)`), it is the
    `anchor` of a later `verify`. `latest_s` is the largest delay of a pulse.
    """

    lines: int = 0
    closed: bool = False
    head: str = ""
    admitted: int = 0
    delivered: int = 0
    cancelled: int = 0
    refused: int = 0
    projected: int = 0
    charge_nC: float = 0.0
    net_charge_nC: float = 0.0
    latest_s: float = 0.0
    stops: list[str] = field(default_factory=list)
    pauses: list[str] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    @property
    def intact(self) -> bool:
        """It is True where nothing is wrong and nothing may be missing: a ledger that was not closed is not
        intact.
        """
        return not self.problems and self.closed

    @property
    def sound(self) -> bool:
        """It is True where nothing is wrong as far as it goes: also so of the ledger of a process that was
        killed.
        """
        return not self.problems and self.lines > 0


def verify(path: Path, *, key: Path | None = None, anchor: str = "") -> Report:
    """It checks a ledger: hashes, and that it was begun under its name; every pulse admitted while armed,
    within the limits that the ledger names, and delivered once, in time, with its charge and none after a
    stop; doses together, totals, net charge within 1 %.

    Never raises for what the file holds: problems are listed.

    Args:
        key: the key file of a ledger that was written with one.
        anchor: the hash of the last line as it was kept elsewhere. Only this shows that whole sessions were
            cut off at the end, or (without a key) that all was written anew.
    """
    report = Report()
    session: Session | None = None
    anchored = 0  # number of the line that the anchor names, from 1
    try:
        for entry in read_chain(path, key=key):
            report.lines, report.head = report.lines + 1, str(entry["hash"])
            if report.head == anchor:
                anchored = report.lines
            session = _take(entry, report, session, path)
    except Exception as error:  # files are written by anyone, and hold anything
        where = f"entry {report.lines - 1}: " if report.lines else ""
        report.problems.append(f"{where}not as expected: {type(error).__name__}: {str(error)[:300]}")
    _end(session, report)
    if report.delivered and not report.net_charge_nC <= 0.01 * report.charge_nC + 1e-9:
        report.problems.append(
            f"net charge {report.net_charge_nC:.4g} nC is more than 1 % of {report.charge_nC:.4g} nC"
        )
    if anchor and anchor != report.head:
        since = f", with which line {anchored} of {report.lines} ends" if anchored else ""
        report.problems.append(
            f"{path}: ends with {report.head or 'nothing'}, expected the anchor {anchor}{since}"
        )
    if not report.closed:
        report.notes.append("the ledger was not closed: the process ended before it could, or still runs")
    return report


def _take(entry: dict[str, Any], report: Report, session: Session | None, path: Path) -> Session | None:
    """It returns the session that goes on after this line."""
    where = f"entry {report.lines - 1}"
    if entry["kind"] == "opened":
        _end(session, report)
        name = str(entry.get("file", path.name))[:100]
        if name != path.name:
            report.problems.append(f"{where}: begun as {name!r}, this is {path.name!r}")
        session = Session(entry)
        report.closed = False
        return session
    problems: Iterator[str] = (
        iter(('no "opened" line before it',)) if session is None else session.take(entry)
    )
    report.problems += [f"{where}: {problem}" for problem in problems]
    report.closed = session is not None and session.closed
    _count(entry, report)
    return session


def _end(session: Session | None, report: Report) -> None:
    if session is None:
        return
    try:
        report.problems += session.end()
    except Exception as error:
        report.problems.append(f"the session cannot be checked: {type(error).__name__}: {str(error)[:300]}")
    report.cancelled += session.cancelled
    if session.waiting:
        report.notes.append(f"{len(session.waiting)} admitted pulses have no delivery and no stop on record")
    if not session.closed and report.lines:
        report.notes.append("a session was not closed")


def _count(entry: dict[str, Any], report: Report) -> None:
    kind = entry["kind"]
    if kind == "admitted":
        report.admitted += len(entry["requested_s"])
    elif kind == "withdrawn":
        report.admitted -= entry["pulses"]
    elif kind == "delivered":
        late_s = np.array(entry["delivered_s"], np.float64) - np.array(entry["requested_s"], np.float64)
        report.delivered += len(late_s)
        report.latest_s = max(report.latest_s, float(late_s.max()))
        report.charge_nC += float(np.sum(entry["phase_charge_nC"]))
        report.net_charge_nC += float(np.abs(entry["net_charge_nC"]).sum())
    elif kind in ("stopped", "paused"):
        (report.stops if kind == "stopped" else report.pauses).append(str(entry["cause"]))
    elif kind == "stop failed":
        report.notes.append(f"entry {entry['n']}: the tissue could not be stopped: {entry['error']}")
    elif kind in ("refused", "projected"):
        setattr(report, kind, getattr(report, kind) + 1)
