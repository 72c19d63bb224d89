"""Which delivery answers which pulse: by its electrode and the moment that was asked of the tissue."""

import numpy as np
from numpy.typing import NDArray

_SAME_S = 1e-6  # two moments this close are one


def delivered_s(
    line: NDArray[np.int64],
    requested_s: NDArray[np.float64],
    admitted_s: NDArray[np.float64],
    ledger_line: NDArray[np.int64],
    ledger_requested_s: NDArray[np.float64],
    ledger_delivered_s: NDArray[np.float64],
) -> NDArray[np.float64]:
    """It returns when each admitted pulse was delivered, [pulse]; NaN where it never was.

    `line` is dish * n_channels + channel. What was asked of the tissue is the requested moment, or for a late
    pulse that of its admission (see `Paced`). Ledger columns are [delivery].
    """
    delivered = np.full(len(line), np.nan)
    asked_s = np.maximum(requested_s, admitted_s)
    order = np.lexsort((ledger_requested_s, ledger_line))
    ledger_line, ledger_requested_s = ledger_line[order], ledger_requested_s[order]
    ledger_delivered_s = ledger_delivered_s[order]
    for number in np.unique(line):
        low, high = np.searchsorted(ledger_line, [number, number + 1])
        if low == high:
            continue
        pulses = np.flatnonzero((line == number) & np.isfinite(asked_s))
        at = np.minimum(
            low + np.searchsorted(ledger_requested_s[low:high], asked_s[pulses] - _SAME_S), high - 1
        )
        hit = np.abs(ledger_requested_s[at] - asked_s[pulses]) <= _SAME_S
        delivered[pulses[hit]] = ledger_delivered_s[at[hit]]
    return delivered
