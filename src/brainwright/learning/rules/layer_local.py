"""Layer-local learning: every population learns from its own part of the loss, and errors cross nothing."""

from dataclasses import dataclass
from typing import ClassVar

from ..locality import Locality
from ..rule import LearningRule, projections
from ..shared.credit import cut, teach


@dataclass(frozen=True)
class LayerLocal(LearningRule):
    """dL_l/dW_l with L_l the part of the loss that looks at population l alone: no gradient travels back over
    any projection (Halvagal & Zenke 2023, Nat Neurosci 26:1906). It needs an objective with a part for each
    recorded population, such as `objective.next_embedding.LayerLocal`; of others only the readout learns.
    """

    name: ClassVar[str] = "layer-local"
    equation: ClassVar[str] = "dL/dW_l = dL_l/dy_l φ'(a_l) h_{l-1}ᵀ"
    bibtex: ClassVar[str] = (
        "@article{halvagal2023, title={The combination of {Hebbian} and predictive plasticity learns "
        "invariant object representations in deep sensory networks}, author={Halvagal, Manu Srinath and "
        "Zenke, Friedemann}, journal={Nature Neuroscience}, volume={26}, pages={1906--1915}, year={2023}}"
    )

    @property
    def locality(self) -> Locality:
        """An error is that of the own population."""
        return Locality(("pre", "post", "error"))

    def update(self, network, batch, objective, state, unrolling=None):
        """See `LearningRule`."""
        return state, teach(network, batch, objective, unrolling, [cut(p) for p in projections(network)])
