"""Feedback alignment: errors travel back over fixed random weights."""

from dataclasses import dataclass
from typing import ClassVar

from ..locality import Locality
from ..rule import LearningRule
from ..shared.credit import FEEDBACK, answering, draw_feedback, over, teach


@dataclass(frozen=True)
class FeedbackAlignment(LearningRule):
    """g_l = (B_{l+1}ᵀ g_{l+1}) φ'(a_l) with B fixed and random, on the edges of W and of the size of its
    initial values (Lillicrap et al. 2016, Nat Commun 7:13276).
    """

    name: ClassVar[str] = "feedback alignment"
    equation: ClassVar[str] = "g_l = (B_{l+1}ᵀ g_{l+1}) φ'(a_l), B fixed"
    bibtex: ClassVar[str] = (
        "@article{lillicrap2016, title={Random synaptic feedback weights support error backpropagation for "
        "deep learning}, author={Lillicrap, Timothy P. and Cownden, Daniel and Tweed, Douglas B. and "
        "Akerman, Colin J.}, journal={Nature Communications}, volume={7}, pages={13276}, year={2016}}"
    )

    @property
    def locality(self) -> Locality:
        """No weight of another synapse is read."""
        return Locality(("pre", "post", "error"))

    def prepare(self, network, state) -> None:
        """The feedback weights B are drawn."""
        draw_feedback(network, state)

    def update(self, network, batch, objective, state, unrolling=None):
        """See `LearningRule`."""
        feedback = {k: state.tensors[f"{FEEDBACK}{k}"] for k in answering(network)}
        return state, teach(network, batch, objective, unrolling, over(network, feedback))
