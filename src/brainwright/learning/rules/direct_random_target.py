"""Direct random target projection: the target itself goes to each population; nobody waits for an output."""

from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor
from torch.nn.functional import one_hot

from ..locality import Locality
from ..rule import LearningRule
from .direct_feedback import draw_teaching, teach_directly

WHEN = ("last", "every")


@dataclass(frozen=True)
class DirectRandomTarget(LearningRule):
    """g_l = -(B_l t) φ'(a_l), t the target: one-hot for classes (Frenkel, Lefebvre & Bol 2021, Front Neurosci
    15:629892). The sign makes activity grow along B_l t.

    Args:
        when: the step that is taught: the "last", or "every" one. Targets with time teach their own step.
    """

    name: ClassVar[str] = "direct random target"
    equation: ClassVar[str] = "g_l = -(B_l t) φ'(a_l)"
    bibtex: ClassVar[str] = (
        "@article{frenkel2021, title={Learning without feedback: fixed random learning signals allow for "
        "feedforward training of deep neural networks}, author={Frenkel, Charlotte and Lefebvre, Martin and "
        "Bol, David}, journal={Frontiers in Neuroscience}, volume={15}, pages={629892}, year={2021}}"
    )
    when: str = "last"

    def __post_init__(self) -> None:
        if self.when not in WHEN:
            raise ValueError(f"expected when of {', '.join(WHEN)}, got {self.when!r}")

    @property
    def locality(self) -> Locality:
        """Only the readout sees an error, its own."""
        return Locality(("pre", "post", "label"), readout="delta", waits="nothing")

    @property
    def passes(self) -> float:
        """The rule needs the forward pass alone."""
        return 1.0

    def prepare(self, network, state) -> None:
        """The feedback weights B are drawn."""
        draw_teaching(network, state)

    def update(self, network, batch, objective, state, unrolling=None):
        """See `LearningRule`."""

        def signal(error: Tensor) -> Tensor:
            return -self._targets(batch.targets, error) / len(error)

        return state, teach_directly(network, batch, objective, state, unrolling, signal)

    def _targets(self, targets: Tensor, like: Tensor) -> Tensor:
        """[batch, time, outputs], zero where nothing is taught."""
        values = (
            one_hot(targets, like.shape[-1]).to(like) if targets.dtype == torch.int64 else targets.to(like)
        )
        if values.ndim == 3:
            return values
        if self.when == "every":
            return values[:, None].expand_as(like)
        return torch.cat([torch.zeros_like(like[:, 1:]), values[:, None]], dim=1)
