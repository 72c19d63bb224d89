"""Soft winner-take-all: cells of a layer compete for every input, and winners move towards it."""

from dataclasses import dataclass
from typing import ClassVar

import torch

from ..locality import Locality
from ..rule import hidden, projections
from ..shared.unsupervised import UnsupervisedRule, at_post


@dataclass(frozen=True)
class SoftHebb(UnsupervisedRule):
    """Δw_k = η y_k (x - u_k w_k), u_k what arrives at cell k, y = softmax(u / T) over its population
    (Moraitis et al. 2022, Neuromorph Comput Eng 2:044017; Journé et al. 2023, ICLR, arXiv:2209.11883).

    At rest w_k ∝ E[y_k x] with length 1: the mean direction of the inputs that cell k wins. The layer is read
    through its own nonlinearity, not through y.

    Args:
        temperature: T, in units of what arrives; 1 is the plain softmax.
    """

    name: ClassVar[str] = "soft winner-take-all"
    equation: ClassVar[str] = "Δw_k = η y_k (x - u_k w_k), y = softmax(u / T)"
    bibtex: ClassVar[str] = (
        "@article{moraitis2022, title={{SoftHebb}: {B}ayesian inference in unsupervised {H}ebbian soft "
        "winner-take-all networks}, author={Moraitis, Timoleon and Toichkin, Dmitry and Journ{\\'e}, "
        "Adrien and Chua, Yansong and Guo, Qinghai}, journal={Neuromorphic Computing and Engineering}, "
        "volume={2}, pages={044017}, year={2022}}"
    )
    temperature: float = 1.0

    def __post_init__(self) -> None:
        if not 0 < self.temperature < float("inf"):
            raise ValueError(f"expected a temperature above 0, got {self.temperature}")

    @property
    def locality(self) -> Locality:
        """Competition between cells is lateral."""
        return Locality(("pre", "post", "own weight", "lateral"), readout="delta", waits="nothing")

    def supports(self, network) -> str | None:
        """Layers that hear one projection are supported."""
        reason = super().supports(network)
        if reason is not None:
            return reason
        for name in hidden(network):
            onto = [projection for projection in projections(network) if projection.post == name]
            if len(onto) > 1:
                return f"cells compete for the inputs of one projection, {name} hears {len(onto)}"
        return None

    def change(self, network, projection, pre, post):
        """See `UnsupervisedRule`."""
        u = projection.product(projection.values())(pre)
        y = torch.softmax(u / self.temperature, -1)
        forgotten = at_post(projection, y * u, pre) * projection.values().detach()
        return projection.outer(y, pre) - forgotten
