"""The verbs: train a network (`fit`), close the loop around a piece of tissue (`close_loop`, `run_ticks`)."""

from .audit import Probed, Saline, audit_decoder
from .close_loop import close_loop
from .fit import Diverged, Fit, evaluate, fit
from .gradient_writer import GradientWriter
from .layout import Layout, Timing, symbol_of
from .present import AFTER, EARLY, LATE, STIMULUS, Moment, Periods, Writer, present
from .probe import Answers, ask, fix_readout, rate_hz, untaught_copy, write_precision
from .punctual.handover import Handover
from .punctual.quiet_memory import quiet_memory
from .punctual.rehearsal import rehearsal
from .punctual.short_slices import short_slices
from .punctual.trained_beside import TrainedBeside
from .readout import IdentityReadout, successor_share
from .responses import causal_connectivity, evoked_responses, go_on, pairs_of_electrodes, raster
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
    "Answers",
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
    "Probed",
    "ReplayWriter",
    "Saline",
    "Schedule",
    "SilentWriter",
    "Taught",
    "Tick",
    "TickLog",
    "Timing",
    "TrainedBeside",
    "Writer",
    "ask",
    "audit_decoder",
    "causal_connectivity",
    "close_loop",
    "evaluate",
    "evoked_responses",
    "fit",
    "fix_readout",
    "go_on",
    "pairs_of_electrodes",
    "present",
    "quiet_memory",
    "raster",
    "rate_hz",
    "rehearsal",
    "run_ticks",
    "short_slices",
    "successor_share",
    "symbol_of",
    "teach",
    "untaught_copy",
    "write_precision",
]
