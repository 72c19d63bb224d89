"""Feedback alignment: errors travel back over fixed random weights."""

from dataclasses import dataclass
from typing import ClassVar

from .credit import carried, drawn, exact
from .locality import Locality
from .rule import LearningRule, fill, gradients, projections, synaptic


@dataclass(frozen=True)
class FeedbackAlignment(LearningRule):
    """g_l = (B_{l+1}ᵀ g_{l+1}) φ'(a_l) with B fixed and random, on the edges of W and of the size of its
    initial values (Lillicrap et al. 2016, Nat Commun 7:13276). Wires of weight 1 and gap junctions, which
    have no weights to know, conduct errors as they conduct activity.
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
        """Draws B."""
        for k, projection in enumerate(projections(network)):
            if synaptic(projection) and projection.pre != network.input:
                state.tensors[f"feedback.{k}"] = drawn(projection.values(), state.generator)

    def update(self, network, batch, objective, state, unrolling=None):
        """See `LearningRule`."""
        products = [
            carried(projection, state.tensors[f"feedback.{k}"])
            if f"feedback.{k}" in state.tensors
            else exact(projection)
            for k, projection in enumerate(projections(network))
        ]
        loss = objective.loss(network.unroll(batch.inputs, **(unrolling or {}), products=products), batch)
        fill(network, gradients(network, [loss.total], [None]))
        return state, {**loss.parts, "loss": float(loss.total.detach())}
