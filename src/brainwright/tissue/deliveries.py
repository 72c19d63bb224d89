"""Lines of the ledger for what was admitted and delivered, and whether the one follows from the other."""

import heapq
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .budget import Budget
from .contract import Tissue
from .pace import JUMP_S
from .plan import StimulusPlan

_EARLY_S = 1e-6  # rounding
_CHARGE = 1e-6  # rounding, relative: device formats hold currents in single precision
_CHARGE_nC = 1e-9

Row = tuple[int, int, float]
"""Dish, channel, requested time in seconds."""


class Deliveries:
    """It compares what a tissue delivers with what it was told, pulse by pulse.

    Args:
        tissue: its dose ledger says what was delivered, also where it begins anew.
        log: writes a line: kind, and what belongs to it.
        budget: what was delivered unasked counts there as well.
    """

    def __init__(self, tissue: Tissue, log: Callable[..., None], budget: Budget):
        self._tissue, self._log, self._budget = tissue, log, budget
        self._doses, self._logged = tissue.ledger, tissue.ledger.n_delivered
        self._waiting: dict[Row, tuple[float, float, float]] = {}  # admitted_s, phase charge, net charge
        self._due: list[
            tuple[float, int, list[Row]]
        ] = []  # next time, number, rows in order, the next one last
        self.n_plans = self.n_delivered = 0

    def announce(self, plan: StimulusPlan, now_s: float) -> None:
        """It writes a line for a plan that is about to be written."""
        if plan.n_pulses == 0:
            return
        self.n_plans += 1
        waves = np.concatenate([plan.current_uA, plan.width_us], axis=1)
        kinds, which = np.unique(waves, axis=0, return_inverse=True)
        phases = plan.current_uA.shape[1]
        self._log(
            "admitted",
            plan=self.n_plans,
            admitted_s=now_s,
            dish=plan.dish,
            channel=plan.channel,
            requested_s=plan.time_s,
            waveforms=[{"current_uA": k[:phases], "width_us": k[phases:]} for k in kinds],
            waveform=which.reshape(-1),
        )

    def expect(self, plan: StimulusPlan, now_s: float) -> None:
        """The plan is written: its pulses may come."""
        if plan.n_pulses == 0:
            return
        rows = _rows(plan.dish, plan.channel, plan.time_s)
        phase, net = plan.phase_charge_nC.tolist(), plan.charge_nC.sum(axis=1).tolist()
        self._waiting |= {row: (now_s, q, n) for row, q, n in zip(rows, phase, net, strict=True)}
        rows.sort(key=lambda row: -row[2])
        heapq.heappush(self._due, (rows[-1][2], self.n_plans, rows))

    def refused(self, plan: StimulusPlan) -> None:
        """The tissue refused the plan that was written last."""
        for row in _rows(plan.dish, plan.channel, plan.time_s):
            self._waiting.pop(row, None)

    def waits(self, dish: int, channel: int, time_s: float) -> bool:
        """It tells whether this pulse was admitted, and neither delivered nor cancelled."""
        return (dish, channel, time_s) in self._waiting

    def forget(self, from_s: float) -> None:
        """What was asked for a time from `from_s` on was cancelled; what was due may have been under way."""
        under_way = {row: at for row, at in self._waiting.items() if from_s - JUMP_S <= row[2] < from_s}
        self._waiting, self._due = under_way, []

    def take(self, now_s: float) -> str:
        """It writes one line for all pulses delivered since the last; says so if something about them is
        wrong.
        """
        complaint = self._take_rows(now_s)
        if self._tissue.ledger is not self._doses:  # a device that was switched on again
            self._doses, self._logged = self._tissue.ledger, 0
            complaint = complaint or self._take_rows(now_s)
        return complaint or self._overdue(now_s)

    def _take_rows(self, now_s: float) -> str:
        rows: dict[str, NDArray[Any]] = self._doses.since(self._logged)
        n = len(rows["dish"])
        if n == 0:
            return ""
        self._logged += n
        self.n_delivered += n
        keys = _rows(rows["dish"], rows["channel"], rows["requested_s"])
        admitted = [self._waiting.pop(key, None) for key in keys]
        self._log("delivered", admitted_s=[a and a[0] for a in admitted], **rows)
        if None in admitted:
            unasked = np.array([a is None for a in admitted])
            self._budget.count(
                rows["dish"], rows["channel"], rows["requested_s"], rows["phase_charge_nC"], unasked
            )
            which = _named(keys, int(np.argmax(unasked)))
            return f"the tissue delivered a pulse that was not admitted, or twice: {which}"
        return dishonest(rows, keys, np.array(admitted), now_s)

    def _overdue(self, now_s: float) -> str:
        """It names the pulse that should have come long ago: who holds it back may deliver it at any time."""
        while self._due and self._due[0][0] < now_s - JUMP_S:
            _, plan, rows = heapq.heappop(self._due)
            while rows and rows[-1][2] < now_s - JUMP_S:
                row = rows.pop()
                if row in self._waiting:
                    return f"the tissue has not delivered within {JUMP_S:g} s: {_named([row], 0)}"
            if rows:
                heapq.heappush(self._due, (rows[-1][2], plan, rows))
        return ""


def dishonest(
    rows: dict[str, NDArray[Any]], keys: list[Row], admitted: NDArray[np.float64], now_s: float
) -> str:
    """It names what the tissue says of pulses that were admitted, and cannot be so."""
    late_s = rows["delivered_s"] - rows["requested_s"]
    wrong = {
        "a delivery before it was requested": ~(late_s >= -_EARLY_S),
        f"a delivery more than {JUMP_S:g} s late": ~(late_s <= JUMP_S),
        "a delivery at a time that is still to come": ~(rows["delivered_s"] <= now_s + JUMP_S),
        "another charge than was admitted": ~(
            (np.abs(rows["phase_charge_nC"] - admitted[:, 1]) <= _CHARGE * admitted[:, 1] + _CHARGE_nC)
            & (np.abs(rows["net_charge_nC"] - admitted[:, 2]) <= _CHARGE * admitted[:, 1] + _CHARGE_nC)
        ),
    }
    for words, which in wrong.items():
        if which.any():
            return f"the tissue reports {words}: {_named(keys, int(np.argmax(which)))}"
    return ""


def _rows(dish: NDArray[Any], channel: NDArray[Any], time_s: NDArray[Any]) -> list[Row]:
    return list(zip(dish.tolist(), channel.tolist(), time_s.tolist(), strict=True))


def _named(keys: list[Row], i: int) -> str:
    dish, channel, time_s = keys[i]
    return f"dish {dish}, channel {channel}, {time_s} s"
