"""The verbs: train a network (`fit`), close the loop around a piece of tissue (`close_loop`)."""

from .close_loop import close_loop
from .fit import Diverged, Fit, evaluate, fit
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
    "Diverged",
    "Fit",
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
    "evaluate",
    "expected_hit",
    "fit",
    "present",
    "successor_share",
]
