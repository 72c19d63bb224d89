"""What the ledger says: which symbol was heard when, what was written, and how much charge that took."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from . import units
from .finished import Finished


@dataclass(frozen=True, eq=False)
class Writes:
    """One culture's teaching: the symbol heard in each period and the electrodes written in it.

    `heard` [recorded + taught], `written` [taught, electrode]; `owner` [channel] is the symbol that an
    electrode stands for, -1 for none.
    """

    heard: NDArray[np.int64]
    written: NDArray[np.int64]
    owner: NDArray[np.int64]

    @property
    def recorded(self) -> int:
        return len(self.heard) - len(self.written)


def owner_of(electrodes: NDArray[np.int64], n_channels: int = 64) -> NDArray[np.int64]:
    """Symbol of every channel from electrodes [symbol, electrode]; -1 where a channel stands for none."""
    owner = np.full(n_channels, -1)
    owner[electrodes.ravel()] = np.repeat(np.arange(len(electrodes)), electrodes.shape[1])
    return owner


def writes(run: Finished) -> Writes:
    """Read back from the ledger of the adaptive arm: a period opens with the pulses of its symbol."""
    ledger = units.of_prefix("ledger_", run.taught)
    mine = ledger["dish"] == run.dish
    time_s, channel = ledger["requested_s"][mine], ledger["channel"][mine].astype(np.int64)
    times = np.unique(time_s)
    period_s = times[1] - times[0]  # nothing is written while recording
    since = (time_s - times[0]) / period_s
    period = np.floor(since + 1e-3).astype(np.int64)
    opening = since - period < 1e-3
    owner = owner_of(run.electrodes)
    heard = np.full(period.max() + 1, -1)
    heard[period[opening]] = owner[channel[opening]]
    return Writes(heard, run.taught["written"][run.dish].astype(np.int64), owner)


def busiest_minute(ledger: units.Unit, weight: NDArray[np.float64]) -> float:
    """Largest sum of `weight` [pulse] in any 60 s of any culture."""
    largest = 0.0
    for dish in np.unique(ledger["dish"]):
        mine = ledger["dish"] == dish
        order = np.argsort(ledger["requested_s"][mine], kind="stable")
        time_s, total = ledger["requested_s"][mine][order], np.append(0.0, weight[mine][order].cumsum())
        first = np.searchsorted(time_s, time_s - 60, side="right")
        largest = max(largest, float((total[1:] - total[first]).max()))
    return largest
