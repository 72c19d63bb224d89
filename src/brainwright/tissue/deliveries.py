"""Lines of the ledger for what was admitted and delivered, and whether the one follows from the other."""

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .contract import Receipt, Tissue
from .plan import StimulusPlan


class Deliveries:
    """Compares what a tissue delivers with what it was told, pulse by pulse.

    Args:
        tissue: its dose ledger says what was delivered, also where it begins anew.
        log: writes a line: kind, and what belongs to it.
    """

    def __init__(self, tissue: Tissue, log: Callable[..., None]):
        self._tissue, self._log = tissue, log
        self._doses, self._logged = tissue.ledger, tissue.ledger.n_delivered
        self._admitted_s: dict[tuple[int, int, float], float] = {}
        self.n_plans = 0

    def announce(self, plan: StimulusPlan, now_s: float) -> None:
        """A line for a plan that is about to be written."""
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

    def expect(self, plan: StimulusPlan, receipt: Receipt) -> None:
        """The plan was written: its pulses may come."""
        rows = zip(plan.dish.tolist(), plan.channel.tolist(), plan.time_s.tolist(), strict=True)
        self._admitted_s |= dict.fromkeys(rows, receipt.admitted_s)

    def forget(self, from_s: float) -> None:
        """What was asked for a time from `from_s` on was cancelled."""
        self._admitted_s = {row: at for row, at in self._admitted_s.items() if row[2] < from_s}

    def take(self) -> str:
        """One line for all pulses delivered since the last; says so if one of them was not admitted."""
        unasked = self._take_rows()
        if self._tissue.ledger is not self._doses:  # a device that was switched on again
            self._doses, self._logged = self._tissue.ledger, 0
            unasked = unasked or self._take_rows()
        return unasked

    def _take_rows(self) -> str:
        rows: dict[str, NDArray[Any]] = self._doses.since(self._logged)
        n = len(rows["dish"])
        if n == 0:
            return ""
        self._logged += n
        keys = zip(rows["dish"].tolist(), rows["channel"].tolist(), rows["requested_s"].tolist(), strict=True)
        admitted = [self._admitted_s.pop(key, None) for key in keys]
        self._log("delivered", admitted_s=admitted, **rows)
        if None not in admitted:
            return ""
        i = admitted.index(None)
        return (
            f"the tissue delivered a pulse that was not admitted, or twice: dish {rows['dish'][i]}, "
            f"channel {rows['channel'][i]}, {rows['requested_s'][i]} s"
        )
