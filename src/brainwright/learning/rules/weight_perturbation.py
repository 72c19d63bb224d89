"""Weight perturbation: all synapses jitter at once, and one number says whether that helped."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor, nn
from torch.func import functional_call

from brainwright.network import Network, Trajectory
from brainwright.objective import Batch, Loss, Objective

from ..locality import Locality
from ..rule import LearningRule, Unrolling, fill, trained
from ..shared.noise import check_noise

NOISES = ("normal", "sign")


@dataclass(frozen=True)
class WeightPerturbation(LearningRule):
    """dL/dW = (L(W + δ) - L(W)) / σ² δ, one number for a whole batch, δ = σ z (Jabri & Flower 1992, IEEE
    Trans Neural Netw 3:154); with `two_sided` and signs it is SPSA, (L(W + δ) - L(W - δ)) / 2σ² δ (Spall
    1992, IEEE Trans Autom Control 37:332).

    K estimates over D parameters have cosine √(K / (K + D)) with the gradient. Every parameter is taught,
    those of cells too, whatever the network.

    Args:
        sigma: σ; small beside weights of about 1 / sqrt(fan-in), large beside the rounding of float32.
        estimates: K, averaged.
        two_sided: also steps to the other side: the error of one estimate is then O(σ²).
        noise: z "normal", or "sign", ±1.
    """

    name: ClassVar[str] = "weight perturbation"
    equation: ClassVar[str] = "dL/dW = (L(W + δ) - L(W)) / σ² δ"
    bibtex: ClassVar[str] = (
        "@article{jabri1992, title={Weight perturbation: an optimal architecture and learning technique for "
        "analog {VLSI} feedforward and recurrent multilayer networks}, author={Jabri, Marwan and Flower, "
        "Barry}, journal={IEEE Transactions on Neural Networks}, volume={3}, pages={154--157}, year={1992}}"
    )
    sigma: float = 1e-3
    estimates: int = 1
    two_sided: bool = False
    noise: str = "normal"

    def __post_init__(self) -> None:
        check_noise(self.sigma, self.estimates)
        if self.noise not in NOISES:
            raise ValueError(f"expected noise of {', '.join(NOISES)}, got {self.noise!r}")

    @property
    def locality(self) -> Locality:
        """A synapse knows its own jitter and one number; not even what passes through it."""
        return Locality(("noise", "scalar"), phases=int(self.passes), waits="loss")

    @property
    def passes(self) -> float:
        """One or two for each estimate, and one as it is."""
        return 1.0 + self.estimates * (2 if self.two_sided else 1)

    @torch.no_grad()
    def update(self, network, batch, objective, state, unrolling=None):
        """See `LearningRule`."""
        parameters = trained(network)
        centre = _loss(network, {}, batch, objective, unrolling)
        total = {name: torch.zeros_like(p) for name, p in parameters.items()}
        for _ in range(self.estimates):
            delta = {name: self.sigma * self._draw(p, state.generator) for name, p in parameters.items()}
            up = _loss(network, _moved(parameters, delta, 1), batch, objective, unrolling).total
            if self.two_sided:
                down = _loss(network, _moved(parameters, delta, -1), batch, objective, unrolling).total
                change = (up - down) / 2
            else:
                change = up - centre.total
            for name, jitter in delta.items():
                total[name] += jitter * (change / (self.sigma**2 * self.estimates))
        fill(network, total)
        return state, {**centre.parts, "loss": float(centre.total)}

    def _draw(self, like: Tensor, generator: torch.Generator) -> Tensor:
        drawn = torch.randn(like.shape, generator=generator, dtype=like.dtype).to(like.device)
        return drawn.sign() if self.noise == "sign" else drawn


class _Unrolled(nn.Module):
    """A network whose call is its unroll, so that other parameters can stand in for its own."""

    def __init__(self, network: Network):
        super().__init__()
        self.network = network

    def forward(self, inputs: Tensor, unrolling: Unrolling) -> Trajectory:
        return self.network.unroll(inputs, **unrolling)


def _loss(
    network: Network,
    parameters: Mapping[str, Tensor],
    batch: Batch,
    objective: Objective,
    unrolling: Unrolling | None,
) -> Loss:
    """The loss is that with these parameters in place of the network's own."""
    named = {f"network.{name}": p for name, p in parameters.items()}
    trajectory = functional_call(_Unrolled(network), named, (batch.inputs, unrolling or {}))
    return objective.loss(trajectory, batch)


def _moved(parameters: Mapping[str, Tensor], delta: Mapping[str, Tensor], side: int) -> dict[str, Tensor]:
    return {name: p + side * delta[name] for name, p in parameters.items()}
