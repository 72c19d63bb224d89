"""What rules without any teacher share: hidden synapses see activity, the readout its own error."""

from abc import abstractmethod
from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor

from brainwright.network import Network
from brainwright.network.projection import Projection
from brainwright.network.rate import RateCells

from ..locality import Locality
from ..rule import LearningRule, fill, from_edges, hidden, projections, synaptic
from .activity import as_samples, learns, observe, own_error


@dataclass(frozen=True)
class UnsupervisedRule(LearningRule):
    """Changes of synapses onto hidden rate cells from activity alone, a mean over samples and a sum over
    steps; biases of hidden cells stay. Report such rules beside random features: the same with the rate of
    the group "hidden" at 0.
    """

    @property
    def locality(self) -> Locality:
        """The rule reads two cells and the synapse between them."""
        return Locality(("pre", "post", "own weight"), readout="delta", waits="nothing")

    @property
    def passes(self) -> float:
        """The rule needs the forward pass alone."""
        return 1.0

    def supports(self, network) -> str | None:
        """The hidden cells must be rate cells."""
        for name in hidden(network):
            if not isinstance(network.cells(name), RateCells):
                kind = network.cells(name).kind
                return f"it needs graded activity, {name} has {kind} cells" + (
                    ": pair STDP is for those" if kind == "lif" else ""
                )
        return None if taught(network) else "no synapse onto a hidden cell trains"

    @abstractmethod
    def change(
        self,
        network: Network,
        projection: Projection,
        pre: Float[Tensor, "samples pre"],
        post: Float[Tensor, "samples post"],
    ) -> Tensor:
        """It returns the sum over samples and steps of Δw on each edge."""

    def update(self, network, batch, objective, state, unrolling=None):
        """See `LearningRule`."""
        seen = observe(network, batch.inputs, unrolling, record=hidden(network), record_as="readout")
        on_edges = {}
        with torch.no_grad():
            for k in taught(network):
                projection, pre = network.projection(k), seen.sent[k]
                post = seen.trajectory.recorded[projection.post].movedim(1, 0)[: len(pre)]
                change = self.change(network, projection, as_samples(pre), post.flatten(0, 1))
                on_edges[k] = -change / len(batch.inputs)
        readout, metrics = own_error(network, batch, objective, seen)
        fill(network, {**readout, **from_edges(network, on_edges)})
        return state, metrics


def taught(network: Network) -> list[int]:
    """Projections with weights that train onto hidden cells."""
    names = hidden(network)
    return [
        k
        for k, projection in enumerate(projections(network))
        if projection.post in names and learns(projection) and synaptic(projection)
    ]


def at_post(projection: Projection, of_cells: Float[Tensor, "samples post"], like_pre: Tensor) -> Tensor:
    """It returns the sum over samples of a value of the postsynaptic cell, on each edge."""
    ones = torch.ones_like(like_pre[:1])
    return projection.outer(of_cells.sum(0, keepdim=True), ones)
