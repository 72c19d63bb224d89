"""Kolen-Pollack: feedback weights take the very steps of the forward ones, and both forget."""

from dataclasses import dataclass
from typing import ClassVar

from torch import Tensor

from brainwright.network import Network
from brainwright.network.projection import DenseProjection
from brainwright.network.synapses import Synapses

from ..locality import Locality
from ..rule import LearningRule, projections, trained
from ..shared.credit import answering, drawn, over, teach


@dataclass(frozen=True)
class KolenPollack(LearningRule):
    """Feedback alignment with W ← (1 - λ) W - η G and B ← (1 - λ) B - η G, the same G, so that W - B decays
    to zero (Kolen & Pollack 1994, ICNN; Akrout et al. 2019, arXiv:1904.05391).

    B is in `state.learned` under the name of its partner, so that an optimiser gives both the same step,
    momentum included; with SGD the difference then decays exactly. Adaptive optimisers need decoupled decay
    (AdamW with `weight_decay`, and `decay=0` here). Weights that do not train keep fixed random feedback.

    Args:
        decay: of W and B, added to the gradient as `decay × weight`: λ = learning rate × decay. A learning
            rate of .1 makes the default a λ of 1e-3.
    """

    name: ClassVar[str] = "Kolen-Pollack"
    equation: ClassVar[str] = "g_l = (B_{l+1}ᵀ g_{l+1}) φ'(a_l); ΔB = ΔW"
    bibtex: ClassVar[str] = (
        "@inproceedings{akrout2019, title={Deep learning without weight transport}, author={Akrout, Mohamed "
        "and Wilson, Collin and Humphreys, Peter C. and Lillicrap, Timothy and Tweed, Douglas B.}, "
        "booktitle={Advances in Neural Information Processing Systems}, volume={32}, year={2019}}"
    )
    decay: float = 1e-2

    @property
    def locality(self) -> Locality:
        """Both partners see the same pre, post and their own weight."""
        return Locality(("pre", "post", "own weight", "error"), learns_feedback=True)

    def supports(self, network) -> str | None:
        """Trained weights must be the parameters themselves: else equal steps of parameters are not equal
        steps of weights.
        """
        for k in answering(network):
            prefix = f"projections.{k}."
            trains = any(name.startswith(prefix) for name in trained(network))
            if trains and partner(network, k) is None:
                projection = projections(network)[k]
                return (
                    f"the weights of {projection.pre} -> {projection.post} are functions of its parameters; "
                    "use edges without Dale's law (mode='edge', dale=False)"
                )
        return None

    def prepare(self, network, state) -> None:
        """The feedback weights B are drawn."""
        for k in answering(network):
            b = drawn(network.projection(k).values(), state.generator)
            name = partner(network, k)
            if name is None:
                state.tensors[f"fixed.{k}"] = b
            else:
                state.learned[name] = b

    def update(self, network, batch, objective, state, unrolling=None):
        """See `LearningRule`."""
        feedback = {k: self._feedback(network, state, k) for k in answering(network)}
        metrics = teach(network, batch, objective, unrolling, over(network, feedback))
        parameters = trained(network)
        for name, b in state.learned.items():
            w = parameters[name]
            if w.grad is None:
                continue
            b.grad = w.grad + self.decay * b
            w.grad = w.grad + self.decay * w.detach()
        return state, metrics

    def _feedback(self, network: Network, state, k: int) -> Tensor:
        name = partner(network, k)
        return state.tensors[f"fixed.{k}"] if name is None else state.learned[name]


def partner(network: Network, k: int) -> str | None:
    """Name of the parameter that is the weights of projection k themselves; None where there is none."""
    projection = network.projection(k)
    if isinstance(projection, DenseProjection) and projection.sign is None and projection.train_weight:
        return f"projections.{k}.weight"
    if isinstance(projection, Synapses) and projection.mode == "edge" and not projection.dale:
        return f"projections.{k}.theta"
    return None
