"""Spike-timing-dependent plasticity by pairs of spikes, without reward or error."""

from dataclasses import dataclass, field
from typing import ClassVar

import torch

from ..locality import Locality
from ..rule import LearningRule, fill, from_edges, hidden
from ..shared.activity import observe, own_error
from ..shared.spike_pairs import PairWindow, spikes_to_pair


@dataclass(frozen=True)
class PairSTDP(LearningRule):
    """Δw = A₊ exp(-Δt / τ₊) for Δt = t_post - t_pre > 0, -A₋ exp(Δt / τ₋) for Δt < 0, t_pre when the spike
    arrives (Song, Miller & Abbott 2000, Nat Neurosci 3:919).

    Δw is of the signed weight. The readout learns from its own error. Nothing here bounds weights: with
    Dale's law and magnitudes that are exponentials, they keep their signs.

    Args:
        window: A and τ.
    """

    name: ClassVar[str] = "pair STDP"
    equation: ClassVar[str] = "Δw = A₊ exp(-Δt / τ₊), -A₋ exp(Δt / τ₋)"
    bibtex: ClassVar[str] = (
        "@article{song2000, title={Competitive {H}ebbian learning through spike-timing-dependent synaptic "
        "plasticity}, author={Song, Sen and Miller, Kenneth D. and Abbott, L. F.}, journal={Nature "
        "Neuroscience}, volume={3}, pages={919--926}, year={2000}}"
    )
    window: PairWindow = field(default_factory=PairWindow)

    @property
    def locality(self) -> Locality:
        """An update reads two spike times."""
        return Locality(("pre", "post"), readout="delta", waits="nothing")

    @property
    def passes(self) -> float:
        """The rule needs the forward pass alone."""
        return 1.0

    def supports(self, network) -> str | None:
        """Only spiking cells are supported."""
        return spikes_to_pair(network)

    def update(self, network, batch, objective, state, unrolling=None):
        """See `LearningRule`."""
        seen = observe(network, batch.inputs, unrolling, record=hidden(network))
        n = len(batch.inputs)
        with torch.no_grad():
            pairs = {k: -sums / n for k, sums in self.window.on_edges(network, seen).items()}
        readout, metrics = own_error(network, batch, objective, seen)
        fill(network, {**readout, **from_edges(network, pairs)})
        return state, metrics
