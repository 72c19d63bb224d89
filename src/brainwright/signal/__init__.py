"""Time-stamped data: recordings of spikes, binned frames, and streams of symbols.

Needs NumPy alone. Times are seconds on one clock; arrays are ordered dish, then time, then channel.
"""

from brainwright.signal.errors import StreamError
from brainwright.signal.frames import Frames, bin_counts
from brainwright.signal.make import KINDS, make_stream
from brainwright.signal.positions import pitch_ceiling, positions, right_so_far, rounds_heard, scattered, twin
from brainwright.signal.recording import Recording
from brainwright.signal.rule import cycle, rule
from brainwright.signal.spike_trains import spike_trains
from brainwright.signal.streams import SymbolStream
from brainwright.signal.table import csv_column
from brainwright.signal.text import text
from brainwright.signal.tune import tune

__all__ = [
    "KINDS",
    "Frames",
    "Recording",
    "StreamError",
    "SymbolStream",
    "bin_counts",
    "csv_column",
    "cycle",
    "make_stream",
    "pitch_ceiling",
    "positions",
    "right_so_far",
    "rounds_heard",
    "rule",
    "scattered",
    "spike_trains",
    "text",
    "tune",
    "twin",
]
