"""The loop around a piece of tissue: present, decide, write, probe."""

from .close_loop import close_loop
from .gradient_writer import GradientWriter
from .layout import Layout, Timing
from .present import AFTER, EARLY, LATE, STIMULUS, Moment, Periods, Writer, present
from .readout import IdentityReadout, expected_hit, successor_share
from .writers import MatchedWriter, OracleWriter, ReplayWriter, SilentWriter

__all__ = [
    "AFTER",
    "EARLY",
    "LATE",
    "STIMULUS",
    "GradientWriter",
    "IdentityReadout",
    "Layout",
    "MatchedWriter",
    "Moment",
    "OracleWriter",
    "Periods",
    "ReplayWriter",
    "SilentWriter",
    "Timing",
    "Writer",
    "close_loop",
    "expected_hit",
    "present",
    "successor_share",
]
