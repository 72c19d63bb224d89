"""What matters to a brain: innate circuits, assessors that learn what those are about to do, and a scorecard.

The learning part of a brain starts empty; the steering part is innate. Assessors (long-term predictors;
Byrnes 2022, "Intro to brain-like AGI safety", posts 5 and 6) stand between: from learned context they predict
what the innate circuits are about to do, and so attach an innate reaction to a learned concept. `value` holds
predicted value and its errors, `curiosity` rewards what is not known yet, `planning` chooses what is wanted.
"""

from . import curiosity, planning, value
from .assessors import Assessors, Broadcast, Moments
from .body import Body
from .checking import AssessorBroken, check_assessor
from .circuits import Face, Flinch, Hunger, Pain, Salt, Signal, Status
from .conditioning import Conditioned, ConditioningTable, conditioned, read_conditioning
from .errors import SteeringError
from .guards import GAIN, GROWTH, growth, refuse_gain, refuse_growth, refuse_unanchored, wiring_gain
from .predictors import ByRule, Delta, Hebb, Predictor
from .scorecard import Scorecard, Veto
from .thoughts import Thoughts

__all__ = [
    "GAIN",
    "GROWTH",
    "AssessorBroken",
    "Assessors",
    "Body",
    "Broadcast",
    "ByRule",
    "Conditioned",
    "ConditioningTable",
    "Delta",
    "Face",
    "Flinch",
    "Hebb",
    "Hunger",
    "Moments",
    "Pain",
    "Predictor",
    "Salt",
    "Scorecard",
    "Signal",
    "Status",
    "SteeringError",
    "Thoughts",
    "Veto",
    "check_assessor",
    "conditioned",
    "curiosity",
    "growth",
    "planning",
    "read_conditioning",
    "refuse_gain",
    "refuse_growth",
    "refuse_unanchored",
    "value",
    "wiring_gain",
]
