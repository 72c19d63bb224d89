"""Learning rules: each fills `.grad`, declares what a synapse may read, and is measured against the gradient.

How to add one is said in `rule.py`.
"""

from .alignment import Alignment, Cost, cost, gradients_of
from .backpropagation import Backpropagation
from .checking import Setting, check_rule
from .direct_feedback import DirectFeedback
from .direct_random_target import DirectRandomTarget
from .eprop import EProp
from .feedback_alignment import FeedbackAlignment
from .groups import groups
from .kolen_pollack import KolenPollack
from .locality import READS, Locality
from .rtrl import RealTimeRecurrent
from .rule import LearningRule, Metrics, RuleState
from .sign_symmetry import SignSymmetry
from .weight_mirror import WeightMirror

__all__ = [
    "READS",
    "Alignment",
    "Backpropagation",
    "Cost",
    "DirectFeedback",
    "DirectRandomTarget",
    "EProp",
    "FeedbackAlignment",
    "KolenPollack",
    "LearningRule",
    "Locality",
    "Metrics",
    "RealTimeRecurrent",
    "RuleState",
    "Setting",
    "SignSymmetry",
    "WeightMirror",
    "check_rule",
    "cost",
    "gradients_of",
    "groups",
]
