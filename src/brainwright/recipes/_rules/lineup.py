"""The arms: each rule with its options and its learning rates, by problem.

Rates were chosen by `choose` on a fifth of the training samples with seeds that are never reported.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from brainwright.learning import (
    Backpropagation,
    DirectFeedback,
    DirectRandomTarget,
    EProp,
    FeedbackAlignment,
    KolenPollack,
    LearningRule,
    SignSymmetry,
    WeightMirror,
)


@dataclass(frozen=True)
class Arm:
    """A rule and how it is used.

    Args:
        rule: which.
        rate: learning rate of all groups.
        rates: of single groups ("hidden", "readout", "rule"), where they differ.
        phi: nonlinearity, where the rule needs another than the problem's.
    """

    rule: LearningRule
    rate: float
    rates: Mapping[str, float] = field(default_factory=dict)
    phi: str | None = None


FLOOR = "readout only"

NARROW: dict[str, Arm] = {
    "backpropagation": Arm(Backpropagation(), 0.01),
    FLOOR: Arm(Backpropagation(), 0.1, {"hidden": 0.0}),
    "feedback alignment": Arm(FeedbackAlignment(), 0.1),
    "direct feedback": Arm(DirectFeedback(), 0.01),
    "direct feedback, signs": Arm(DirectFeedback(signs_only=True), 0.003),
    "sign symmetry, uniform": Arm(SignSymmetry("uniform"), 0.03),
    "sign symmetry, fixed": Arm(SignSymmetry("fixed"), 0.03),
    "sign symmetry, fresh": Arm(SignSymmetry("fresh"), 0.03),
    "Kolen-Pollack": Arm(KolenPollack(decay=3e-3), 0.03),
    "weight mirror": Arm(WeightMirror(), 0.03),
    "direct random target": Arm(DirectRandomTarget(), 0.03),
}

SEQUENCE: dict[str, Arm] = {
    "backpropagation": Arm(Backpropagation(), 0.1),
    FLOOR: Arm(Backpropagation(), 0.1, {"hidden": 0.0}),
    "e-prop, symmetric": Arm(EProp("symmetric"), 0.1),
    "e-prop, random": Arm(EProp("random"), 0.1),
    "direct feedback": Arm(DirectFeedback(), 0.03),
    "feedback alignment": Arm(FeedbackAlignment(), 0.03),
}
