"""What tissue was given, beside what it may be given."""

from collections.abc import Mapping

import numpy as np
from numpy.typing import ArrayLike

from .page import Table

NONE = "–"


def dose(
    ledger: Mapping[str, ArrayLike],
    minute: Mapping[str, ArrayLike],
    limits: Mapping[str, float],
    caption: str = "",
) -> Table:
    """A dose ledger as a table.

    Args:
        ledger: pulses as `DoseLedger.table` gives them: `requested_s`, `delivered_s`, `phase_charge_nC` and
            `net_charge_nC`, [pulse].
        minute: `charge_nC` and `pulses` of the busiest minute, [dish], as `DoseLedger.busiest_minute` gives
            them.
        limits: `phase_charge_nC`, `charge_per_minute_nC` and `pulses_per_minute`.
        caption: of the table.
    """
    phase, net = (np.asarray(ledger[name], np.float64) for name in ("phase_charge_nC", "net_charge_nC"))
    late_s = np.abs(np.subtract(ledger["delivered_s"], ledger["requested_s"])).max(initial=0.0)
    charge, pulses = (f"{np.max(minute[name]):,.0f}" for name in ("charge_nC", "pulses"))
    late_us = 1e6 * late_s.round(9)  # a difference of two times is known to about a nanosecond
    limit = {name: f"{float(value):,g}" for name, value in limits.items()}
    rows = [
        ["pulses, all cultures", f"{len(phase):,}", NONE],
        ["charge of a phase, largest (nC)", f"{phase.max(initial=0.0):.2f}", limit["phase_charge_nC"]],
        ["charge in the busiest minute (nC)", charge, limit["charge_per_minute_nC"]],
        ["pulses in the busiest minute", pulses, limit["pulses_per_minute"]],
        ["net charge of a pulse, largest (nC)", f"{np.abs(net).max(initial=0.0):.3g}", NONE],
        ["between time requested and delivered, at most (µs)", f"{late_us:.3g}", NONE],
    ]
    return Table(["", "in the ledger", "limit"], rows, caption)
