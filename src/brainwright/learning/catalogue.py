"""Every rule that ships, once per variant: what the checker, the documentation and the recipe walk over; and
what each says of itself.
"""

from typing import Any

from .rule import LearningRule
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


def catalogue() -> dict[str, LearningRule]:
    """It returns name of the variant → the rule with its defaults."""
    return {
        "backpropagation": Backpropagation(),
        "backpropagation, truncated": Backpropagation(window=1),
        "feedback alignment": FeedbackAlignment(),
        "sign symmetry, uniform": SignSymmetry("uniform"),
        "sign symmetry, fixed": SignSymmetry("fixed"),
        "sign symmetry, fresh": SignSymmetry("fresh"),
        "Kolen-Pollack": KolenPollack(),
        "weight mirror": WeightMirror(),
        "direct feedback": DirectFeedback(),
        # a threshold found by trial: without one, sign errors drive tanh cells into saturation
        "direct feedback, signs": DirectFeedback(signs_only=True, threshold=0.3),
        "direct random target": DirectRandomTarget(),
        "e-prop, symmetric": EProp("symmetric"),
        "e-prop, random": EProp("random"),
        "e-prop, broadcast": EProp("broadcast"),
        "real-time recurrent": RealTimeRecurrent(),
        "predictive coding": PredictiveCoding(),
        "predictive coding, fixed": FixedPrediction(),
        "predictive coding, incremental": IncrementalPredictiveCoding(),
        "equilibrium propagation": EquilibriumPropagation(),
        "target propagation": TargetPropagation(),
        "burst-dependent": BurstDependent(),
        "PEPITA": Pepita(),
        "forward-forward": ForwardForward(),
        "node perturbation": NodePerturbation(),
        "weight perturbation": WeightPerturbation(),
        "three-factor": ThreeFactor(),
        "reward STDP": RewardSTDP(),
        "pair STDP": PairSTDP(),
        "Hebb": Hebb(),
        "Oja": Oja(),
        "soft winner-take-all": SoftHebb(),
    }


def declared(rule: LearningRule) -> dict[str, Any]:
    """It returns what a synapse reads and waits for under a rule, as plain values; all but the cost is tested
    by intervention (`check_rule`).

    Keys: `reads` (of `READS`, beside its own two cells), `weight_transport`, `phases` (forward passes in an
    update; 0 for as many as it takes), `waits`, `learns_feedback`, `symmetric` and `sweeps` (over all edges
    in a step).
    """
    locality = rule.locality
    return {
        "reads": [name for name in locality.reads if name not in ("pre", "post")],
        "weight_transport": locality.weight_transport,
        "phases": locality.phases,
        "waits": locality.waits,
        "learns_feedback": locality.learns_feedback,
        "symmetric": locality.symmetric,
        "sweeps": rule.passes,
    }
