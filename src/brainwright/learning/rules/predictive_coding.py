"""Predictive coding: cells settle between what predicts them and what they predict; synapses learn."""

from dataclasses import dataclass
from typing import ClassVar

import torch

from ..locality import Locality
from ..rule import LearningRule, fill
from ..shared.value_nodes import ValueNodes, not_predictable

BIBTEX = (
    "@article{whittington2017, title={An approximation of the error backpropagation algorithm in a "
    "predictive coding network with local {Hebbian} synaptic plasticity}, author={Whittington, James C. R. "
    "and Bogacz, Rafal}, journal={Neural Computation}, volume={29}, number={5}, pages={1229--1262}, "
    "year={2017}}"
)


@dataclass(frozen=True)
class PredictiveCoding(LearningRule):
    """F = 1/2 sum |x - m|^2 + L; from the network's own answer, `steps` times x <- x - rate dF/dx, that is
    -dF/dx_j = -e_j + phi'(x_j) sum_i W_ij e_i with e = x - m; then dF/dW_ij = -e_i phi(x_j) (Whittington &
    Bogacz 2017; on graphs with cycles Salvatori et al. 2022, arXiv:2201.13180).

    Values are the states of the cells, so m = b + W phi(x) for the form "voltage"; for the form "rate", where
    m = phi(b + W x), errors pass the slope of phi on the way down instead. The loss stands for the misfit of
    the outputs. With cycles the network's answer is where it comes to rest: unroll it with `steps` enough.

    Args:
        steps: of the relaxation.
        rate: of the relaxation, in (0, 1]. With 20 steps of .1 a misfit covers 1 - .9^20 = 88 % of its way,
            and the update of a narrow net has a cosine of about .9 with the gradient.

    Raises:
        NetworkError: steps or rate out of range; in `update`, inputs with time.
    """

    name: ClassVar[str] = "predictive coding"
    equation: ClassVar[str] = (
        "x <- x - rate dF/dx, F = 1/2 sum |x - m|^2 + L; dF/dW_ij = -(x_i - m_i) phi(x_j)"
    )
    bibtex: ClassVar[str] = BIBTEX
    steps: int = 20
    rate: float = 0.1

    def __post_init__(self) -> None:
        in_range(self.steps, self.rate)

    @property
    def locality(self) -> Locality:
        """Errors fall back over the transposed weights and move cells: a synapse's own weight moves its own
        presynaptic cell, and what lies on a neighbour moves the presynaptic cells that they share.
        """
        return Locality(
            ("pre", "post", "own weight", "lateral", "error", "transposed weights"),
            phases=0,
            waits="relaxation",
        )

    @property
    def passes(self) -> float:
        """The answer, then forward and backward at every step, and once more forward."""
        return 2.0 + 2.0 * self.steps

    def supports(self, network):
        """Rate cells with an output that only follows."""
        return not_predictable(network)

    @torch.no_grad()
    def update(self, network, batch, objective, state, unrolling=None):
        """See `LearningRule`."""
        nodes = ValueNodes(network, batch, objective, unrolling)
        x = nodes.start
        sweep = first = nodes.sweep(x)
        for _ in range(self.steps):
            fallen = nodes.fallen(sweep.push, sweep.slopes)
            x = {
                name: values - self.rate * (sweep.misfit[name] - fallen.get(name, 0.0))
                for name, values in x.items()
            }
            sweep = nodes.sweep(x)
        with torch.enable_grad():
            fill(network, nodes.filled(sweep.sent, x, sweep.push))
        return state, nodes.metrics(first.outputs)


def in_range(steps: int | None, rate: float) -> None:
    """The function raises ValueError for relaxations that do not relax."""
    if (steps is not None and steps < 1) or not 0 < rate <= 1:
        raise ValueError(f"expected steps >= 1 and rate in (0, 1], got {steps} and {rate}")
