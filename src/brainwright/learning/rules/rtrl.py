"""Real-time recurrent learning: the exact gradient, carried forward. An oracle for tiny networks."""

from dataclasses import dataclass
from typing import Any, ClassVar

import torch
from jaxtyping import Float
from torch import Tensor

from brainwright.network import Network, Trajectory
from brainwright.network.unrolling import detached, drives_of

from ..locality import Locality
from ..rule import LearningRule, fill, trained

MOST = 5_000_000
"""State variables × parameters of one sample: in float64 40 MB of derivatives, multiplied at every step.
Beyond that nobody should wait.
"""


@dataclass(frozen=True)
class RealTimeRecurrent(LearningRule):
    """P_t = D_t P_{t-1} + dh_t/dW (explicit part), D_t = dh_t/dh_{t-1}; dL/dW = sum over t of δ_t P_t
    (Williams & Zipser 1989, Neural Comput 1:270). Time and memory of O(state × parameters), sample by sample:
    to test others against.
    """

    name: ClassVar[str] = "real-time recurrent"
    equation: ClassVar[str] = "P_t = D_t P_{t-1} + ∂h_t/∂W; dL/dW = sum_t δ_t P_t"
    bibtex: ClassVar[str] = (
        "@article{williams1989, title={A learning algorithm for continually running fully recurrent neural "
        "networks}, author={Williams, Ronald J. and Zipser, David}, journal={Neural Computation}, "
        "volume={1}, pages={270--280}, year={1989}}"
    )

    @property
    def locality(self) -> Locality:
        """Every synapse follows its effect on every cell."""
        return Locality(("pre", "post", "error", "transposed weights"), phases=0, waits="output of the step")

    def supports(self, network) -> str | None:
        """Tiny networks are supported."""
        size = sum(t.numel() for t in _floats(network.rest(1))) * network.n_parameters
        return f"{size:,} derivatives for each sample, above {MOST:,}" if size > MOST else None

    def update(self, network, batch, objective, state, unrolling=None):
        """See `LearningRule`."""
        options = {"steps": None, "inject": "every", **(unrolling or {})}
        with torch.no_grad():
            first = network.unroll(batch.inputs, **(unrolling or {}))
        outputs = first.outputs.requires_grad_()
        loss = objective.loss(Trajectory(outputs, first.state, {}), batch)
        (error,) = torch.autograd.grad(loss.total, outputs)
        drives = drives_of(network, batch.inputs, options["steps"], options["inject"])
        total: Tensor | float = 0.0
        for b in range(len(batch.inputs)):
            total = total + _sample(network, [None if d is None else d[b : b + 1] for d in drives], error[b])
        assert isinstance(total, Tensor)
        sizes = [p.numel() for p in trained(network).values()]
        parts = zip(trained(network).items(), total.split(sizes), strict=True)
        fill(network, {name: part.reshape(p.shape) for (name, p), part in parts})
        return state, {**loss.parts, "loss": float(loss.total.detach())}


def _sample(network: Network, drives: list[Tensor | None], error: Float[Tensor, "time outputs"]) -> Tensor:
    """It returns the gradient of one sample, all parameters in a row."""
    parameters = list(trained(network).values())
    state = detached(network.rest(1))
    p: Tensor | None = None
    total = error.new_zeros(sum(parameter.numel() for parameter in parameters))
    for drive, e in zip(drives, error, strict=True):
        before = _floats(state)
        for leaf in before:
            leaf.requires_grad_()
        new = network.step(state, drive)
        after = _floats(new)
        within, explicit = _rows(torch.cat([t.flatten() for t in after]), before, parameters)
        p = explicit if p is None else within @ p + explicit
        state = detached(new)
        leaves = _floats(state)
        for leaf in leaves:
            leaf.requires_grad_()
        read = torch.autograd.grad(network.read(state), leaves, e[None], allow_unused=True)
        delta = torch.cat(
            [
                torch.zeros_like(t).flatten() if g is None else g.flatten()
                for g, t in zip(read, leaves, strict=True)
            ]
        )
        total += delta @ p
        state = detached(state)
    return total


def _rows(values: Tensor, before: list[Tensor], parameters: list[Tensor]) -> tuple[Tensor, Tensor]:
    """It returns the derivatives of each value in the state before, and in the parameters."""
    rows = []
    for value in values:
        if not value.requires_grad:
            rows.append(torch.cat([torch.zeros_like(t).flatten() for t in (*before, *parameters)]))
            continue
        slopes = torch.autograd.grad(value, [*before, *parameters], retain_graph=True, allow_unused=True)
        with_zeros = zip(slopes, (*before, *parameters), strict=True)
        rows.append(torch.cat([(torch.zeros_like(t) if g is None else g).flatten() for g, t in with_zeros]))
    matrix = torch.stack(rows).detach()
    split = sum(t.numel() for t in before)
    return matrix[:, :split], matrix[:, split:]


def _floats(state: dict[str, Any]) -> list[Tensor]:
    tensors: list[Tensor] = []
    for cells_state in state.values():
        for part in cells_state:
            tensors += [part] if isinstance(part, Tensor) else list(part)
    return tensors
