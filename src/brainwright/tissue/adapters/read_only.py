"""What a preparation that can only be read does with writes: it says so."""

import numpy as np

from ..contract import Receipt
from ..limits import StimulusLimits, StimulusRefused
from ..plan import StimulusPlan

READ_ONLY = StimulusLimits(channels=())
"""Limits of tissue that cannot be stimulated: no channel is on the list. `check_tissue` knows it by that."""


def refuse(plan: StimulusPlan, what: str, now_s: float) -> Receipt:
    """It returns the receipt of an empty plan.

    Raises:
        StimulusRefused: the plan holds pulses.
    """
    if plan.n_pulses:
        raise StimulusRefused(
            f"{what} can be read but not stimulated; got a plan of {plan.n_pulses} pulses. Use a control arm "
            "that writes nothing, or tissue with a stimulator. Nothing was delivered."
        )
    return Receipt(now_s, np.zeros(0), np.zeros(0), 0.0)


def valid_duration(duration_s: float, least_s: float = 0.0) -> float:
    """It returns the duration of a read. Raises ValueError where it is not finite, or not above `least_s`."""
    if not (np.isfinite(duration_s) and duration_s > 0 and duration_s >= least_s):
        floor = f"at least {least_s} s" if least_s else "positive"
        raise ValueError(f"read: expected a finite duration_s, {floor}, got {duration_s}")
    return float(duration_s)
