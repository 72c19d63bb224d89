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
from .hebb import Hebb
from .kolen_pollack import KolenPollack
from .locality import READS, Locality
from .node_perturbation import NodePerturbation
from .oja import Oja
from .pair_stdp import PairSTDP
from .reward_stdp import RewardSTDP
from .rtrl import RealTimeRecurrent
from .rule import LearningRule, Metrics, RuleState
from .sign_symmetry import SignSymmetry
from .soft_hebb import SoftHebb
from .three_factor import ThreeFactor
from .weight_mirror import WeightMirror
from .weight_perturbation import WeightPerturbation

__all__ = [
    "READS",
    "Alignment",
    "Backpropagation",
    "Cost",
    "DirectFeedback",
    "DirectRandomTarget",
    "EProp",
    "FeedbackAlignment",
    "Hebb",
    "KolenPollack",
    "LearningRule",
    "Locality",
    "Metrics",
    "NodePerturbation",
    "Oja",
    "PairSTDP",
    "RealTimeRecurrent",
    "RewardSTDP",
    "RuleState",
    "Setting",
    "SignSymmetry",
    "SoftHebb",
    "ThreeFactor",
    "WeightMirror",
    "WeightPerturbation",
    "check_rule",
    "cost",
    "gradients_of",
    "groups",
]
