"""The verbs: train a network (`fit`), close the loop around a piece of tissue (`close_loop`, `run_ticks`)."""

from .close_loop import close_loop
from .fit import Diverged, Fit, evaluate, fit
from .gradient_writer import GradientWriter
from .layout import Layout, Timing
from .present import AFTER, EARLY, LATE, STIMULUS, Moment, Periods, Writer, present
from .punctual.handover import Handover
from .punctual.quiet_memory import quiet_memory
from .punctual.rehearsal import rehearsal
from .punctual.short_slices import short_slices
from .punctual.trained_beside import TrainedBeside
from .readout import IdentityReadout, successor_share
from .schedule import Schedule
from .tick_log import TickLog
from .ticks import CheapController, Controller, Tick, run_ticks
from .training import Lesson, Taught, teach
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
    "Lesson",
    "MatchedWriter",
    "Moment",
    "OracleWriter",
    "Periods",
    "ReplayWriter",
    "Schedule",
    "SilentWriter",
    "Taught",
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
    "teach",
]
