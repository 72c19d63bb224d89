"""The verbs: train a network (`fit`), close the loop around a piece of tissue (`close_loop`, `run_ticks`),
join pieces of tissue that learn from one another (`couple`).
"""

from . import graphs
from .audit import Probed, Saline, audit_decoder
from .close_loop import close_loop
from .couple import couple
from .dishes.afterwards import dose_curve, look
from .dishes.anew import teach_anew
from .dishes.arms import ARMS, REPLAYED, writer_of
from .dishes.breaks import BREAKS, SPARED, broken_writer
from .dishes.checks import audit, beats_trivial_forecasts, culture_rates, same_charge
from .dishes.course import Course, teach_dishes
from .dishes.dishes import Dishes, Sizes, dish_seeds
from .dishes.model import DishModel
from .dishes.naive import naive_tissue, readout_of
from .dishes.paces import PLAYING, TEACHING
from .dishes.rests import RESTS, SLOW, rest_dishes
from .dishes.scarce import Hearing, PoorElectrodes, Scarce
from .dishes.slow_weights import with_slow_weights
from .dishes.teaching import Teaching, beginning, written_in
from .fit import Diverged, Fit, evaluate, fit
from .gradient_writer import GradientWriter
from .layout import Layout, Timing, symbol_of
from .live import Day, Foresight, Steering, live
from .messages import Messages
from .next_patch.added import added_skill
from .next_patch.arms import Arm as PredictionArm
from .next_patch.arms import arms as prediction_arms
from .next_patch.judge import judged
from .next_patch.predict_next import Course as PredictionCourse
from .next_patch.predict_next import PredictedNext, predict_next, seen
from .partners import PartnerWriter, RelayWriter, TallyWriter
from .play import in_a_row, play, scores
from .pong.feedback import KINDS, Feedback, Stimuli
from .pong.lessons import BREAKS as PONG_BREAKS
from .pong.lessons import PROBE_GAME, PongLessons
from .pong.lessons import Lesson as PongLesson
from .pong.motor import Motor
from .pong.play_pong import Played, play_pong
from .pong.scores import by_parts, game_scores, survival
from .pong.sites import PACE, babbling, pong_layout, to_the_ball
from .present import AFTER, EARLY, LATE, STIMULUS, Moment, Periods, Writer, present
from .probe import Answers, ask, fix_readout, rate_hz, untaught_copy, write_precision
from .problem import Entry, Problem
from .punctual.handover import Handover
from .punctual.quiet_memory import quiet_memory
from .punctual.rehearsal import rehearsal
from .punctual.short_slices import short_slices
from .punctual.trained_beside import TrainedBeside
from .readout import IdentityReadout, successor_share
from .responses import causal_connectivity, evoked_responses, go_on, pairs_of_electrodes, raster
from .rest import Replay, rest
from .schedule import Schedule
from .sleep import Night, Slept, sleep
from .tick_log import TickLog
from .ticks import CheapController, Controller, Tick, run_ticks
from .training import Lesson, Taught, none_diverged, teach
from .tried import MOMENTS, tried
from .writers import LookupWriter, MatchedWriter, OracleWriter, ReplayWriter, SilentWriter

__all__ = [
    "AFTER",
    "ARMS",
    "BREAKS",
    "EARLY",
    "KINDS",
    "LATE",
    "MOMENTS",
    "PACE",
    "PLAYING",
    "PONG_BREAKS",
    "PROBE_GAME",
    "REPLAYED",
    "RESTS",
    "SLOW",
    "SPARED",
    "STIMULUS",
    "TEACHING",
    "Answers",
    "CheapController",
    "Controller",
    "Course",
    "Day",
    "DishModel",
    "Dishes",
    "Diverged",
    "Entry",
    "Feedback",
    "Fit",
    "Foresight",
    "GradientWriter",
    "Handover",
    "Hearing",
    "IdentityReadout",
    "Layout",
    "Lesson",
    "LookupWriter",
    "MatchedWriter",
    "Messages",
    "Moment",
    "Motor",
    "Night",
    "OracleWriter",
    "PartnerWriter",
    "Periods",
    "Played",
    "PongLesson",
    "PongLessons",
    "PoorElectrodes",
    "PredictedNext",
    "PredictionArm",
    "PredictionCourse",
    "Probed",
    "Problem",
    "RelayWriter",
    "Replay",
    "ReplayWriter",
    "Saline",
    "Scarce",
    "Schedule",
    "SilentWriter",
    "Sizes",
    "Slept",
    "Steering",
    "Stimuli",
    "TallyWriter",
    "Taught",
    "Teaching",
    "Tick",
    "TickLog",
    "Timing",
    "TrainedBeside",
    "Writer",
    "added_skill",
    "ask",
    "audit",
    "audit_decoder",
    "babbling",
    "beats_trivial_forecasts",
    "beginning",
    "broken_writer",
    "by_parts",
    "causal_connectivity",
    "close_loop",
    "couple",
    "culture_rates",
    "dish_seeds",
    "dose_curve",
    "evaluate",
    "evoked_responses",
    "fit",
    "fix_readout",
    "game_scores",
    "go_on",
    "graphs",
    "in_a_row",
    "judged",
    "live",
    "look",
    "naive_tissue",
    "none_diverged",
    "pairs_of_electrodes",
    "play",
    "play_pong",
    "pong_layout",
    "predict_next",
    "prediction_arms",
    "present",
    "quiet_memory",
    "raster",
    "rate_hz",
    "readout_of",
    "rehearsal",
    "rest",
    "rest_dishes",
    "run_ticks",
    "same_charge",
    "scores",
    "seen",
    "short_slices",
    "sleep",
    "successor_share",
    "survival",
    "symbol_of",
    "teach",
    "teach_anew",
    "teach_dishes",
    "to_the_ball",
    "tried",
    "untaught_copy",
    "with_slow_weights",
    "write_precision",
    "writer_of",
    "written_in",
]
