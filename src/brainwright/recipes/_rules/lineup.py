"""The arms: each rule with its options and its learning rates, by board.

Rates, and the options that act like one, were searched by `scripts/rules_rates.py` with seeds that are never
reported and training samples that were held out; docs/rules_rates.md holds what was tried. Boards and arms
that are not in it have first guesses, except "mnist", which has the rates of a publication.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from brainwright.learning import (
    Backpropagation,
    BurstDependent,
    DirectFeedback,
    DirectRandomTarget,
    EProp,
    EquilibriumPropagation,
    FeedbackAlignment,
    FixedPrediction,
    ForwardForward,
    Hebb,
    IncrementalPredictiveCoding,
    KolenPollack,
    LearningRule,
    NodePerturbation,
    Oja,
    PairSTDP,
    Pepita,
    PredictiveCoding,
    RewardSTDP,
    SignSymmetry,
    SoftHebb,
    TargetPropagation,
    ThreeFactor,
    WeightMirror,
    WeightPerturbation,
)
from brainwright.objective import Goodness

from .controls import RandomDirection


@dataclass(frozen=True)
class Arm:
    """A rule and how it is used.

    Args:
        rule: which.
        rate: learning rate of all groups.
        rates: of single groups ("hidden", "readout", "rule"), where they differ.
        phi: nonlinearity, where the rule needs another than the problem's.
        judged_by: the "outputs" of the network, or the "goodness" of each label (forward-forward).
    """

    rule: LearningRule
    rate: float
    rates: Mapping[str, float] = field(default_factory=dict)
    phi: str | None = None
    judged_by: str = "outputs"


EXACT, FLOOR, RANDOM = "backpropagation", "readout only", "random direction"
REWARDED, SIGMOID = "three-factor, readout only", "backpropagation, sigmoid cells"
CONTROLS = (EXACT, FLOOR, RANDOM, REWARDED, SIGMOID)
"""Reward alone needs its own floor, bursts their own cells."""


def _frozen(rate: float) -> Arm:
    return Arm(Backpropagation(), rate, {"hidden": 0.0})


NARROW: dict[str, Arm] = {
    EXACT: Arm(Backpropagation(), 0.03),
    FLOOR: _frozen(0.3),
    RANDOM: Arm(RandomDirection(), 0.003),
    "feedback alignment": Arm(FeedbackAlignment(), 0.03),
    "sign symmetry, uniform": Arm(SignSymmetry("uniform"), 0.03),
    "sign symmetry, fixed": Arm(SignSymmetry("fixed"), 0.03),
    "sign symmetry, fresh": Arm(SignSymmetry("fresh"), 0.1),
    "Kolen-Pollack": Arm(KolenPollack(decay=3e-3), 0.1),
    "weight mirror": Arm(WeightMirror(), 0.03),
    "direct feedback": Arm(DirectFeedback(), 0.01),
    "direct feedback, signs": Arm(DirectFeedback(signs_only=True, threshold=0.3), 0.01),
    "direct random target": Arm(DirectRandomTarget(), 0.1),
    "predictive coding": Arm(PredictiveCoding(), 0.03),
    "predictive coding, fixed": Arm(FixedPrediction(), 0.03),
    "predictive coding, incremental": Arm(IncrementalPredictiveCoding(steps=10, rate=0.5), 0.003),
    "target propagation": Arm(TargetPropagation(), 0.01, {"rule": 0.03}),
    "burst-dependent": Arm(BurstDependent(strength=1.0), 0.3, phi="sigmoid"),
    "PEPITA": Arm(Pepita(), 0.1),
    "node perturbation": Arm(NodePerturbation(), 0.003),
    "weight perturbation": Arm(WeightPerturbation(), 3e-4),
    "three-factor": Arm(ThreeFactor(), 0.1, {"hidden": 3e-4}),
    REWARDED: Arm(ThreeFactor(), 1.0, {"hidden": 0.0}),
    SIGMOID: Arm(Backpropagation(), 0.3, phi="sigmoid"),
}
WIDE = NARROW
FEATURES: dict[str, Arm] = {
    EXACT: Arm(Backpropagation(), 0.03),
    FLOOR: _frozen(0.03),
    "Hebb": Arm(Hebb(), 0.03, {"hidden": 1e-3}),
    "Oja": Arm(Oja(), 0.03, {"hidden": 1e-3}),
    "soft winner-take-all": Arm(SoftHebb(), 0.03, {"hidden": 0.03}),
}
FEATURES_200 = FEATURES
SPIKE_FEATURES: dict[str, Arm] = {
    EXACT: Arm(Backpropagation(), 1e-2),
    FLOOR: _frozen(1e-2),
    "pair STDP": Arm(PairSTDP(), 1e-2, {"hidden": 1e-3}),
}
SPIKE_FEATURES_200 = SPIKE_FEATURES
EQUILIBRIUM: dict[str, Arm] = {
    "equilibrium propagation": Arm(EquilibriumPropagation(beta=0.5, steps=10), 0.1),
    EXACT: Arm(Backpropagation(), 0.1),
    FLOOR: _frozen(0.1),
}
STEEP = ForwardForward(goodness=Goodness(slope=10.0))
GOODNESS: dict[str, Arm] = {
    EXACT: Arm(Backpropagation(), 0.03),
    FLOOR: _frozen(0.03),
    "forward-forward": Arm(STEEP, 0.1, judged_by="goodness"),
}
SEQUENCE: dict[str, Arm] = {
    EXACT: Arm(Backpropagation(), 0.1),
    FLOOR: _frozen(0.1),
    RANDOM: Arm(RandomDirection(), 0.03),
    "backpropagation, truncated": Arm(Backpropagation(window=2), 0.1),
    "feedback alignment": Arm(FeedbackAlignment(), 0.1),
    "direct feedback": Arm(DirectFeedback(), 0.1),
    "e-prop, symmetric": Arm(EProp("symmetric"), 0.1),
    "e-prop, random": Arm(EProp("random"), 0.1),
}
MNIST: dict[str, Arm] = {
    EXACT: Arm(Backpropagation(), 0.2),
    FLOOR: _frozen(0.2),
    "feedback alignment": Arm(FeedbackAlignment(), 0.2),
    "weight mirror": Arm(WeightMirror(), 0.2),
    "Kolen-Pollack": Arm(KolenPollack(decay=1e-3), 0.2),
    "direct feedback": Arm(DirectFeedback(), 0.2),
}
CONNECTOME: dict[str, Arm] = {
    EXACT: Arm(Backpropagation(), 3e-3),
    FLOOR: _frozen(1e-2),
    RANDOM: Arm(RandomDirection(), 3e-3),
    "backpropagation, truncated": Arm(Backpropagation(window=2), 3e-3),
    "feedback alignment": Arm(FeedbackAlignment(), 3e-3),
    "sign symmetry, uniform": Arm(SignSymmetry("uniform"), 3e-3),
    "sign symmetry, fixed": Arm(SignSymmetry("fixed"), 3e-3),
    "sign symmetry, fresh": Arm(SignSymmetry("fresh"), 3e-3),
    "Kolen-Pollack": Arm(KolenPollack(), 3e-3),
    "weight mirror": Arm(WeightMirror(), 3e-3),
    "direct feedback": Arm(DirectFeedback(), 3e-3),
    "direct feedback, signs": Arm(DirectFeedback(signs_only=True, threshold=0.3), 3e-3),
    "direct random target": Arm(DirectRandomTarget(), 1e-3),
    "e-prop, symmetric": Arm(EProp("symmetric"), 3e-3),
    "e-prop, random": Arm(EProp("random"), 3e-3),
    "predictive coding": Arm(PredictiveCoding(), 3e-3),
    "predictive coding, fixed": Arm(FixedPrediction(steps=8), 3e-3),
    "predictive coding, incremental": Arm(IncrementalPredictiveCoding(), 3e-3),
    "equilibrium propagation": Arm(EquilibriumPropagation(), 3e-3),
    "target propagation": Arm(TargetPropagation(), 3e-3),
    "burst-dependent": Arm(BurstDependent(), 3e-3),
    "PEPITA": Arm(Pepita(), 3e-3),
    "forward-forward": Arm(ForwardForward(), 3e-3),
    "node perturbation": Arm(NodePerturbation(), 1e-3),
    "weight perturbation": Arm(WeightPerturbation(), 1e-3),
    "three-factor": Arm(ThreeFactor(), 1e-2, {"hidden": 1e-3}),
    "Hebb": Arm(Hebb(), 1e-2, {"hidden": 1e-4}),
    "Oja": Arm(Oja(), 1e-2, {"hidden": 1e-4}),
    "soft winner-take-all": Arm(SoftHebb(), 1e-2, {"hidden": 1e-4}),
    "pair STDP": Arm(PairSTDP(), 1e-2),
}
SPIKING: dict[str, Arm] = {
    EXACT: Arm(Backpropagation(), 1e-2),
    FLOOR: _frozen(1e-2),
    "e-prop, symmetric": Arm(EProp("symmetric"), 1e-2),
    "e-prop, broadcast": Arm(EProp("broadcast"), 1e-2),
    "three-factor": Arm(ThreeFactor(sigma=1.0), 1e-2, {"hidden": 1e-3}),
    "reward STDP": Arm(RewardSTDP(sigma=1.0), 1e-2, {"hidden": 1e-3}),
    "pair STDP": Arm(PairSTDP(), 1e-2, {"hidden": 1e-4}),
}
