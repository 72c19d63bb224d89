"""The entries: each rule with its options and rates, by board; docs/rules_lineup.md says whence."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from brainwright import learning
from brainwright.learning import LearningRule
from brainwright.objective import Goodness


@dataclass(frozen=True)
class Entry:
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
REWARD_FLOOR, JITTER_FLOOR = "three-factor, readout only", "weight perturbation, readout only"
OWN_FLOOR = {"three-factor": REWARD_FLOOR, "reward STDP": REWARD_FLOOR, "weight perturbation": JITTER_FLOOR}
"""Arm → the arm whose readout learns in the same way while hidden synapses are frozen, where that is not
`FLOOR`.
"""
FROZEN = (FLOOR, REWARD_FLOOR, JITTER_FLOOR)
SIGMOID = "backpropagation, sigmoid cells"
CONTROLS = (EXACT, RANDOM, SIGMOID, *FROZEN)
"""Bursts have their own cells."""


def _frozen(rate: float) -> Entry:
    return Entry(learning.Backpropagation(), rate, {"hidden": 0.0})


NARROW: dict[str, Entry] = {
    EXACT: Entry(learning.Backpropagation(), 0.03),
    FLOOR: _frozen(0.3),
    RANDOM: Entry(learning.RandomDirection(), 0.003),
    "feedback alignment": Entry(learning.FeedbackAlignment(), 0.03),
    "sign symmetry, uniform": Entry(learning.SignSymmetry("uniform"), 0.03),
    "sign symmetry, fixed": Entry(learning.SignSymmetry("fixed"), 0.03),
    "sign symmetry, fresh": Entry(learning.SignSymmetry("fresh"), 0.1),
    "Kolen-Pollack": Entry(learning.KolenPollack(decay=3e-3), 0.1),
    "weight mirror": Entry(learning.WeightMirror(), 0.03),
    "direct feedback": Entry(learning.DirectFeedback(), 0.01),
    "direct feedback, signs": Entry(learning.DirectFeedback(signs_only=True, threshold=0.3), 0.01),
    "direct random target": Entry(learning.DirectRandomTarget(), 0.1),
    "predictive coding": Entry(learning.PredictiveCoding(), 0.03),
    "predictive coding, fixed": Entry(learning.FixedPrediction(), 0.03),
    "predictive coding, incremental": Entry(learning.IncrementalPredictiveCoding(steps=10, rate=0.5), 0.003),
    "target propagation": Entry(learning.TargetPropagation(), 0.01, {"rule": 0.03}),
    "burst-dependent": Entry(learning.BurstDependent(strength=1.0), 0.3, phi="sigmoid"),
    "PEPITA": Entry(learning.Pepita(), 0.1),
    "node perturbation": Entry(learning.NodePerturbation(), 0.003),
    "weight perturbation": Entry(learning.WeightPerturbation(), 3e-4),
    "three-factor": Entry(learning.ThreeFactor(), 0.1, {"hidden": 3e-4}),
    REWARD_FLOOR: Entry(learning.ThreeFactor(), 1.0, {"hidden": 0.0}),
    SIGMOID: Entry(learning.Backpropagation(), 0.3, phi="sigmoid"),
}
WIDE = NARROW
FEATURES: dict[str, Entry] = {
    EXACT: Entry(learning.Backpropagation(), 0.03),
    FLOOR: _frozen(0.3),
    "Hebb": Entry(learning.Hebb(), 0.3, {"hidden": 1e-5}),
    "Oja": Entry(learning.Oja(), 0.3, {"hidden": 1e-5}),
    "soft winner-take-all": Entry(learning.SoftHebb(temperature=3.0), 0.3, {"hidden": 1e-5}),
}
FEATURES_200: dict[str, Entry] = {
    EXACT: Entry(learning.Backpropagation(), 0.1),
    FLOOR: _frozen(0.03),
    "Hebb": Entry(learning.Hebb(), 0.03, {"hidden": 1e-5}),
    "Oja": Entry(learning.Oja(), 0.03, {"hidden": 1e-5}),
    "soft winner-take-all": Entry(learning.SoftHebb(temperature=3.0), 0.03, {"hidden": 3e-4}),
}
SPIKE_FEATURES: dict[str, Entry] = {
    EXACT: Entry(learning.Backpropagation(), 1e-2),
    FLOOR: _frozen(1e-2),
    "pair STDP": Entry(learning.PairSTDP(), 1e-2, {"hidden": 1e-3}),
}
SPIKE_FEATURES_200 = SPIKE_FEATURES
EQUILIBRIUM: dict[str, Entry] = {
    "equilibrium propagation": Entry(learning.EquilibriumPropagation(beta=0.5, steps=10), 0.1),
    EXACT: Entry(learning.Backpropagation(), 0.1),
    FLOOR: _frozen(0.1),
}
STEEP = learning.ForwardForward(goodness=Goodness(slope=10.0))
GOODNESS: dict[str, Entry] = {
    EXACT: Entry(learning.Backpropagation(), 0.03),
    FLOOR: _frozen(0.03),
    "forward-forward": Entry(STEEP, 0.1, judged_by="goodness"),
}
SEQUENCE: dict[str, Entry] = {
    EXACT: Entry(learning.Backpropagation(), 0.1),
    FLOOR: _frozen(0.1),
    RANDOM: Entry(learning.RandomDirection(), 0.03),
    "backpropagation, truncated": Entry(learning.Backpropagation(window=2), 0.1),
    "feedback alignment": Entry(learning.FeedbackAlignment(), 0.1),
    "direct feedback": Entry(learning.DirectFeedback(), 0.1),
    "e-prop, symmetric": Entry(learning.EProp("symmetric"), 0.1),
    "e-prop, random": Entry(learning.EProp("random"), 0.1),
}
MNIST: dict[str, Entry] = {
    EXACT: Entry(learning.Backpropagation(), 0.2),
    FLOOR: _frozen(0.2),
    "feedback alignment": Entry(learning.FeedbackAlignment(), 0.2),
    "weight mirror": Entry(learning.WeightMirror(), 0.2),
    "Kolen-Pollack": Entry(learning.KolenPollack(decay=0.0), 0.3),
    "direct feedback": Entry(learning.DirectFeedback(), 0.2),
}
_JITTER = learning.WeightPerturbation(estimates=8)
_REWARD = learning.ThreeFactor(sigma=0.1, baseline="class", estimates=8)
CONNECTOME: dict[str, Entry] = {
    EXACT: Entry(learning.Backpropagation(), 3e-2, {"hidden": 1e-2}),
    FLOOR: _frozen(0.3),
    REWARD_FLOOR: Entry(_REWARD, 3e-2, {"hidden": 0.0}),
    JITTER_FLOOR: Entry(_JITTER, 1e-2, {"hidden": 0.0}),
    RANDOM: Entry(learning.RandomDirection(), 1e-1, {"hidden": 1e-3}),
    "backpropagation, truncated": Entry(learning.Backpropagation(window=2), 1e-2),
    "feedback alignment": Entry(learning.FeedbackAlignment(), 1e-2),
    "sign symmetry, uniform": Entry(learning.SignSymmetry("uniform"), 1e-2),
    "sign symmetry, fixed": Entry(learning.SignSymmetry("fixed"), 1e-2),
    "sign symmetry, fresh": Entry(learning.SignSymmetry("fresh"), 1e-2),
    "Kolen-Pollack": Entry(learning.KolenPollack(), 1e-2),
    "weight mirror": Entry(learning.WeightMirror(), 1e-2),
    "direct feedback": Entry(learning.DirectFeedback(), 1e-2),
    "direct feedback, signs": Entry(
        learning.DirectFeedback(signs_only=True, threshold=0.3), 0.3, {"hidden": 1e-2}
    ),
    "direct random target": Entry(learning.DirectRandomTarget(), 1e-1, {"hidden": 3e-3}),
    "e-prop, symmetric": Entry(learning.EProp("symmetric"), 1e-2, {"hidden": 3e-2}),
    "e-prop, random": Entry(learning.EProp("random"), 3e-2, {"hidden": 3e-2}),
    "e-prop, broadcast": Entry(learning.EProp("broadcast"), 0.1, {"hidden": 1e-2}),
    "predictive coding": Entry(learning.PredictiveCoding(), 3e-3, {"hidden": 1e-2}),
    "predictive coding, fixed": Entry(learning.FixedPrediction(steps=8), 1e-2),
    "predictive coding, incremental": Entry(
        learning.IncrementalPredictiveCoding(steps=10, rate=0.5), 3e-2, {"hidden": 1e-2}
    ),
    "equilibrium propagation": Entry(learning.EquilibriumPropagation(), 1e-2),
    "target propagation": Entry(learning.TargetPropagation(), 1e-2),
    "burst-dependent": Entry(learning.BurstDependent(), 1e-2),
    "PEPITA": Entry(learning.Pepita(), 1e-2),
    "forward-forward": Entry(learning.ForwardForward(), 1e-2),
    "node perturbation": Entry(learning.NodePerturbation(estimates=16), 3e-2, {"hidden": 1e-3}),
    "weight perturbation": Entry(_JITTER, 1e-2, {"hidden": 1e-3}),
    "three-factor": Entry(_REWARD, 3e-2, {"hidden": 3e-4}),
    "Hebb": Entry(learning.Hebb(), 0.3, {"hidden": 1e-6}),
    "Oja": Entry(learning.Oja(), 0.3, {"hidden": 1e-6}),
    "soft winner-take-all": Entry(learning.SoftHebb(), 1e-2, {"hidden": 1e-4}),
    "pair STDP": Entry(learning.PairSTDP(), 1e-2),
}
_SPIKING_REWARD = learning.ThreeFactor(sigma=0.1, baseline="class", estimates=4)
LARVA: dict[str, Entry] = {
    name: arm for name, arm in CONNECTOME.items() if not name.startswith("weight perturbation")
} | {
    EXACT: Entry(learning.Backpropagation(), 1e-2),
    FLOOR: _frozen(1e-1),
    "direct random target": Entry(learning.DirectRandomTarget(), 1e-1, {"hidden": 3e-5}),
    "e-prop, symmetric": Entry(learning.EProp("symmetric"), 3e-3, {"hidden": 3e-2}),
    "e-prop, random": Entry(learning.EProp("random"), 3e-2, {"hidden": 1e-2}),
    "e-prop, broadcast": Entry(learning.EProp("broadcast"), 1e-1, {"hidden": 3e-3}),
    "predictive coding": Entry(learning.PredictiveCoding(), 1e-3, {"hidden": 1e-2}),
    "predictive coding, incremental": Entry(
        learning.IncrementalPredictiveCoding(steps=10, rate=0.5, plasticity=3e-3), 3e-2, {"hidden": 1e-3}
    ),
    "Hebb": Entry(learning.Hebb(), 0.1, {"hidden": 1e-6}),
    "Oja": Entry(learning.Oja(), 0.1, {"hidden": 1e-6}),
}
"""Noise on each of 120,000 parameters says too little: there is no weight perturbation."""
SPIKING: dict[str, Entry] = {
    EXACT: Entry(learning.Backpropagation(), 3e-4, {"hidden": 1e-2}),
    FLOOR: _frozen(3e-4),
    REWARD_FLOOR: Entry(_SPIKING_REWARD, 1e-3, {"hidden": 0.0}),
    "e-prop, symmetric": Entry(learning.EProp("symmetric"), 3e-4, {"hidden": 1e-2}),
    "e-prop, broadcast": Entry(learning.EProp("broadcast"), 3e-4, {"hidden": 1e-2}),
    "three-factor": Entry(_SPIKING_REWARD, 1e-3, {"hidden": 3e-3}),
    "reward STDP": Entry(
        learning.RewardSTDP(sigma=0.1, baseline="class", estimates=4), 1e-3, {"hidden": 1e-3}
    ),
    "pair STDP": Entry(learning.PairSTDP(), 3e-4, {"hidden": 1e-4}),
}
