"""Learning rules: each fills `.grad`, declares what a synapse may read, and is measured against the gradient.

How to add one is said in `rule.py`.
"""

from .alignment import Alignment, Cost, cost, gradients_of
from .backpropagation import Backpropagation
from .bursts import BurstDependent
from .checking import Setting, check_rule
from .direct_feedback import DirectFeedback
from .direct_random_target import DirectRandomTarget
from .eprop import EProp
from .equilibrium_propagation import EquilibriumPropagation
from .feedback_alignment import FeedbackAlignment
from .fixed_prediction import FixedPrediction
from .forward_forward import ForwardForward
from .groups import groups
from .incremental_predictive_coding import IncrementalPredictiveCoding
from .kolen_pollack import KolenPollack
from .locality import READS, Locality
from .pepita import Pepita
from .predictive_coding import PredictiveCoding
from .rtrl import RealTimeRecurrent
from .rule import LearningRule, Metrics, RuleState
from .sign_symmetry import SignSymmetry
from .target_propagation import TargetPropagation
from .weight_mirror import WeightMirror

__all__ = [
    "READS",
    "Alignment",
    "Backpropagation",
    "BurstDependent",
    "Cost",
    "DirectFeedback",
    "DirectRandomTarget",
    "EProp",
    "EquilibriumPropagation",
    "FeedbackAlignment",
    "FixedPrediction",
    "ForwardForward",
    "IncrementalPredictiveCoding",
    "KolenPollack",
    "LearningRule",
    "Locality",
    "Metrics",
    "Pepita",
    "PredictiveCoding",
    "RealTimeRecurrent",
    "RuleState",
    "Setting",
    "SignSymmetry",
    "TargetPropagation",
    "WeightMirror",
    "check_rule",
    "cost",
    "gradients_of",
    "groups",
]
