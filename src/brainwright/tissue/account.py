"""The sessions of a ledger, followed line by line: does what was delivered follow from what was permitted?"""

import math
from collections.abc import Iterator
from typing import Any

import numpy as np

from .budget import Budget
from .deliveries import Row, dishonest
from .envelope import FOREVER, LONGEST_LEASE_S, Bucket, Envelope
from .history import plan_of
from .ledger import DoseLedger
from .limits import StimulusLimits, StimulusRefused
from .pace import JUMP_S
from .plan import StimulusPlan

ROW = ("dish", "channel", "requested_s")
_ENDS = ("stopped", "cancelled", "paused")


class Session:
    """From an "opened" line on. `take` and `end` say what is wrong with a line and with the whole."""

    def __init__(self, opened: dict[str, Any]):
        limits: dict[str, Any] = dict(opened["limits"])
        self.limits = StimulusLimits(channels=tuple(limits.pop("channels")), **limits)
        self.envelope = _envelope(opened["envelope"])
        self.shape = opened["n_dishes"], opened["n_channels"]
        self.waiting: dict[Row, tuple[float, float, float]] = {}
        self.closed = False
        self.delivered = self.cancelled = 0
        self._armed = self._paused = self._unstopped = False
        self._last: list[Row] = []  # of the plan admitted last
        self._plan = 0
        self._passed_s = -math.inf  # up to when the tissue's time is known to have come
        self._given: list[StimulusPlan] = []
        self._admitted: dict[Row, tuple[StimulusPlan, int]] = {}

    def take(self, entry: dict[str, Any]) -> Iterator[str]:
        """It tells what is wrong with a line."""
        kind = entry["kind"]
        if self.closed:
            yield "a line after the session was closed"
        if kind == "armed":
            yield from self._arm(entry)
        elif kind == "admitted":
            yield from self._admit(entry)
        elif kind == "withdrawn":
            yield from self._withdraw(entry)
        elif kind == "delivered":
            yield from self._deliver(entry)
        elif kind in _ENDS:
            yield from self._cancel(entry)
        elif kind == "stop failed":
            self._armed, self._unstopped = False, True
        elif kind == "resumed":
            self._paused = False
        elif kind == "closed":
            if self._armed:
                yield "closed while it was armed, without a stop"
            self.closed, self._armed = True, False
            if entry["delivered"] != self.delivered:
                yield f"closed with {entry['delivered']} pulses delivered, the lines hold {self.delivered}"
        elif kind not in ("refused", "projected", "torn"):
            yield f"a line of unknown kind {kind!r}"

    def end(self) -> Iterator[str]:
        """It tells what is wrong with all pulses of the session together."""
        if not self._given:
            return
        plan = StimulusPlan.join(self._given)
        try:
            self.limits.check_together(plan, DoseLedger(*self.shape))
            Budget(self.envelope, *self.shape).check_dose(plan)
        except StimulusRefused as error:
            yield f"delivered beyond the limit {error.limit}: {error}"

    def _arm(self, entry: dict[str, Any]) -> Iterator[str]:
        now_s, lease_s = _number(entry["now_s"]), _number(entry["lease_s"])
        if not 0 < lease_s <= min(LONGEST_LEASE_S, self.envelope.longest_lease_s or FOREVER):
            yield f"armed for {lease_s:g} s"
        if not self._armed:
            self._passed_s = now_s  # the clock of a device that was switched on again begins anew
        self._armed, self._unstopped = True, False

    def _admit(self, entry: dict[str, Any]) -> Iterator[str]:
        plan, now_s = plan_of(entry), _number(entry["admitted_s"])
        if not self._armed:
            yield "pulses admitted while it was not armed"
        if self._paused:
            yield "pulses admitted while it was paused"
        if plan.n_pulses and plan.first_s < now_s - 1e-6:
            yield "a pulse was admitted for a time that had gone by"
        try:
            self.limits.check_pulses(plan, *self.shape)
        except StimulusRefused as error:
            yield f"admitted beyond the limit {error.limit}: {error}"
        yield from self._pass(now_s)
        self._last, self._plan = rows_of(entry), entry["plan"]
        phase, net = plan.phase_charge_nC.tolist(), plan.charge_nC.sum(axis=1).tolist()
        self.waiting |= {row: (now_s, q, n) for row, q, n in zip(self._last, phase, net, strict=True)}
        self._admitted |= {row: (plan, i) for i, row in enumerate(self._last)}

    def _withdraw(self, entry: dict[str, Any]) -> Iterator[str]:
        if (entry["plan"], entry["pulses"]) != (self._plan, len(self._last)) or not self._last:
            yield f"withdrawn: expected plan {self._plan} of {len(self._last)} pulses, got {entry['pulses']}"
            return
        for row in self._last:
            self.waiting.pop(row, None)
        self._last = []

    def _deliver(self, entry: dict[str, Any]) -> Iterator[str]:
        rows = rows_of(entry)
        names = ("requested_s", "delivered_s", "phase_charge_nC", "net_charge_nC")
        columns = {name: np.array(entry[name], np.float64) for name in names}
        if not rows or any(len(column) != len(rows) for column in columns.values()):
            yield "delivered: expected one pulse or more, and as many values of each kind"
            return
        if not all(np.isfinite(column).all() for column in columns.values()):
            yield "delivered: a number that is not finite"
            return
        self.delivered += len(rows)
        expected = [self.waiting.pop(row, None) for row in rows]
        for row, known in zip(rows, expected, strict=True):
            if known is None:
                yield f"delivered but not admitted, or twice: {row}"
        if None not in expected:
            complaint = dishonest(columns, rows, np.array(expected), math.inf)
            if complaint:
                yield complaint
            self._give(rows)
        if not (self._armed or self._unstopped) and columns["delivered_s"].max() > self._passed_s + JUMP_S:
            yield "pulses delivered after stimulation was stopped"
        yield from self._pass(float(columns["delivered_s"].min()))

    def _give(self, rows: list[Row]) -> None:
        by_plan: dict[int, tuple[StimulusPlan, list[int]]] = {}
        for row in rows:
            plan, i = self._admitted.pop(row)
            by_plan.setdefault(id(plan), (plan, []))[1].append(i)
        self._given += [plan.take(np.array(which)) for plan, which in by_plan.values()]

    def _cancel(self, entry: dict[str, Any]) -> Iterator[str]:
        now_s = _number(entry["now_s"])
        gone = [row for row in self.waiting if row[2] >= now_s]
        for row in gone:
            del self.waiting[row]
        self.cancelled += len(gone)
        if entry["cancelled"] != len(gone):
            yield f"{entry['cancelled']} pulses cancelled where {len(gone)} were waiting"
        yield from self._pass(now_s)
        self._paused = self._paused or entry["kind"] == "paused"
        if entry["kind"] == "stopped":
            self._armed = self._unstopped = False

    def _pass(self, now_s: float) -> Iterator[str]:
        if now_s < self._passed_s - JUMP_S:
            yield f"the tissue's time goes back from {self._passed_s:.4f} s to {now_s:.4f} s"
        self._passed_s = max(self._passed_s, now_s)


def rows_of(entry: dict[str, Any]) -> list[Row]:
    """It returns dish, channel and requested time of each pulse of a line."""
    return list(zip(*(entry[name] for name in ROW), strict=True))


def _envelope(fields: dict[str, Any]) -> Envelope:
    """JSON has no infinity: it became null."""
    others: dict[str, Any] = {k: v for k, v in fields.items() if k not in ("limits", "buckets")}
    return Envelope(limits=None, buckets=tuple(map(_bucket, fields["buckets"])), **others)


def _bucket(fields: dict[str, Any]) -> Bucket:
    fields = dict(fields)
    refill_s = fields.pop("refill_s")
    return Bucket(refill_s=FOREVER if refill_s is None else refill_s, **fields)


def _number(value: Any) -> float:
    if isinstance(value, bool) or not math.isfinite(value):
        raise ValueError(f"expected a finite number, got {value!r}")
    return float(value)
