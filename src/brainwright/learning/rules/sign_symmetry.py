"""Sign symmetry: feedback weights share the signs of the forward ones, not their sizes."""

from dataclasses import dataclass
from typing import ClassVar

from torch import Tensor

from ..locality import Locality
from ..rule import LearningRule
from ..shared.credit import answering, drawn, over, teach

SIZES = ("uniform", "fixed", "fresh")


@dataclass(frozen=True)
class SignSymmetry(LearningRule):
    """Feedback alignment with B = M sign(W) (Liao, Leibo & Poggio 2016, AAAI; Moskovitz et al. 2018,
    arXiv:1812.06488).

    Args:
        sizes: of M: "uniform" (the root mean square of the initial W: uSF), "fixed" (drawn once: frSF) or
            "fresh" (drawn at each update: brSF).
    """

    name: ClassVar[str] = "sign symmetry"
    equation: ClassVar[str] = "g_l = (B_{l+1}ᵀ g_{l+1}) φ'(a_l), B = M sign(W)"
    bibtex: ClassVar[str] = (
        "@inproceedings{liao2016, title={How important is weight symmetry in backpropagation?}, "
        "author={Liao, Qianli and Leibo, Joel Z. and Poggio, Tomaso}, booktitle={AAAI Conference on "
        "Artificial Intelligence}, year={2016}}"
    )
    sizes: str = "uniform"

    def __post_init__(self) -> None:
        if self.sizes not in SIZES:
            raise ValueError(f"expected sizes of {', '.join(SIZES)}, got {self.sizes!r}")

    @property
    def locality(self) -> Locality:
        """The rule reads the signs of other synapses' weights, not the weights."""
        return Locality(("pre", "post", "error", "transposed signs"))

    def prepare(self, network, state) -> None:
        """Magnitudes are drawn, or the one size is measured."""
        for k in answering(network):
            values = network.projection(k).values().detach()
            uniform = self.sizes == "uniform"
            state.tensors[f"size.{k}"] = (
                values.square().mean().sqrt() if uniform else drawn(values, state.generator)
            )

    def update(self, network, batch, objective, state, unrolling=None):
        """See `LearningRule`."""
        feedback = {
            k: self._magnitude(state, k) * network.projection(k).values().detach().sign()
            for k in answering(network)
        }
        return state, teach(network, batch, objective, unrolling, over(network, feedback))

    def _magnitude(self, state, k: int) -> Tensor:
        size = state.tensors[f"size.{k}"]
        return (drawn(size, state.generator) if self.sizes == "fresh" else size).abs()
