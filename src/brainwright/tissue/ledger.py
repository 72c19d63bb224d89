"""Append-only record of every pulse that was delivered, and what admitted pulses count against the limits."""

import math

import numpy as np
from numpy.typing import NDArray

from .plan import StimulusPlan
from .rows import Rows

WINDOW_S = 60  # the dose window; kept in whole seconds, so the sum covers up to one second more
_PRUNE = 64  # plans; the list of admitted ones is looked through when it has doubled since, so O(1) each
RECENT_S = 1.0  # how long a delivered pulse counts against the pulses that may come at once

_ROW = np.dtype(
    [
        ("dish", np.int32),
        ("channel", np.int32),
        ("requested_s", np.float64),
        ("delivered_s", np.float64),
        ("phase_charge_nC", np.float64),
        ("net_charge_nC", np.float64),
    ]
)


class DoseLedger:
    """Rows of (requested, delivered) pulses. Rows are added at delivery and never changed.

    Admitted pulses count before they are delivered, so that two admitted plans cannot together break a
    limit: `last_pulse_s` [dish, channel] is the latest admitted pulse of each channel, delivered or queued.
    """

    def __init__(self, n_dishes: int, n_channels: int):
        self.n_dishes, self.n_channels = n_dishes, n_channels
        self.last_pulse_s = np.full((n_dishes, n_channels), -np.inf)
        self._last_delivered_s = self.last_pulse_s.copy()
        self._admitted: list[StimulusPlan] = []  # queued or recent
        self._prune_at = _PRUNE  # plans in that list
        self._rows = Rows(_ROW)
        self._origin = 0  # the second of the first row of _dose
        self._dose = np.zeros((0, n_dishes, 2))  # second x dish x (charge in nC, pulses)

    def admit(self, plan: StimulusPlan) -> None:
        """It counts an admitted plan against spacing, crowding and dose."""
        if plan.n_pulses:
            np.maximum.at(self.last_pulse_s, (plan.dish, plan.channel), plan.time_s)
            self._admitted.append(plan)
            self._count(plan, +1)

    def deliver(self, plan: StimulusPlan, delivered_s: NDArray[np.float64]) -> None:
        """It records pulses as delivered at `delivered_s` [pulse]."""
        if plan.n_pulses == 0:
            return
        self._rows.append(
            dish=plan.dish,
            channel=plan.channel,
            requested_s=plan.time_s,
            delivered_s=np.asarray(delivered_s),
            phase_charge_nC=plan.phase_charge_nC,
            net_charge_nC=plan.charge_nC.sum(axis=1),
        )
        np.maximum.at(self._last_delivered_s, (plan.dish, plan.channel), plan.time_s)
        self._forget_before(plan.first_s)

    @property
    def n_delivered(self) -> int:
        return self._rows.n

    def withdraw(self, plans: list[StimulusPlan]) -> None:
        """It takes everything that still waits out again: `plans` hold all admitted pulses not delivered."""
        for plan in plans:
            self._count(plan, -1)
        self.last_pulse_s = self._last_delivered_s.copy()
        self._admitted, self._prune_at = self._recently_delivered(), _PRUNE

    def admitted_between(
        self, first_s: float, last_s: float
    ) -> tuple[NDArray[np.int32], NDArray[np.float64]]:
        """It returns dish and requested time [pulse] of admitted pulses in [first, last], queued or
        recent.
        """
        near = [p for p in self._admitted if p.last_s >= first_s and p.first_s <= last_s]
        if not near:
            return np.zeros(0, np.int32), np.zeros(0)
        dish = np.concatenate([p.dish for p in near])
        time_s = np.concatenate([p.time_s for p in near])
        inside = (time_s >= first_s) & (time_s <= last_s)
        return dish[inside], time_s[inside]

    def with_plan(self, plan: StimulusPlan) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """It returns charge (nC) and pulses of the fullest minute that `plan` touches, [dish] each, plan
        included.
        """
        if plan.n_pulses == 0:
            return np.zeros(self.n_dishes), np.zeros(self.n_dishes)
        first, more = self._by_second(plan)
        start = first - WINDOW_S
        end = max(first + len(more), min(first + len(more) + WINDOW_S, self._origin + len(self._dose)))
        dose = np.zeros((end - start, self.n_dishes, 2))
        dose[WINDOW_S : WINDOW_S + len(more)] = more
        low, high = max(start, self._origin), min(end, self._origin + len(self._dose))
        if high > low:
            dose[low - start : high - start] += self._dose[low - self._origin : high - self._origin]
        gone = np.cumsum(dose[: len(dose) - WINDOW_S - 1], axis=0)
        dose[WINDOW_S] += dose[:WINDOW_S].sum(axis=0)
        minutes = np.cumsum(dose[WINDOW_S:], axis=0)  # each ends at a second that the plan touches, or within
        minutes[1:] -= gone  # a minute later
        most = minutes.max(axis=0)
        return most[:, 0], np.rint(most[:, 1])

    def table(self) -> dict[str, NDArray[np.generic]]:
        """It returns all delivered pulses: dish, channel, requested_s, delivered_s, phase_charge_nC,
        net_charge_nC.
        """
        return self.since(0)

    def since(self, n: int) -> dict[str, NDArray[np.generic]]:
        """It returns the delivered pulses after the first `n`, as in `table`; costs only what is new."""
        rows = self._rows.since(n)
        return {name: np.ascontiguousarray(rows[name]) for name in _ROW.names or ()}

    def totals(self) -> dict[str, NDArray[np.float64]]:
        """It returns delivered pulses and charge (nC, larger phase) per dish."""
        table = self.table()
        dish = table["dish"].astype(np.int64)
        charge = table["phase_charge_nC"].astype(np.float64)
        pulses = np.bincount(dish, minlength=self.n_dishes)
        total = np.bincount(dish, weights=charge, minlength=self.n_dishes)
        return {"pulses": pulses.astype(np.float64), "charge_nC": total.astype(np.float64)}

    def busiest_minute(self) -> dict[str, NDArray[np.float64]]:
        """It returns the most pulses and charge (nC, larger phase) requested within any 60 s, [dish] each;
        delivered pulses alone. The limits count in whole seconds and so allow no more than this.
        """
        table = self.table()
        weights = {"pulses": np.ones(self.n_delivered), "charge_nC": table["phase_charge_nC"]}
        most = {name: np.zeros(self.n_dishes) for name in weights}
        for dish in range(self.n_dishes):
            of_dish = np.flatnonzero(table["dish"] == dish)
            of_dish = of_dish[np.argsort(table["requested_s"][of_dish], kind="stable")]
            time_s = table["requested_s"][of_dish].astype(np.float64)
            first = np.searchsorted(time_s, time_s - WINDOW_S, side="right")  # 60 s later is another minute
            for name, weight in weights.items():
                total = np.append(0.0, weight[of_dish].cumsum())
                most[name][dish] = (total[1:] - total[first]).max(initial=0.0)
        return most

    def _recently_delivered(self) -> list[StimulusPlan]:
        """It returns what was delivered within a second of the latest delivery (times only: waveforms are not
        kept).
        """
        n = 1024
        while True:
            rows = self._rows.since(max(0, self.n_delivered - n))
            if not rows.size:
                return []
            old_s = rows["requested_s"].max() - RECENT_S
            if n >= self.n_delivered or rows["requested_s"].min() < old_s:
                recent = rows[rows["requested_s"] >= old_s]
                return [StimulusPlan.biphasic(recent["dish"], recent["channel"], recent["requested_s"])]
            n *= 4

    def _forget_before(self, now_s: float) -> None:
        """It lets go of what can count no more once pulses of `now_s` are delivered."""
        if len(self._admitted) >= self._prune_at:
            self._admitted = [p for p in self._admitted if p.last_s >= now_s - RECENT_S]
            self._prune_at = max(_PRUNE, 2 * len(self._admitted))
        old = int(now_s) - 2 * WINDOW_S - self._origin
        if old > WINDOW_S:  # a minute at a time
            self._dose, self._origin = self._dose[old:].copy(), self._origin + old

    def _by_second(self, plan: StimulusPlan) -> tuple[int, NDArray[np.float64]]:
        """It returns the first second of a plan, and its dose from there, second x dish x (charge in nC,
        pulses).
        """
        first, last = math.floor(plan.first_s), math.floor(plan.last_s)
        cell = plan.dish
        if last > first:
            cell = (np.floor(plan.time_s).astype(np.int64) - first) * self.n_dishes + plan.dish
        size = (last - first + 1) * self.n_dishes
        dose = np.empty((size, 2))
        dose[:, 0] = np.bincount(cell, weights=plan.phase_charge_nC, minlength=size)
        dose[:, 1] = np.bincount(cell, minlength=size)
        return first, dose.reshape(-1, self.n_dishes, 2)

    def _count(self, plan: StimulusPlan, sign: int) -> None:
        first, dose = self._by_second(plan)
        if len(self._dose) == 0:
            self._origin = first
        before = max(0, self._origin - first)
        after = max(0, first + len(dose) - self._origin - len(self._dose))
        if before or after:
            self._dose = np.pad(self._dose, ((before, after), (0, 0), (0, 0)))
            self._origin -= before
        at = first - self._origin
        self._dose[at : at + len(dose)] += sign * dose
