"""Paces at which dishes are taught and asked."""

from typing import Any

from ..layout import Timing

WINDOWS: dict[str, Any] = {
    "write_at_s": 0.006,
    "early_s": (0.002, 0.006),
    "after_s": (0.006, 0.012),
    "late_s": (0.012, 0.080),
    "stimulus_s": (0.0, 0.006),
}
"""Direct spikes come 2 to 5 ms after a pulse, so none lies in the answer window that begins at 6, nor do
those of a write at 6 in what is heard from 12 on. After 12 ms the answer is over: the note after next comes.
"""
TEACHING, PLAYING = Timing(period_s=0.080, **WINDOWS), Timing(period_s=0.300, **WINDOWS)
"""Paces. Depressed synapses answer weakly, so the dish plays at a pace at which they have recovered."""
