"""Hebb's rule joins cells that are active together; here its synapses also forget."""

from dataclasses import dataclass
from typing import ClassVar

from ..shared.unsupervised import UnsupervisedRule


@dataclass(frozen=True)
class Hebb(UnsupervisedRule):
    """Δw_ij = η (y_i x_j - λ w_ij), y the output of the postsynaptic cell (Hebb 1949, The Organization of
    Behavior; with decay: Gerstner & Kistler 2002, Biol Cybern 87:404).

    Weights come to rest at E[y x] / λ where y is bounded; without decay they grow without bound. Nothing
    makes cells differ but where they begin.

    Args:
        decay: λ; 1 lets weights rest at the mean product E[y x] itself.
    """

    name: ClassVar[str] = "Hebb"
    equation: ClassVar[str] = "Δw_ij = η (y_i x_j - λ w_ij)"
    bibtex: ClassVar[str] = (
        "@article{gerstner2002, title={Mathematical formulations of {H}ebbian learning}, author={Gerstner, "
        "Wulfram and Kistler, Werner M.}, journal={Biological Cybernetics}, volume={87}, pages={404--415}, "
        "year={2002}}"
    )
    decay: float = 1.0

    def __post_init__(self) -> None:
        if not 0 <= self.decay < float("inf"):
            raise ValueError(f"expected a decay of 0 or more, got {self.decay}")

    def change(self, network, projection, pre, post):
        """See `UnsupervisedRule`."""
        return projection.outer(post, pre) - len(pre) * self.decay * projection.values().detach()
