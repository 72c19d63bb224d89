"""Every rule that ships, once per variant: what the checker, the documentation and the recipe walk over."""

from .backpropagation import Backpropagation
from .bursts import BurstDependent
from .direct_feedback import DirectFeedback
from .direct_random_target import DirectRandomTarget
from .eprop import EProp
from .equilibrium_propagation import EquilibriumPropagation
from .feedback_alignment import FeedbackAlignment
from .fixed_prediction import FixedPrediction
from .forward_forward import ForwardForward
from .hebb import Hebb
from .incremental_predictive_coding import IncrementalPredictiveCoding
from .kolen_pollack import KolenPollack
from .node_perturbation import NodePerturbation
from .oja import Oja
from .pair_stdp import PairSTDP
from .pepita import Pepita
from .predictive_coding import PredictiveCoding
from .reward_stdp import RewardSTDP
from .rtrl import RealTimeRecurrent
from .rule import LearningRule
from .sign_symmetry import SignSymmetry
from .soft_hebb import SoftHebb
from .target_propagation import TargetPropagation
from .three_factor import ThreeFactor
from .weight_mirror import WeightMirror
from .weight_perturbation import WeightPerturbation


def catalogue() -> dict[str, LearningRule]:
    """Name of the variant → the rule with its defaults."""
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


def markdown() -> str:
    """What each rule reads and costs, from its own declaration, as a page of documentation."""
    lines = [HEAD, _row(*COLUMNS), _row(*["---"] * len(COLUMNS))]
    lines += [_row(name, *_cells(rule)) for name, rule in catalogue().items()]
    lines += ["", "## Equations and sources", ""]
    for name, rule in catalogue().items():
        lines += [f"- **{name}**: `{rule.equation}`", "", f"  ```bibtex\n  {rule.bibtex}\n  ```", ""]
    return "\n".join(lines).rstrip() + "\n"


COLUMNS = (
    "rule",
    "reads, beside pre and post",
    "weight transport",
    "forward passes",
    "waits for",
    "own feedback learns",
    "reciprocal wiring",
    "sweeps",
)
HEAD = """# Learning rules: what a synapse may read

Written by `scripts/rules_page.py` from the declarations of the rules, which `check_rule` tests by
intervention: it changes whatever a rule does not declare and demands the identical update. Do not edit.

Every rule reads the activity of the presynaptic cell and the state of the postsynaptic one. *Weight
transport*: an error crosses the weights of synapses elsewhere, which no synapse could know. *Forward passes*:
with activity of their own, in one update; "many" for a relaxation. *Sweeps*: over all edges per step of the
network, forward and backward together; backpropagation takes two.
"""


def _cells(rule: LearningRule) -> list[str]:
    own = rule.locality
    others = [name for name in own.reads if name not in ("pre", "post")]
    return [
        ", ".join(others) or "nothing",
        "yes" if own.weight_transport else "no",
        str(own.phases) if own.phases else "many",
        own.waits,
        "yes" if own.learns_feedback else "no",
        "yes" if own.symmetric else "no",
        f"{rule.passes:g}",
    ]


def _row(*cells: str) -> str:
    return f"| {' | '.join(cells)} |"
