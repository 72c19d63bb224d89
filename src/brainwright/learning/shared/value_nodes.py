"""Cells of a rate network as value nodes of predictive coding: each is predicted by those that project to it.

The energy of a sample is F = 1/2 sum_free |x - m|^2 + L(outputs), where x is the state of the free cells, m
what their inputs predict (b + I, or phi(b + I) in the form "rate"), and the outputs are what the output
population shows when it follows its own prediction. Any wiring, cycles included; at F = L the free cells sit
at a fixed point of the network.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import torch
from torch import Tensor

from brainwright.network import Network
from brainwright.network.projection import GapJunctions, Product
from brainwright.network.rate import RateCells
from brainwright.objective import Batch, Objective

from ..rule import Metrics, Unrolling, from_edges, projections
from .rate_cells import SLOPES, from_cells, held, judged, not_rate_cells, output_errors, rate_cells

Values = dict[str, Tensor]
"""Values are population → [batch, cells]."""


@dataclass(frozen=True)
class Joint:
    """A joint is a projection during a relaxation."""

    k: int
    pre: str
    post: str
    electrical: bool
    forward: Product
    back: Product


@dataclass(frozen=True)
class Sweep:
    """A sweep is what follows from one set of values."""

    sent: Values
    """These are the outputs of all populations, the input included."""
    misfit: Values
    """x - m of the free ones; zeros for the output."""
    push: Values
    """-dF / d current: misfit × slope; of the output, minus the slope of the loss."""
    slopes: Values
    """d sent / dx, of the free ones."""
    answer_slopes: Values
    """d m / d current; for the output with d sent / dx."""
    outputs: Tensor


def not_predictable(network: Network) -> str | None:
    """Why value nodes cannot stand for the cells of a network."""
    sends = [p.post for p in projections(network) if p.pre == network.output]
    if sends:
        return f"its output population sends to {sends[0]}; the loss needs outputs that only follow"
    return not_rate_cells(network)


class ValueNodes:
    """Relaxes the free cells of one network for one batch. Without gradients of torch.

    Args:
        network: passes `not_predictable`.
        batch, objective, unrolling: as for an update; inputs are held.
        weights: number of projection → other values on its edges.
    """

    def __init__(
        self,
        network: Network,
        batch: Batch,
        objective: Objective,
        unrolling: Unrolling | None,
        weights: Mapping[int, Tensor] | None = None,
    ):
        self.network, self.batch, self.objective = network, batch, objective
        self.inputs = held(batch, "predictive coding")
        free = list(network.populations)[1:-1]
        self.cells: dict[str, RateCells] = {name: rate_cells(network, name) for name in free}
        self.top = rate_cells(network, network.output)
        self.bias = {
            name: cells.bias_of_cells() for name, cells in {**self.cells, network.output: self.top}.items()
        }
        self.join(weights or {})
        trajectory = network.unroll(self.inputs, **(unrolling or {}), products=self.products)
        self.start: Values = {name: trajectory.state[name].x for name in free}
        self.state = trajectory.state
        self.error = output_errors(objective, batch, trajectory.state)

    def join(self, weights: Mapping[int, Tensor]) -> None:
        """It takes these values on the edges, and the own ones elsewhere."""
        every = list(enumerate(projections(self.network)))
        self.products = [p.product(weights[k]) if k in weights else p.product() for k, p in every]
        self.joints = [
            Joint(k, p.pre, p.post, isinstance(p, GapJunctions), self.products[k], _back(p, weights.get(k)))
            for k, p in every
        ]
        self.driven: Values = {}
        for joint in self.joints:
            if joint.pre == self.network.input:
                _add(self.driven, joint.post, joint.forward(self.inputs))

    def sweep(self, x: Values) -> Sweep:
        """Predictions, misfits and slopes are computed at these values."""
        sent, slopes = {self.network.input: self.inputs}, {}
        for name, cells in self.cells.items():
            if cells.form == "rate":
                sent[name], slopes[name] = x[name], torch.ones_like(x[name])
            else:
                sent[name] = cells.respond(x[name])
                slopes[name] = SLOPES[cells.phi](x[name], sent[name])
        current = dict(self.driven)
        for joint in self.joints:
            if joint.pre != self.network.input:
                _add(
                    current, joint.post, joint.forward(x[joint.pre] if joint.electrical else sent[joint.pre])
                )
        misfit, push, answer = {}, {}, {}
        for name, cells in self.cells.items():
            a = self._biased(name, current.get(name), x[name])
            if cells.form == "rate":
                m = cells.respond(a)
                answer[name] = SLOPES[cells.phi](a, m)
                misfit[name] = x[name] - m
                push[name] = misfit[name] * answer[name]
            else:
                push[name] = misfit[name] = x[name] - a
        top = self.network.output
        a = self._biased(top, current.get(top), self.inputs.new_zeros(len(self.inputs), self.top.n))
        outputs = self.top.respond(a)
        pushed = self.error(outputs).neg_()
        push[top] = pushed if self.top.phi == "identity" else pushed * SLOPES[self.top.phi](a, outputs)
        return Sweep(sent, misfit, push, slopes, answer, outputs)

    def fallen(self, push: Values, slopes: Values) -> Values:
        """It returns what pushes mean to those that predicted: slope × W^T push, over all that a cell
        projects to.
        """
        reaching: Values = {}
        electrical: Values = {}
        for joint in self.joints:
            if joint.pre != self.network.input:
                _add(electrical if joint.electrical else reaching, joint.pre, joint.back(push[joint.post]))
        for name in reaching:
            if self.cells[name].form != "rate":
                reaching[name] = reaching[name] * slopes[name]
        for name, part in electrical.items():
            _add(reaching, name, part)
        return reaching

    def gradients(self, sent: Values, x: Values, push: Values) -> dict[int, Tensor]:
        """It returns number of projection → dF / d values, mean over samples."""
        scale = -1.0 / len(self.inputs)
        return {
            joint.k: self.network.projection(joint.k).outer(
                push[joint.post], x[joint.pre] if joint.electrical else sent[joint.pre]
            )
            * scale
            for joint in self.joints
        }

    def filled(self, sent: Values, x: Values, push: Values) -> dict[str, Tensor | None]:
        """The gradients are returned as name of parameter → gradient."""
        biases = from_cells(self.network, {name: -signal.mean(0) for name, signal in push.items()})
        return {**from_edges(self.network, self.gradients(sent, x, push)), **biases}

    def metrics(self, outputs: Tensor) -> Metrics:
        """The figures are the objective's."""
        return judged(self.objective, self.batch, outputs, self.state)

    def _biased(self, name: str, current: Tensor | None, like: Tensor) -> Tensor:
        bias = self.bias[name]
        if current is None:
            current = torch.zeros_like(like)
        return current if bias is None else current + bias


def _back(projection, values: Tensor | None) -> Callable[[Tensor], Tensor]:
    return projection.transposed() if values is None else projection.transposed(values)


def _add(sums: Values, name: str, part: Tensor) -> None:
    sums[name] = sums[name] + part if name in sums else part
