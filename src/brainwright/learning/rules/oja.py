"""Oja's rule: Hebb's, with the forgetting that keeps each cell's weights at length one."""

from dataclasses import dataclass
from typing import ClassVar

from ..shared.unsupervised import UnsupervisedRule, at_post


@dataclass(frozen=True)
class Oja(UnsupervisedRule):
    """Δw_ij = η y_i (x_j - y_i w_ij), y the output of the postsynaptic cell (Oja 1982, J Math Biol 15:267).

    A linear cell comes to rest at the leading eigenvector of E[x xᵀ], at length 1, and so do all its
    neighbours: a layer of them is one feature, up to sign. Over several projections onto one cell, each is
    normalised by the same y.
    """

    name: ClassVar[str] = "Oja"
    equation: ClassVar[str] = "Δw_ij = η y_i (x_j - y_i w_ij)"
    bibtex: ClassVar[str] = (
        "@article{oja1982, title={A simplified neuron model as a principal component analyzer}, author={Oja, "
        "Erkki}, journal={Journal of Mathematical Biology}, volume={15}, pages={267--273}, year={1982}}"
    )

    def change(self, network, projection, pre, post):
        """See `UnsupervisedRule`."""
        forgotten = at_post(projection, post.square(), pre) * projection.values().detach()
        return projection.outer(post, pre) - forgotten
