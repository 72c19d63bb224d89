"""Learning rules: each fills `.grad`, declares what a synapse may read, and is measured against the gradient.

How to add one is said in `rule.py`.
"""

from .alignment import Alignment, Cost, cost, gradients_of
from .checking import Setting, check_rule
from .groups import groups
from .locality import READS, Locality
from .random_direction import RandomDirection
from .rule import LearningRule, Metrics, RuleState
from .rules.backpropagation import Backpropagation
from .rules.bursts import BurstDependent
from .rules.direct_feedback import DirectFeedback
from .rules.direct_random_target import DirectRandomTarget
from .rules.eprop import EProp
from .rules.equilibrium_propagation import EquilibriumPropagation
from .rules.feedback_alignment import FeedbackAlignment
from .rules.fixed_prediction import FixedPrediction
from .rules.forward_forward import ForwardForward
from .rules.hebb import Hebb
from .rules.incremental_predictive_coding import IncrementalPredictiveCoding
from .rules.kolen_pollack import KolenPollack
from .rules.layer_local import LayerLocal
from .rules.node_perturbation import NodePerturbation
from .rules.oja import Oja
from .rules.pair_stdp import PairSTDP
from .rules.pepita import Pepita
from .rules.predictive_coding import PredictiveCoding
from .rules.reward_stdp import RewardSTDP
from .rules.rtrl import RealTimeRecurrent
from .rules.sign_symmetry import SignSymmetry
from .rules.soft_hebb import SoftHebb
from .rules.target_propagation import TargetPropagation
from .rules.three_factor import ThreeFactor
from .rules.weight_mirror import WeightMirror
from .rules.weight_perturbation import WeightPerturbation

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
    "LayerLocal",
    "LearningRule",
    "Locality",
    "Metrics",
    "NodePerturbation",
    "Oja",
    "PairSTDP",
    "Pepita",
    "PredictiveCoding",
    "RandomDirection",
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
