"""STDP that waits for reward: pairs of spikes leave a trace, reward decides what becomes of it."""

from dataclasses import dataclass, field
from typing import ClassVar

import torch

from brainwright.network.lif import LIFCells

from ..rule import from_edges, hidden
from ..shared.activity import noise_can_teach
from ..shared.reward import RewardRule
from ..shared.spike_pairs import PairWindow, spikes_to_pair


@dataclass(frozen=True)
class RewardSTDP(RewardRule):
    """Δw = η (R - R̄) e, e <- e exp(-dt / τ_e) + STDP (MSTDPET: Florian 2007, Neural Comput 19:1468;
    Izhikevich 2007, Cereb Cortex 17:2443), reward at the end of the trial.

    Noise on what arrives makes cells explore. Its mean is no gradient: STDP is a correlate of the score
    of an escape-noise cell, not that score. See `RewardRule` for the trial.

    Args:
        window: A and τ of the pairs.
        tau_eligibility_s: τ_e; half a second, so that a trace outlasts a trial of some hundred milliseconds.
    """

    name: ClassVar[str] = "reward STDP"
    equation: ClassVar[str] = "Δw = η (R - R̄) e, e <- e exp(-dt / τ_e) + STDP"
    bibtex: ClassVar[str] = (
        "@article{florian2007, title={Reinforcement learning through modulation of spike-timing-dependent "
        "synaptic plasticity}, author={Florian, R{\\u{a}}zvan V.}, journal={Neural Computation}, "
        "volume={19}, pages={1468--1502}, year={2007}}"
    )
    window: PairWindow = field(default_factory=PairWindow)
    tau_eligibility_s: float = 0.5

    def __post_init__(self) -> None:
        super().__post_init__()
        if not self.tau_eligibility_s > 0:
            raise ValueError(f"expected tau_eligibility_s above 0, got {self.tau_eligibility_s}")

    @property
    def recorded(self) -> bool:
        """The rule needs spikes."""
        return True

    def supports(self, network) -> str | None:
        """Only spiking cells are supported."""
        return spikes_to_pair(network) or noise_can_teach(network, self._noisy(network))

    def eligible(self, network, seen, noise, third):
        """See `RewardRule`."""
        steps = seen.trajectory.outputs.shape[1]
        dt_s = next(c.dt_s for c in map(network.cells, hidden(network)) if isinstance(c, LIFCells))
        age = torch.arange(steps - 1, -1, -1, dtype=third.dtype, device=third.device)
        weigh = torch.exp(-age * dt_s / self.tau_eligibility_s)[:, None] * third
        return from_edges(network, self.window.on_edges(network, seen, weigh))
