"""Incremental predictive coding: synapses learn at every step of the relaxation, not after it."""

from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor

from ..locality import Locality
from ..rule import LearningRule, fill, from_edges
from ..shared.rate_cells import from_cells, rate_cells
from ..shared.value_nodes import ValueNodes, not_predictable
from .predictive_coding import in_range


@dataclass(frozen=True)
class IncrementalPredictiveCoding(LearningRule):
    """x <- x - rate dF/dx and W <- W - plasticity dF/dW at every step of `steps` (Salvatori et al. 2024,
    ICLR, arXiv:2212.00720).

    Rules never step, so the steps are made on a copy of the weights on edges, and the whole change, over
    -plasticity, is the gradient: plain descent with a learning rate of `plasticity` arrives at the copy.

    Args:
        steps, rate: of the relaxation, rate in (0, 1]; as in `PredictiveCoding`.
        plasticity: learning rate of the weights within the relaxation; 0 sums their gradients. A tenth of
            `rate`, so that weights move little while cells relax.

    Raises:
        NetworkError: steps or rate out of range; in `update`, inputs with time.
    """

    name: ClassVar[str] = "predictive coding, incremental"
    equation: ClassVar[str] = "x <- x - rate dF/dx, W <- W - plasticity dF/dW, together at every step"
    bibtex: ClassVar[str] = (
        "@inproceedings{salvatori2024, title={A stable, fast, and fully automatic learning algorithm for "
        "predictive coding networks}, author={Salvatori, Tommaso and Song, Yuhang and Yordanov, Yordan and "
        "Millidge, Beren and Sha, Lei and Emde, Cornelius and Xu, Zhenghua and Bogacz, Rafal and "
        "Lukasiewicz, Thomas}, booktitle={International Conference on Learning Representations}, year={2024}}"
    )
    steps: int = 20
    rate: float = 0.1
    plasticity: float = 0.01

    def __post_init__(self) -> None:
        in_range(self.steps, self.rate)

    @property
    def locality(self) -> Locality:
        """The rule reads what predictive coding reads."""
        return Locality(
            ("pre", "post", "own weight", "lateral", "error", "transposed weights"),
            phases=0,
            waits="nothing: all steps",
        )

    @property
    def passes(self) -> float:
        """Every step takes a forward pass, a backward one and an update."""
        return 2.0 + 3.0 * self.steps

    def supports(self, network):
        """Rate cells with an output that only follows."""
        return not_predictable(network)

    @torch.no_grad()
    def update(self, network, batch, objective, state, unrolling=None):
        """See `LearningRule`."""
        nodes = ValueNodes(network, batch, objective, unrolling)
        x, first = nodes.start, nodes.sweep(nodes.start)
        sweep = first
        weights = {joint.k: network.projection(joint.k).values().detach() for joint in nodes.joints}
        biases = dict(nodes.bias)
        edges: dict[int, Tensor] = {}
        cells: dict[str, Tensor] = {}
        for _ in range(self.steps):
            for k, gradient in nodes.gradients(sweep.sent, x, sweep.push).items():
                edges[k] = edges[k] + gradient if k in edges else gradient
            for name, push in sweep.push.items():
                cells[name] = cells.get(name, 0.0) - push.mean(0)
            fallen = nodes.fallen(sweep.push, sweep.slopes)
            x = {
                name: values - self.rate * (sweep.misfit[name] - fallen.get(name, 0.0))
                for name, values in x.items()
            }
            if self.plasticity:
                self._learn(nodes, weights, biases, edges, cells)
            sweep = nodes.sweep(x)
        with torch.enable_grad():
            fill(network, {**from_edges(network, edges), **from_cells(network, cells)})
        return state, nodes.metrics(first.outputs)

    def _learn(self, nodes: ValueNodes, weights, biases, edges, cells) -> None:
        """Moves the copies to where the gradients so far have brought them; what does not train stays."""
        network = nodes.network
        trains = [k for k in edges if any(p.requires_grad for p in network.projection(k).parameters())]
        nodes.join({k: weights[k] - self.plasticity * edges[k] for k in trains})
        for name, signal in cells.items():
            population = rate_cells(network, name)
            if population.bias is not None and population.bias.requires_grad:
                nodes.bias[name] = biases[name] - self.plasticity * signal
