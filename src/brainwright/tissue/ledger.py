"""Append-only record of every pulse that was delivered, and the dose over the last minute."""

import numpy as np
from numpy.typing import NDArray

from .plan import StimulusPlan

WINDOW_S = 60  # the dose window; kept in whole seconds, so the sum covers up to one second more


class DoseLedger:
    """Rows of (requested, delivered) pulses. Rows are added at delivery and never changed.

    `last_pulse_s` [dish, channel] includes admitted pulses that still wait in the queue, so that
    two admitted plans cannot together break a spacing or dose limit.
    """

    def __init__(self, n_dishes: int, n_channels: int):
        self.n_dishes, self.n_channels = n_dishes, n_channels
        self.last_pulse_s = np.full((n_dishes, n_channels), -np.inf)
        self._rows: list[tuple[NDArray[np.float64], ...]] = []
        self._charge: dict[int, NDArray[np.float64]] = {}
        self._pulses: dict[int, NDArray[np.float64]] = {}

    def admit(self, plan: StimulusPlan) -> None:
        """Count an admitted plan against spacing and dose."""
        if plan.n_pulses == 0:
            return
        np.maximum.at(self.last_pulse_s, (plan.dish, plan.channel), plan.time_s)
        for second, charge, pulses in self._by_second(plan):
            self._charge[second] = self._charge.get(second, 0) + charge
            self._pulses[second] = self._pulses.get(second, 0) + pulses

    def withdraw(self, plan: StimulusPlan) -> None:
        """Take cancelled pulses out of the dose (their spacing stays reserved: the safe side)."""
        for second, charge, pulses in self._by_second(plan):
            self._charge[second] = self._charge[second] - charge
            self._pulses[second] = self._pulses[second] - pulses

    def deliver(self, plan: StimulusPlan, delivered_s: NDArray[np.float64]) -> None:
        """Record pulses as delivered at `delivered_s` [pulse]."""
        if plan.n_pulses:
            largest = np.abs(plan.charge_nC).max(axis=1)
            net = plan.charge_nC.sum(axis=1)
            self._rows.append((plan.dish, plan.channel, plan.time_s, delivered_s, largest, net))

    def with_plan(self, plan: StimulusPlan) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Largest charge (nC) and pulse count in any minute that `plan` touches, per dish, plan included."""
        charge, pulses = dict(self._charge), dict(self._pulses)
        new = self._by_second(plan)
        for second, more_charge, more_pulses in new:
            charge[second] = charge.get(second, 0) + more_charge
            pulses[second] = pulses.get(second, 0) + more_pulses
        nothing = np.zeros(self.n_dishes)
        most_charge, most_pulses = nothing, nothing
        for second in {s + ahead for s, _, _ in new for ahead in _ahead(s, charge)}:
            window = range(second - WINDOW_S, second + 1)
            most_charge = np.maximum(most_charge, sum((charge.get(s, nothing) for s in window), nothing))
            most_pulses = np.maximum(most_pulses, sum((pulses.get(s, nothing) for s in window), nothing))
        return most_charge, most_pulses

    def _by_second(self, plan: StimulusPlan) -> list[tuple[int, NDArray[np.float64], NDArray[np.float64]]]:
        seconds = np.floor(plan.time_s).astype(np.int64)
        charge = np.abs(plan.charge_nC).max(axis=1) if plan.n_pulses else np.zeros(0)
        rows = []
        for second in np.unique(seconds):
            here = seconds == second
            dish = plan.dish[here]
            rows.append(
                (
                    int(second),
                    np.bincount(dish, weights=charge[here], minlength=self.n_dishes),
                    np.bincount(dish, minlength=self.n_dishes).astype(np.float64),
                )
            )
        return rows

    def table(self) -> dict[str, NDArray[np.float64]]:
        """All delivered pulses: dish, channel, requested_s, delivered_s, phase_charge_nC, net_charge_nC."""
        names = ("dish", "channel", "requested_s", "delivered_s", "phase_charge_nC", "net_charge_nC")
        if not self._rows:
            return {name: np.zeros(0) for name in names}
        return {name: np.concatenate([row[i] for row in self._rows]) for i, name in enumerate(names)}

    def totals(self) -> dict[str, NDArray[np.float64]]:
        """Delivered pulses and charge (nC, larger phase) per dish."""
        table = self.table()
        dish = table["dish"].astype(np.int64)
        return {
            "pulses": np.bincount(dish, minlength=self.n_dishes).astype(np.float64),
            "charge_nC": np.bincount(dish, weights=table["phase_charge_nC"], minlength=self.n_dishes),
        }


def _ahead(second: int, known: dict[int, NDArray[np.float64]]) -> list[int]:
    """Window ends worth testing after a new pulse: its own second, and later ones that hold pulses."""
    return [0] + [s - second for s in known if second < s <= second + WINDOW_S]
