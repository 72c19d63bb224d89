"""Reads a ledger back: is it whole, is every pulse accounted for, is the charge balanced."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from .chain import ChainBroken, read_chain

_SLACK_S = 1e-6


@dataclass
class Report:
    """What `verify` found. `problems` is empty where all is well; `notes` are worth knowing."""

    lines: int = 0
    closed: bool = False
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
        return not self.problems


def verify(path: Path) -> Report:
    """Check a ledger: hashes, every delivered pulse admitted beforehand and once, net charge within 1 %.

    Never raises for what the file holds: problems are listed. `latest_s` is the largest delay of a pulse.
    """
    report = Report()
    waiting: dict[tuple[int, int, float], float] = {}
    try:
        for entry in read_chain(path):
            report.lines += 1
            _take(entry, report, waiting)
    except (OSError, ChainBroken) as error:
        report.problems.append(str(error))
    except (KeyError, TypeError, ValueError, OverflowError, IndexError, AttributeError) as error:
        report.problems.append(f"{path}, entry {report.lines}: not as expected, {error!r}")
    if report.delivered and report.net_charge_nC > 0.01 * report.charge_nC + 1e-9:
        report.problems.append(
            f"net charge {report.net_charge_nC:.4g} nC is more than 1 % of {report.charge_nC:.4g} nC"
        )
    if not report.closed:
        report.notes.append("the ledger was not closed: the process ended before it could, or still runs")
    if waiting:
        report.notes.append(f"{len(waiting)} admitted pulses have no delivery and no stop on record")
    return report


def _take(entry: dict[str, Any], report: Report, waiting: dict[tuple[int, int, float], float]) -> None:
    kind = entry["kind"]
    report.closed = kind == "closed"
    if kind == "admitted":
        rows = list(zip(entry["dish"], entry["channel"], entry["requested_s"], strict=True))
        report.admitted += len(rows)
        waiting |= dict.fromkeys(rows, entry["admitted_s"])
        if len(entry["waveform"]) != len(rows):
            report.problems.append(f"entry {entry['n']}: pulses without a waveform")
    elif kind == "withdrawn":
        for row in list(waiting)[len(waiting) - entry["pulses"] :]:
            del waiting[row]
        report.admitted -= entry["pulses"]
    elif kind == "delivered":
        _deliver(entry, report, waiting)
    elif kind in ("stopped", "cancelled", "paused"):
        gone = [row for row in waiting if row[2] >= entry["now_s"]]
        for row in gone:
            del waiting[row]
        report.cancelled += entry["cancelled"]
        if kind != "cancelled":
            (report.stops if kind == "stopped" else report.pauses).append(entry["cause"])
    elif kind == "stop failed":
        report.notes.append(f"entry {entry['n']}: the tissue could not be stopped: {entry['error']}")
    elif kind in ("refused", "projected"):
        setattr(report, kind, getattr(report, kind) + 1)


def _deliver(entry: dict[str, Any], report: Report, waiting: dict[tuple[int, int, float], float]) -> None:
    requested, delivered = np.array(entry["requested_s"]), np.array(entry["delivered_s"])
    for row in zip(entry["dish"], entry["channel"], entry["requested_s"], strict=True):
        if waiting.pop(row, None) is None:
            report.problems.append(f"entry {entry['n']}: delivered but not admitted, or twice: {row}")
    late = delivered - requested
    if (late < -_SLACK_S).any():
        report.problems.append(f"entry {entry['n']}: a pulse was delivered before it was requested")
    report.latest_s = max(report.latest_s, float(late.max()))
    report.delivered += len(requested)
    report.charge_nC += float(np.sum(entry["phase_charge_nC"]))
    report.net_charge_nC += float(np.abs(entry["net_charge_nC"]).sum())
