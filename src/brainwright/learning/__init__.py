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
from .hebb import Hebb
from .incremental_predictive_coding import IncrementalPredictiveCoding
from .kolen_pollack import KolenPollack
from .locality import READS, Locality
from .node_perturbation import NodePerturbation
from .oja import Oja
from .pair_stdp import PairSTDP
from .pepita import Pepita
from .predictive_coding import PredictiveCoding
from .reward_stdp import RewardSTDP
from .rtrl import RealTimeRecurrent
from .rule import LearningRule, Metrics, RuleState
from .sign_symmetry import SignSymmetry
from .soft_hebb import SoftHebb
from .target_propagation import TargetPropagation
from .three_factor import ThreeFactor
from .weight_mirror import WeightMirror
from .weight_perturbation import WeightPerturbation

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
    "Hebb",
    "IncrementalPredictiveCoding",
    "KolenPollack",
    "LearningRule",
    "Locality",
    "Metrics",
    "NodePerturbation",
    "Oja",
    "PairSTDP",
    "Pepita",
    "PredictiveCoding",
    "RealTimeRecurrent",
    "RewardSTDP",
    "RuleState",
    "Setting",
    "SignSymmetry",
    "SoftHebb",
    "TargetPropagation",
    "ThreeFactor",
    "WeightMirror",
    "WeightPerturbation",
    "check_rule",
    "cost",
    "gradients_of",
    "groups",
]
