"""Pairs of spikes at each synapse, weighed by the time between them."""

import math
from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor

from brainwright.network import Network
from brainwright.network.cells import InputCells
from brainwright.network.lif import LIFCells, LIFState

from ..rule import hidden, projections, synaptic
from .activity import Seen, learns

Spikes = Float[Tensor, "time batch cells"]


@dataclass(frozen=True)
class PairWindow:
    """A spike that arrives at a synapse Δt before its cell fires adds A₊ exp(-Δt / τ₊), one that arrives Δt
    after takes A₋ exp(-Δt / τ₋); all pairs count, those of one step do not (Gerstner et al. 1996, Nature
    383:76; Bi & Poo 1998, J Neurosci 18:10464; Song, Miller & Abbott 2000, Nat Neurosci 3:919).

    Args:
        plus, minus: A₊ and A₋. A₋ / A₊ = 1.05, that of Song et al.: depression must outweigh potentiation, or
            uncorrelated spikes make synapses grow without end.
        tau_plus_s, tau_minus_s: τ₊ and τ₋, 20 ms both, as there.
    """

    plus: float = 1.0
    minus: float = 1.05
    tau_plus_s: float = 20e-3
    tau_minus_s: float = 20e-3

    def __post_init__(self) -> None:
        for name in ("tau_plus_s", "tau_minus_s"):
            if not 0 < getattr(self, name) < math.inf:
                raise ValueError(f"expected {name} above 0 in seconds, got {getattr(self, name)}")

    def on_edges(
        self, network: Network, seen: Seen, weigh: Float[Tensor, "time batch"] | None = None
    ) -> dict[int, Tensor]:
        """It returns number of projection → sum over samples of all its pairs, those completed at a step
        times `weigh` of that step; one backward and one forward trace for each cell, none for each edge.
        """
        on_edges = {}
        for k, projection in enumerate(projections(network)):
            cells = network.cells(projection.post)
            if k not in seen.sent or k not in pairing(network):
                continue
            assert isinstance(cells, LIFCells)
            post, arrived = spikes_of(seen, projection.post), seen.sent[k]
            post = post[: len(arrived)]
            early = trace(arrived, cells.dt_s / self.tau_plus_s)
            late = trace(post, cells.dt_s / self.tau_minus_s)
            if weigh is not None:
                third = weigh[: len(post), :, None]
                post, late = post * third, late * third
            potentiated = projection.outer(post.flatten(0, 1), early.flatten(0, 1))
            depressed = projection.outer(late.flatten(0, 1), arrived.flatten(0, 1))
            on_edges[k] = self.plus * potentiated - self.minus * depressed
        return on_edges


def pairing(network: Network) -> list[int]:
    """Projections that train onto hidden spiking cells. What the input sends counts as spikes."""
    return [
        k
        for k, projection in enumerate(projections(network))
        if projection.post in hidden(network)
        and isinstance(network.cells(projection.post), LIFCells)
        and isinstance(network.cells(projection.pre), LIFCells | InputCells)
        and learns(projection)
        and synaptic(projection)
    ]


def spikes_to_pair(network: Network) -> str | None:
    """Why there are no pairs of spikes to learn from; None if there are."""
    if not any(isinstance(network.cells(name), LIFCells) for name in hidden(network)):
        return "it pairs spikes, and no hidden cell of this network spikes"
    return None if pairing(network) else "no synapse onto a hidden spiking cell trains"


def spikes_of(seen: Seen, population: str) -> Spikes:
    """When a population that was recorded by its output fired: what it sends comes later, some not yet."""
    state, sent = seen.trajectory.state[population], seen.trajectory.recorded[population].movedim(1, 0)
    assert isinstance(state, LIFState)
    under_way = torch.stack(state.travelling)[1:]
    return torch.cat([sent, under_way])[len(under_way) :]


def trace(spikes: Spikes, decay: float) -> Spikes:
    """It returns the sum over earlier steps of exp(-decay × steps since)."""
    keep, held, traces = math.exp(-decay), torch.zeros_like(spikes[0]), []
    for now in spikes:
        traces.append(held)
        held = keep * (held + now)
    return torch.stack(traces)
