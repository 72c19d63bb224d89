"""Node perturbation: noise on what arrives at each cell, and one number that says what it did to the loss."""

from dataclasses import dataclass
from typing import ClassVar

import torch

from ..locality import READOUTS, Locality
from ..rule import LearningRule, fill, hidden
from ..shared.activity import (
    draw,
    each_loss,
    noise_can_teach,
    observe,
    own_error,
    remember_inlets,
    remembered_inlets,
    repeated,
    rows_of,
    steps_of,
    taught_at,
)
from ..shared.noise import check_noise


@dataclass(frozen=True)
class NodePerturbation(LearningRule):
    """dL/dW_ij = sum over t of (L_ξ - L) / σ² ξ_i(t) h_j(t), for each sample by itself, with ξ normal noise
    of deviation σ on what arrives at cell i and h the activity without noise (Williams 1992, Mach Learn
    8:229; Fiete & Seung 2006, Phys Rev Lett 97:048104; Hiratani et al. 2022, NeurIPS 35).

    Its mean is the gradient of the loss averaged over the noise, also where spikes make the loss jump. K
    estimates over D noisy variables (cells × steps) have cosine √(K / (K + D)) with it. Only cells at which
    something learns get noise. With spikes take σ of the size of the current that matters: small noise moves
    no spike.

    Args:
        sigma: σ, in units of what arrives (of a spiking cell: mV, or units of synaptic weight). 1e-3 keeps
            graded cells in their linear range and is still far above the rounding of float32.
        estimates: K, noisy passes per update, averaged.
        readout: how the readout learns: "delta", from its own error, or "rule".
    """

    name: ClassVar[str] = "node perturbation"
    equation: ClassVar[str] = "g_l = (L_ξ - L) / σ² ξ_l"
    bibtex: ClassVar[str] = (
        "@article{fiete2006, title={Gradient learning in spiking neural networks by dynamic perturbation of "
        "conductances}, author={Fiete, Ila R. and Seung, H. Sebastian}, journal={Physical Review Letters}, "
        "volume={97}, pages={048104}, year={2006}}"
    )
    sigma: float = 1e-3
    estimates: int = 1
    readout: str = "delta"

    def __post_init__(self) -> None:
        check_noise(self.sigma, self.estimates)
        if self.readout not in READOUTS:
            raise ValueError(f"expected a readout of {', '.join(READOUTS)}, got {self.readout!r}")

    @property
    def locality(self) -> Locality:
        """One number reaches all; each cell knows its own noise."""
        reads = ("pre", "post", "noise", "scalar")
        return Locality(reads, phases=1 + self.estimates, readout=self.readout, waits="loss")

    @property
    def passes(self) -> float:
        """There is one pass without noise and K with it."""
        return 1.0 + self.estimates

    def supports(self, network) -> str | None:
        """Rate and spiking cells are supported."""
        return noise_can_teach(network, self._taught(network))

    def prepare(self, network, state) -> None:
        """The state remembers where noise goes."""
        remember_inlets(network, self._taught(network), state)

    def update(self, network, batch, objective, state, unrolling=None):
        """See `LearningRule`."""
        n, k, steps = len(batch.inputs), self.estimates, steps_of(network, batch.inputs, unrolling)
        noise = draw(network, remembered_inlets(state), steps, k * n, self.sigma, state.generator)
        # one pass for all: the first n samples without noise
        quiet = {
            place: torch.cat([pushed.new_zeros(steps, n, pushed.shape[-1]), pushed], 1)
            for place, pushed in noise.items()
        }
        all_batch = repeated(batch, 1 + k)
        seen = observe(network, all_batch.inputs, unrolling, noise=quiet, rows=n)
        losses = each_loss(objective, seen.trajectory, all_batch)
        third = (losses[n:].reshape(k, n, 1) - losses[:n, None]) / (self.sigma**2 * k * n)
        signals = {place: (pushed.reshape(steps, k, n, -1) * third).sum(1) for place, pushed in noise.items()}
        perturbed = taught_at(network, signals, seen.sent)
        if self.readout == "delta":
            readout, metrics = own_error(network, batch, objective, seen)
            fill(network, {**readout, **perturbed})
        else:
            clean = objective.loss(rows_of(seen.trajectory, slice(n)), batch)
            metrics = {**clean.parts, "loss": float(clean.total)}
            fill(network, perturbed)
        return state, metrics

    def _taught(self, network) -> list[str]:
        return hidden(network) + ([network.output] if self.readout == "rule" else [])
