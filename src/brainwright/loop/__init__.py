"""The verbs: train a network (`fit`), close the loop around a piece of tissue (`close_loop`, `run_ticks`)."""

from .close_loop import close_loop
from .fit import Diverged, Fit, evaluate, fit
from .gradient_writer import GradientWriter
from .handover import Handover
from .layout import Layout, Timing
from .live import Live
from .present import AFTER, EARLY, LATE, STIMULUS, Moment, Periods, Writer, present
from .quiet_memory import quiet_memory
from .readout import IdentityReadout, successor_share
from .rehearsal import rehearsal
from .short_slices import short_slices
from .tick_log import TickLog
from .ticks import CheapController, Controller, Tick, run_ticks
from .trained_beside import TrainedBeside
from .writers import MatchedWriter, OracleWriter, ReplayWriter, SilentWriter

__all__ = [
    "AFTER",
    "EARLY",
    "LATE",
    "STIMULUS",
    "CheapController",
    "Controller",
    "Diverged",
    "Fit",
    "GradientWriter",
    "Handover",
    "IdentityReadout",
    "Layout",
    "Live",
    "MatchedWriter",
    "Moment",
    "OracleWriter",
    "Periods",
    "ReplayWriter",
    "SilentWriter",
    "Tick",
    "TickLog",
    "Timing",
    "TrainedBeside",
    "Writer",
    "close_loop",
    "evaluate",
    "fit",
    "present",
    "quiet_memory",
    "rehearsal",
    "run_ticks",
    "short_slices",
    "successor_share",
]
