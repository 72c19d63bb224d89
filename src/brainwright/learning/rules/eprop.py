"""e-prop, and its form for rate cells, RFLO: each synapse keeps a trace, an error arrives with every step."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor

from brainwright.network import Network, NetworkError, Trajectory
from brainwright.network.projection import Product
from brainwright.objective import Batch, Objective

from ..locality import Locality
from ..rule import LearningRule, Metrics, RuleState, Unrolling, fill, hidden, projections
from ..shared.credit import FEEDBACK, answering, cut, draw_feedback, over, teach
from ..shared.traces import online, trace_bytes, traceable
from .direct_feedback import draw_teaching, teach_directly

FEEDBACKS = ("random", "symmetric", "broadcast")


@dataclass(frozen=True)
class EProp(LearningRule):
    """dL/dW_ij = sum over t of L_i(t) e_ij(t): L the error of the step, sent back over projections without
    delay; e the trace by which a synapse has moved its own cell, through the memory of that cell alone
    (Bellec et al. 2020, Nat Commun 11:3625; Murray 2019, eLife 8:e43299).

    The sum is the gradient of a graph in which all delayed projections are cut and each cell keeps its own
    memory. It is computed so by default, in the time of backpropagation; or step by step with one trace per
    sample and synapse, which needs no memory of the past (`online`; networks with one hidden population and a
    readout without memory). Both give the same numbers. Where no projection has a delay it equals
    backpropagation.

    Args:
        feedback: how errors reach cells: over random weights on the edges of the readout ("random"), over its
            own weights ("symmetric"), or over random weights to every hidden cell, read out or not
            ("broadcast", which is `DirectFeedback` over time).
        online: with explicit traces.
        most_bytes: of all traces together, beyond which `online` is refused; a guard for
            the memory, to be raised where there is more.
    """

    name: ClassVar[str] = "e-prop"
    equation: ClassVar[str] = "dL/dW_ij = sum_t (Bᵀ e(t))_i e_ij(t)"
    bibtex: ClassVar[str] = (
        "@article{bellec2020, title={A solution to the learning dilemma for recurrent networks of spiking "
        "neurons}, author={Bellec, Guillaume and Scherr, Franz and Subramoney, Anand and Hajek, Elias and "
        "Salaj, Darjan and Legenstein, Robert and Maass, Wolfgang}, journal={Nature Communications}, "
        "volume={11}, pages={3625}, year={2020}}"
    )
    feedback: str = "random"
    online: bool = False
    most_bytes: float = 2e9

    def __post_init__(self) -> None:
        if self.feedback not in FEEDBACKS:
            raise ValueError(f"expected feedback of {', '.join(FEEDBACKS)}, got {self.feedback!r}")

    @property
    def locality(self) -> Locality:
        """Symmetric feedback transports the weights of the readout."""
        transport = ("transposed weights",) if self.feedback == "symmetric" else ()
        phases = 2 if self.online else 1
        return Locality(("pre", "post", "error", *transport), phases=phases, waits="output of the step")

    def supports(self, network) -> str | None:
        """All networks are supported, but for explicit traces."""
        return traceable(network) if self.online else None

    def prepare(self, network, state) -> None:
        """Feedback is drawn for projections without delay, or to every cell."""
        if self.feedback == "broadcast":
            draw_teaching(network, state)
        if self.feedback == "random":
            draw_feedback(network, state)
            for k in answering(network):
                if network.projection(k).delay_steps:
                    del state.tensors[f"{FEEDBACK}{k}"]

    def update(self, network, batch, objective, state, unrolling=None):
        """See `LearningRule`."""
        if self.online:
            return state, self._step_by_step(network, batch, objective, state, unrolling or {})
        if self.feedback == "broadcast":
            return state, teach_directly(network, batch, objective, state, unrolling, lambda error: error)
        return state, teach(network, batch, objective, unrolling, self._products(network, state))

    def _products(self, network: Network, state: RuleState) -> list[Product]:
        open_paths = over(network, self._feedback(state))
        return [
            cut(projection) if projection.delay_steps else product
            for projection, product in zip(projections(network), open_paths, strict=True)
        ]

    def _sender(self, network: Network, state: RuleState) -> Callable[[Tensor], Tensor]:
        """It returns error of the outputs → what it means at the hidden cells."""
        (name,) = hidden(network)
        if self.feedback == "broadcast":
            return lambda error: error @ state.tensors[f"teaching.{name}"]
        feedback, numbered = self._feedback(state), enumerate(projections(network))
        ways = [
            projection.transposed(feedback.get(k))
            for k, projection in numbered
            if projection.pre == name and projection.post == network.output
        ]
        return lambda error: torch.stack([way(error) for way in ways]).sum(0)

    def _feedback(self, state: RuleState) -> dict:
        return {int(name.removeprefix(FEEDBACK)): b for name, b in state.tensors.items()}

    def _step_by_step(
        self, network: Network, batch: Batch, objective: Objective, state: RuleState, unrolling: Unrolling
    ) -> Metrics:
        """Errors first (an objective judges whole trajectories), then forward with traces."""
        needed = trace_bytes(network, len(batch.inputs))
        if needed > self.most_bytes:
            raise NetworkError(
                f"traces would take {needed / 1e9:.1f} GB for {len(batch.inputs)} samples, above "
                f"{self.most_bytes / 1e9:.1f} GB: use a smaller batch or online=False"
            )
        with torch.no_grad():
            first = network.unroll(batch.inputs, **unrolling)
        outputs = first.outputs.requires_grad_()
        loss = objective.loss(Trajectory(outputs, first.state, {}), batch)
        (error,) = torch.autograd.grad(loss.total, outputs)
        fill(network, online(network, batch.inputs, error, self._sender(network, state), unrolling))
        return {**loss.parts, "loss": float(loss.total.detach()), "trace_bytes": float(needed)}
