"""Predictive coding with predictions held: misfits settle to exactly the errors of backpropagation."""

from dataclasses import dataclass
from typing import ClassVar

import torch

from ..locality import Locality
from ..rule import LearningRule, fill
from ..shared.value_nodes import ValueNodes, not_predictable
from .predictive_coding import in_range


@dataclass(frozen=True)
class FixedPrediction(LearningRule):
    """Predictive coding with m, phi' and phi(x) held at the network's own answer: `steps` times
    e_j <- (1 - rate) e_j + rate phi'_j sum_i W_ij e_i, then dF/dW_ij = -e_i phi_j (Millidge, Tschantz &
    Buckley 2022, Neural Computation 34:1329).

    With rate 1 and a step per layer this is backpropagation, exactly; at rest in a network with cycles it is
    the gradient through the fixed point (Almeida 1987; Pineda 1987).

    Args:
        steps: of the relaxation; None for one per population, enough without cycles.
        rate: of the relaxation, in (0, 1].

    Raises:
        NetworkError: steps or rate out of range; in `update`, inputs with time.
    """

    name: ClassVar[str] = "predictive coding, fixed"
    equation: ClassVar[str] = "e_j <- (1 - rate) e_j + rate phi'_j sum_i W_ij e_i; dF/dW_ij = -e_i phi_j"
    bibtex: ClassVar[str] = (
        "@article{millidge2022, title={Predictive coding approximates backprop along arbitrary computation "
        "graphs}, author={Millidge, Beren and Tschantz, Alexander and Buckley, Christopher L.}, "
        "journal={Neural Computation}, volume={34}, number={6}, pages={1329--1368}, year={2022}}"
    )
    steps: int | None = None
    rate: float = 1.0

    def __post_init__(self) -> None:
        in_range(self.steps, self.rate)

    @property
    def locality(self) -> Locality:
        """Errors fall back over the transposed weights; activities stay."""
        return Locality(("pre", "post", "error", "transposed weights"), phases=0, waits="relaxation")

    @property
    def passes(self) -> float:
        """The answer, its predictions, and backward at every step (as of three layers if `steps` is None)."""
        return 2.0 + (3.0 if self.steps is None else self.steps)

    def supports(self, network):
        """Rate cells with an output that only follows."""
        return not_predictable(network)

    @torch.no_grad()
    def update(self, network, batch, objective, state, unrolling=None):
        """See `LearningRule`."""
        nodes = ValueNodes(network, batch, objective, unrolling)
        held = nodes.sweep(nodes.start)
        misfit = {name: torch.zeros_like(values) for name, values in nodes.start.items()}
        push = {network.output: held.push[network.output]} | misfit
        for _ in range(len(network.populations) if self.steps is None else self.steps):
            fallen = nodes.fallen(push, held.slopes)
            for name in misfit:
                misfit[name] = (1 - self.rate) * misfit[name] + self.rate * fallen.get(name, 0.0)
                answer = held.answer_slopes.get(name)
                push[name] = misfit[name] if answer is None else misfit[name] * answer
        with torch.enable_grad():
            fill(network, nodes.filled(held.sent, nodes.start, push))
        return state, nodes.metrics(held.outputs)
