"""The verbs: train a network (`fit`), close the loop around a piece of tissue (`close_loop`)."""

from .close_loop import close_loop
from .fit import Diverged, Fit, backpropagation, evaluate, fit
from .gradient_writer import GradientWriter
from .layout import Layout, Timing
from .live import Live
from .present import AFTER, EARLY, LATE, STIMULUS, Moment, Periods, Writer, present
from .readout import IdentityReadout, successor_share
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
    "Live",
    "MatchedWriter",
    "Moment",
    "OracleWriter",
    "Periods",
    "ReplayWriter",
    "SilentWriter",
    "Timing",
    "Writer",
    "backpropagation",
    "close_loop",
    "evaluate",
    "fit",
    "present",
    "successor_share",
]
