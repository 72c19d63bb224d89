"""Weight mirror: noise through the forward synapses teaches the feedback synapses their weights."""

from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor

from brainwright.network import Network

from ..locality import Locality
from ..rule import LearningRule, RuleState
from ..shared.credit import FEEDBACK, answering, draw_feedback, over, teach


@dataclass(frozen=True)
class WeightMirror(LearningRule):
    """Feedback alignment, and after each update a mirror phase: presynaptic cells fire noise x with unit
    variance, y = W x arrives, and B ← (1 - λ) B + λ <y xᵀ> on the edges, whose mean is W (Akrout et al. 2019,
    arXiv:1904.05391).

    Args:
        rate: λ, of the mirror; B forgets its start within 1 / λ = 20 updates.
        samples: patterns of noise per phase. With both defaults B averages some 32 / λ = 640 patterns, and
            the measured cosine with the gradient is above .95.
    """

    name: ClassVar[str] = "weight mirror"
    equation: ClassVar[str] = "g_l = (B_{l+1}ᵀ g_{l+1}) φ'(a_l); B ← (1 - λ) B + λ <(W x) xᵀ>, x noise"
    bibtex: ClassVar[str] = (
        "@inproceedings{akrout2019, title={Deep learning without weight transport}, author={Akrout, Mohamed "
        "and Wilson, Collin and Humphreys, Peter C. and Lillicrap, Timothy and Tweed, Douglas B.}, "
        "booktitle={Advances in Neural Information Processing Systems}, volume={32}, year={2019}}"
    )
    rate: float = 0.05
    samples: int = 32

    def __post_init__(self) -> None:
        if not 0 < self.rate <= 1 or self.samples < 1:
            raise ValueError(
                f"expected a rate within (0, 1] and samples >= 1, got {self.rate}, {self.samples}"
            )

    @property
    def locality(self) -> Locality:
        """There are two phases: the mirror sees what it sends and what arrives."""
        return Locality(("pre", "post", "error"), phases=2, learns_feedback=True)

    @property
    def passes(self) -> float:
        """The mirror phase costs another pass, for as many samples as it draws, whatever the batch."""
        return 3.0

    def prepare(self, network, state) -> None:
        """The feedback weights B are drawn."""
        draw_feedback(network, state)

    def update(self, network, batch, objective, state, unrolling=None):
        """See `LearningRule`."""
        feedback = {k: state.tensors[f"{FEEDBACK}{k}"] for k in answering(network)}
        metrics = teach(network, batch, objective, unrolling, over(network, feedback))
        for k, b in feedback.items():
            state.tensors[f"{FEEDBACK}{k}"] = torch.lerp(b, self._mirrored(network, k, state), self.rate)
        return state, metrics

    @torch.no_grad()
    def _mirrored(self, network: Network, k: int, state: RuleState) -> Tensor:
        projection = network.projection(k)
        like = network.cells(projection.pre).output(network.rest(1)[projection.pre])
        shape = (self.samples, *like.shape[1:])
        noise = torch.randn(shape, generator=state.generator, dtype=torch.float64).to(like)
        return projection.outer(projection.product()(noise), noise) / self.samples
