"""The three-factor rule: noise and presynaptic activity leave a trace on each synapse, reward uses it."""

from dataclasses import dataclass
from typing import ClassVar

import torch

from ..rule import hidden
from ..shared.activity import noise_can_teach, taught_at
from ..shared.reward import RewardRule, scored


@dataclass(frozen=True)
class ThreeFactor(RewardRule):
    """ΔW = η (R - R̄) p, p <- λ p + ξ_i h_j / σ²: noise ξ on what arrives at cell i, activity h as it was
    under noise, λ = exp(-1 / tau_steps) (Williams 1992, Mach Learn 8:229; Miconi 2017, eLife 6:e20899).

    Without decay the trace at the end of a trial is the score ∂ log p(noisy trial) / ∂W, so that the mean
    update is the gradient of the expected reward, for rate cells in loops and for spiking cells. For a sample
    by itself, repeated in a batch with its own R̄, it has the variance of node perturbation; R̄ shared by
    samples adds theirs, over σ². See `RewardRule` for the trial, its options, and the learning rates.

    Args:
        tau_steps: decay of the trace, in steps; None: none.
    """

    name: ClassVar[str] = "three-factor"
    equation: ClassVar[str] = "ΔW = η (R - R̄) p, p <- λ p + ξ_i h_j / σ²"
    bibtex: ClassVar[str] = (
        "@article{miconi2017, title={Biologically plausible learning in recurrent neural networks reproduces "
        "neural dynamics observed during cognitive tasks}, author={Miconi, Thomas}, journal={eLife}, "
        "volume={6}, pages={e20899}, year={2017}}"
    )
    tau_steps: float | None = None

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.tau_steps is not None and not self.tau_steps > 0:
            raise ValueError(f"expected tau_steps above 0, got {self.tau_steps}")

    def supports(self, network) -> str | None:
        """Rate and spiking cells are supported."""
        return noise_can_teach(network, self._noisy(network))

    def eligible(self, network, seen, noise, third):
        """See `RewardRule`."""
        at_hidden = {place: noise[place] for place in noise if place[0] in hidden(network)}
        signals = scored(at_hidden, third, self.sigma)
        if self.tau_steps is not None:
            # a trace is read at the end alone: what entered it earlier has decayed for longer
            signals = {place: signal * _kept(signal, self.tau_steps) for place, signal in signals.items()}
        return taught_at(network, signals, seen.sent)


def _kept(like: torch.Tensor, tau_steps: float) -> torch.Tensor:
    """[time, 1, 1] what is left at the end of what entered a trace at each step."""
    age = torch.arange(len(like) - 1, -1, -1, dtype=like.dtype, device=like.device)
    return torch.exp(-age / tau_steps)[:, None, None]
