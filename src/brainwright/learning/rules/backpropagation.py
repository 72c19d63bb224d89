"""Backpropagation, the reference: the exact gradient, through time and through surrogate slopes of spikes."""

from dataclasses import dataclass
from typing import ClassVar

from ..locality import Locality
from ..rule import LearningRule
from ..shared.credit import teach


@dataclass(frozen=True)
class Backpropagation(LearningRule):
    """g_l = (W_{l+1}ᵀ g_{l+1}) φ'(a_l); dL/dW = g_l h_{l-1}ᵀ (Rumelhart, Hinton & Williams 1986, Nature
    323:533; through time, Werbos 1990).

    Args:
        window: truncated: errors travel back over no more than this many steps; None for all.
    """

    name: ClassVar[str] = "backpropagation"
    equation: ClassVar[str] = "g_l = (W_{l+1}ᵀ g_{l+1}) φ'(a_l)"
    bibtex: ClassVar[str] = (
        "@article{rumelhart1986, title={Learning representations by back-propagating errors}, "
        "author={Rumelhart, David E. and Hinton, Geoffrey E. and Williams, Ronald J.}, journal={Nature}, "
        "volume={323}, pages={533--536}, year={1986}}"
    )
    window: int | None = None

    def __post_init__(self) -> None:
        if self.window is not None and self.window < 1:
            raise ValueError(f"expected a window of at least one step, got {self.window}")

    @property
    def locality(self) -> Locality:
        """Every error crosses the weights of other synapses."""
        return Locality(("pre", "post", "error", "transposed weights"))

    def update(self, network, batch, objective, state, unrolling=None):
        """See `LearningRule`."""
        return state, teach(network, batch, objective, unrolling, None, detach_every=self.window)
