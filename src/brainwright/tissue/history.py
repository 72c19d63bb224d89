"""What a tissue has received before it is guarded anew: budgets do not begin at zero with a restart."""

import time
from collections import Counter
from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .chain import Chain
from .chain_lines import ChainBroken
from .ledger import DoseLedger
from .plan import StimulusPlan

Received = tuple[NDArray[Any], NDArray[Any], NDArray[Any], NDArray[Any]]
"""Dish, channel, time on the tissue's present clock in seconds, charge in nC; [pulse] each."""
_ROW = ("dish", "channel", "requested_s")
Row = tuple[int, int, float]
Given = tuple[float, float]
"""When it was delivered, in seconds of the tissue's clock of that time, and its charge in nC."""


def received(doses: DoseLedger, chain: Chain | None, now_s: float) -> Iterator[Received]:
    """It yields all pulses of the tissue's own ledger and of its ledger on disk, each once.

    Where the process, and with it the tissue's clock, began anew since, the time at which a line of the
    ledger was written tells how long ago its pulses were; never less than nothing, if the date was set back.

    Raises:
        ChainBroken: the lines are whole, and not those of a `Guarded`.
    """
    table = doses.table()
    if chain is not None:
        in_doses = Counter(zip(*(table[name].tolist() for name in _ROW), strict=True))
        try:
            for at, rows in _given(chain):
                yield from _of_others(rows, in_doses, now_s - max(0.0, time.time() - at))
        except (KeyError, TypeError, ValueError, IndexError) as error:
            raise ChainBroken(f"{chain.path}: expected the ledger of a tissue, got {error!r}") from error
    if doses.n_delivered:
        yield table["dish"], table["channel"], table["delivered_s"], table["phase_charge_nC"]


def _given(chain: Chain) -> Iterator[tuple[float, dict[Row, Given]]]:
    """It yields when a line was written, and which pulses were delivered by then, or may have been.

    A process that was killed left pulses admitted without a line for what became of them. A device may have
    delivered them; they count.
    """
    waiting: dict[Row, Given] = {}
    last: list[Row] = []
    at = 0.0
    for entry in chain.entries():
        kind = entry["kind"]
        if kind == "opened" and waiting:
            yield at, waiting
            waiting = {}
        at = entry["at"]
        if kind == "admitted":
            last = list(zip(*(entry[name] for name in _ROW), strict=True))
            doses = zip(entry["requested_s"], plan_of(entry).phase_charge_nC.tolist(), strict=True)
            waiting |= zip(last, doses, strict=True)
        elif kind == "withdrawn":
            for row in last:
                waiting.pop(row, None)
        elif kind == "delivered":
            rows = list(zip(*(entry[name] for name in _ROW), strict=True))
            for row in rows:
                waiting.pop(row, None)
            yield (
                at,
                dict(
                    zip(rows, zip(entry["delivered_s"], entry["phase_charge_nC"], strict=True), strict=True)
                ),
            )
        elif kind in ("stopped", "cancelled", "paused"):
            waiting = {row: dose for row, dose in waiting.items() if row[2] < entry["now_s"]}
    yield at, waiting


def plan_of(entry: dict[str, Any]) -> StimulusPlan:
    """It returns the plan of an "admitted" line. Raises KeyError, TypeError, ValueError, IndexError for
    another.
    """
    waves, which = entry["waveforms"], np.array(entry["waveform"], int)
    if which.size and which.min() < 0:
        raise IndexError(f"waveform {which.min()}")
    return StimulusPlan(
        np.array(entry["dish"]),
        np.array(entry["channel"]),
        np.array(entry["requested_s"], np.float64),
        *(np.array([wave[name] for wave in waves], np.float64)[which] for name in ("current_uA", "width_us")),
    )


def _of_others(rows: dict[Row, Given], in_doses: Counter, at_s: float) -> Iterator[Received]:
    """It yields the pulses that are not in the tissue's own ledger; the last of them at `at_s`."""
    foreign = []
    for row, (delivered_s, charge_nC) in rows.items():
        if in_doses[row] > 0:
            in_doses[row] -= 1
        else:
            foreign.append((row[0], row[1], delivered_s, charge_nC))
    if foreign:
        dish, channel, delivered_s, charge_nC = np.array(foreign).T
        yield dish.astype(int), channel.astype(int), at_s + delivered_s - delivered_s.max(), charge_nC
