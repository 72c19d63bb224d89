"""Methods that learn one context after another, all through one contract."""

from .asleep import Asleep, GistAlone
from .attacked import had_back
from .brain_inspired import BrainInspired
from .contract import NOT_ASKED, Method, Setting
from .course import Course, Samples, figures, taken
from .distilled import WithoutForgetting
from .generative import DistilledReplay, GenerativeReplay
from .icarl import NearestMean
from .plain import Joint, Nothing
from .protocols import of_arrays, of_folder, permuted, split
from .regularised import Consolidation, Intelligence, ReversedConsolidation
from .replayed import DarkReplay, ProjectedGradient, Replay, Retrieval
from .same_layer import JointBehind, NothingBehind, ReplayBehind, SameLayer
from .spontaneous import Noise, SleepReplay, SleepReplayBoth

METHODS: dict[str, type[Method]] = {
    method.name: method
    for method in (
        Nothing,
        Joint,
        Consolidation,
        ReversedConsolidation,
        Intelligence,
        WithoutForgetting,
        Replay,
        DarkReplay,
        ProjectedGradient,
        Retrieval,
        GistAlone,
        GenerativeReplay,
        DistilledReplay,
        BrainInspired,
        SleepReplay,
        SleepReplayBoth,
        NearestMean,
        NothingBehind,
        ReplayBehind,
        JointBehind,
        Asleep,
    )
}
"""By name, in the order of the table."""

__all__ = [
    "METHODS",
    "NOT_ASKED",
    "Asleep",
    "BrainInspired",
    "Consolidation",
    "Course",
    "DarkReplay",
    "DistilledReplay",
    "GenerativeReplay",
    "GistAlone",
    "Intelligence",
    "Joint",
    "JointBehind",
    "Method",
    "NearestMean",
    "Noise",
    "Nothing",
    "NothingBehind",
    "ProjectedGradient",
    "Replay",
    "ReplayBehind",
    "Retrieval",
    "ReversedConsolidation",
    "SameLayer",
    "Samples",
    "Setting",
    "SleepReplay",
    "SleepReplayBoth",
    "WithoutForgetting",
    "figures",
    "had_back",
    "of_arrays",
    "of_folder",
    "permuted",
    "split",
    "taken",
]
