"""When each tick of a loop was due, entered and left, and when its stimulus was asked for and came."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from brainwright.tissue import DoseLedger
from brainwright.tissue.recording.matching import delivered_s

COLUMNS = (
    "due_s",  # the deadline: end of the interval that the tick reads
    "entered_s",  # what was read is in hand
    "decided_s",  # the controller has answered
    "left_s",  # the plan is written, the tick is over
    "requested_s",  # of the first pulse of the tick's plan; NaN without one
    "admitted_s",
    "scheduled_s",
    "delivered_s",  # from the ledger; NaN where the pulse was cancelled
    "missed",  # 1: entered a period or more after its deadline, or never
)
DUE, ENTERED, DECIDED, LEFT, REQUESTED, ADMITTED, SCHEDULED, DELIVERED, MISSED = range(len(COLUMNS))
PERCENTILES = (50.0, 90.0, 99.0, 99.9, 100.0)
"""The usual tick, and the tail, which is what breaks a loop; 100 is the worst."""


@dataclass(frozen=True, eq=False)
class TickLog:
    """One row per tick, [tick, column] in the order of `COLUMNS`; seconds on the tissue's clock.

    `line` [tick] is dish * n_channels + channel of the first pulse of each tick's plan, -1 without one.
    """

    period_s: float
    rows: NDArray[np.float64]
    line: NDArray[np.int64]

    @classmethod
    def empty(cls, n_ticks: int, period_s: float) -> "TickLog":
        """Filled before the first tick, so that no page of it is touched for the first time in the loop."""
        return cls(period_s, np.full((n_ticks, len(COLUMNS)), np.nan), np.full(n_ticks, -1, np.int64))

    def __len__(self) -> int:
        return len(self.rows)

    def column(self, name: str) -> NDArray[np.float64]:
        """The column of this name is returned, [tick]."""
        return self.rows[:, COLUMNS.index(name)]

    @property
    def missed(self) -> NDArray[np.bool_]:
        return self.rows[:, MISSED] == 1

    @property
    def late_s(self) -> NDArray[np.float64]:
        """Lateness at entry, [tick]; NaN for a tick that was never entered."""
        return self.rows[:, ENTERED] - self.rows[:, DUE]

    @property
    def body_s(self) -> NDArray[np.float64]:
        """From entry to the end of the tick, [tick]: what of the period the loop takes for itself."""
        return self.rows[:, LEFT] - self.rows[:, ENTERED]

    @property
    def answer_s(self) -> NDArray[np.float64]:
        """From the deadline (the last moment that was read) to the delivery of the stimulus, [tick]."""
        return self.rows[:, DELIVERED] - self.rows[:, DUE]

    def find_deliveries(self, ledger: DoseLedger) -> None:
        """Look up in the ledger when the first pulse of each plan was delivered; fills `delivered_s`."""
        table = ledger.table()
        line = table["dish"].astype(np.int64) * ledger.n_channels + table["channel"].astype(np.int64)
        ledger_s = (table[name].astype(np.float64) for name in ("requested_s", "delivered_s"))
        self.rows[:, DELIVERED] = delivered_s(
            self.line, self.rows[:, REQUESTED], self.rows[:, ADMITTED], line, *ledger_s
        )

    def summary(self) -> dict[str, float | dict[str, float]]:
        """It returns the figures for a report: ticks, misses, drift (s), and percentiles (s) of lateness,
        body and answer.

        Drift is how much later the most punctual tick of the last tenth of the run is entered than that of
        the first: next to nothing for absolute deadlines, what a relative sleep has gathered otherwise.
        """
        late_s, n = self.late_s, len(self)
        tenth = max(1, n // 10)
        drift_s = _least(late_s[-tenth:]) - _least(late_s[:tenth])
        return {
            "period_s": self.period_s,
            "ticks": n,
            "missed": int(self.missed.sum()),
            "stimulated": int((self.line >= 0).sum()),
            "drift_s": drift_s,
            "late_s": percentiles(late_s),
            "body_s": percentiles(self.body_s),
            "answer_s": percentiles(self.answer_s),
        }


def percentiles(values: NDArray[np.float64]) -> dict[str, float]:
    """Percentiles of what is not NaN as {"p50": ..., "max": ...}; empty where nothing is."""
    finite = values[np.isfinite(values)]
    if not finite.size:
        return {}
    names = [f"p{p:g}" if p < 100 else "max" for p in PERCENTILES]
    return dict(zip(names, np.percentile(finite, PERCENTILES).tolist(), strict=True))


def _least(values: NDArray[np.float64]) -> float:
    finite = values[np.isfinite(values)]
    return float(finite.min()) if finite.size else float("nan")
