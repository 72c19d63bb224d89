"""How good an update is: beside the exact gradient of the same batch, without touching the network."""

import math
import time
from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from brainwright.network import Network
from brainwright.network.projection import DenseProjection
from brainwright.network.synapses import Synapses
from brainwright.objective import Batch, Objective

from .groups import group_of
from .rule import LearningRule, Metrics, RuleState, Unrolling, synaptic, trained
from .rules.backpropagation import Backpropagation

Gradients = dict[str, Tensor]


def gradients_of(
    rule: LearningRule,
    network: Network,
    batch: Batch,
    objective: Objective,
    state: RuleState,
    unrolling: Unrolling | None = None,
) -> Gradients:
    """What a rule would fill in, zeros for what it does not teach. A shadow: neither the network nor its
    gradients nor `state` change.
    """
    held = {name: p.grad for name, p in trained(network).items()}
    try:
        rule.update(network, batch, objective, state.copy(), unrolling)
        return {
            name: torch.zeros_like(p) if p.grad is None else p.grad for name, p in trained(network).items()
        }
    finally:
        for name, parameter in trained(network).items():
            parameter.grad = held[name]


@dataclass(frozen=True)
class Alignment:
    """Compares a rule with the gradient on one batch; give it to `fit(watch=...)`.

    Args:
        rule: the one that trains.
        objective, unrolling: as for `fit`.
        shadow: name → rule and its state: others, measured on the same trajectory and never applied.
        step: learning rate for the loss decreases; None leaves them out.
    """

    rule: LearningRule
    objective: Objective
    unrolling: Unrolling | None = None
    shadow: Mapping[str, tuple[LearningRule, RuleState]] | None = None
    step: float | None = None

    def __call__(self, network: Network, batch: Batch, state: RuleState) -> Metrics:
        """It returns the figures by name:

        - `cosine`, `cosine PRE -> POST`: of the update of all hidden parameters and of each projection with
          the exact gradient; `norm ratio` likewise: its norm over that of the gradient.
        - `weight angle PRE -> POST`: degrees between the weights and the rule's feedback weights.
        - `predicted`, `achieved`: decrease of the loss on this batch for one plain step, to first order and
          in truth.
        - `cosine NAME` of each shadow.

        A rule for symmetric coupling teaches an edge and its mirror alike, as one parameter: it is compared
        with the sum of the gradients of the two.
        """
        update = self._gradients(self.rule, network, batch, state)
        exact = self._gradients(Backpropagation(), network, batch, RuleState(torch.Generator()))
        if self.rule.locality.symmetric:
            exact = mirrored(network, exact)
        figures = _compared(network, update, exact) | weight_angles(network, state)
        for name, (rule, held) in (self.shadow or {}).items():
            others = _hidden(network, self._gradients(rule, network, batch, held))
            figures[f"cosine {name}"] = cosine(others, _hidden(network, exact))
        if self.step is not None:
            figures["predicted"] = self.step * float(sum((update[n] * exact[n]).sum() for n in update))
            figures["achieved"] = self._achieved(network, batch, update, self.step)
        return figures

    def _gradients(self, rule, network, batch, state) -> Gradients:
        return gradients_of(rule, network, batch, self.objective, state, self.unrolling)

    @torch.no_grad()
    def _achieved(self, network: Network, batch: Batch, update: Gradients, step: float) -> float:
        before = self._loss(network, batch)
        kept = {name: p.clone() for name, p in trained(network).items()}
        try:
            for name, parameter in trained(network).items():
                parameter -= step * update[name]
            return before - self._loss(network, batch)
        finally:
            for name, parameter in trained(network).items():
                parameter.copy_(kept[name])

    def _loss(self, network: Network, batch: Batch) -> float:
        trajectory = network.unroll(batch.inputs, **(self.unrolling or {}))
        return float(self.objective.loss(trajectory, batch).total)


def mirrored(network: Network, gradients: Gradients) -> Gradients:
    """To the gradient of each edge, that of its mirror is added: of dense projections that lead back, and of
    synapses of a population with itself, which must train by "edge".
    """
    dense, tied = {}, dict(gradients)
    for k in range(len(network.projections)):
        projection = network.projection(k)
        if isinstance(projection, DenseProjection) and f"projections.{k}.weight" in gradients:
            dense[projection.pre, projection.post] = f"projections.{k}.weight"
        elif (
            isinstance(projection, Synapses)
            and projection.pre == projection.post
            and f"projections.{k}.theta" in gradients
        ):
            name = f"projections.{k}.theta"
            tied[name] = gradients[name] + gradients[name][_mirror(projection)]
    for (pre, post), name in dense.items():
        if pre != post and (post, pre) in dense:
            tied[name] = gradients[name] + gradients[dense[post, pre]].mT
    return tied


def _mirror(synapses: Synapses) -> Tensor:
    """Edge → the edge that leads back; all have one."""
    pattern, n = synapses.pattern, max(synapses.n_pre, synapses.n_post)
    here, back = (
        a.astype(np.int64) * n + b for a, b in ((pattern.post, pattern.pre), (pattern.pre, pattern.post))
    )
    order = np.argsort(here)
    return torch.from_numpy(order[np.searchsorted(here, back, sorter=order)])


def weight_angles(network: Network, state: RuleState) -> Metrics:
    """The angles, in degrees, lie between each projection's weights and feedback weights, where a rule has
    such.
    """
    angles: Metrics = {}
    for k in range(len(network.projections)):
        projection = network.projection(k)
        names = (f"projections.{k}.weight", f"projections.{k}.theta")
        feedback = state.tensors.get(f"feedback.{k}")
        feedback = next((state.learned[n] for n in names if n in state.learned), feedback)
        if feedback is not None and synaptic(projection) and feedback.shape == projection.values().shape:
            # rounding can carry a cosine beyond 1, where acos has no value
            angles[f"weight angle {projection.pre} -> {projection.post}"] = math.degrees(
                math.acos(max(-1.0, min(1.0, cosine([projection.values().detach()], [feedback]))))
            )
    return angles


def cosine(a: Sequence[Tensor], b: Sequence[Tensor]) -> float:
    """The cosine is of two lists of tensors, each taken as one vector; it is 0 where one of them is zero."""
    dot = sum(float((x.double() * y.double()).sum()) for x, y in zip(a, b, strict=True))
    norms = norm(a) * norm(b)
    return dot / norms if norms > 0 else 0.0


def norm(a: Sequence[Tensor]) -> float:
    """The norm is Euclidean, of a list of tensors taken as one vector."""
    return math.sqrt(sum(float(x.double().square().sum()) for x in a))


@dataclass(frozen=True)
class Cost:
    """The figures say what one update takes."""

    seconds: float
    forward_seconds: float
    held_bytes: int
    """Bytes held from the forward pass to the update: tensors for the gradient, traces, the rule's state."""

    @property
    def forward_passes(self) -> float:
        """It is the time in units of one forward pass without gradient."""
        return self.seconds / self.forward_seconds


def cost(
    rule: LearningRule,
    network: Network,
    batch: Batch,
    objective: Objective,
    unrolling: Unrolling | None = None,
    *,
    repeats: int = 5,
) -> Cost:
    """Updates of a rule are measured; the network stays as it is.

    Args:
        repeats: of which the fastest counts: other programs can only lengthen a time.
    """
    state = rule.init(network)

    def update() -> Metrics:
        return rule.update(network, batch, objective, state, unrolling)[1]

    def forward() -> None:
        with torch.no_grad():
            network.unroll(batch.inputs, **(unrolling or {}))

    held = {name: p.grad for name, p in trained(network).items()}
    try:
        with _saved() as sizes:
            metrics = update()
        remembered = sum(t.numel() * t.element_size() for t in state.saved().values())
        traces = int(metrics.get("trace_bytes", 0))
        times = [_fastest(call, repeats) for call in (update, forward)]
        return Cost(times[0], times[1], sum(sizes.values()) + remembered + traces)
    finally:
        for name, parameter in trained(network).items():
            parameter.grad = held[name]


@contextmanager
def _saved() -> Generator[dict[int, int]]:
    """The dictionary fills with storage → bytes of all tensors that autograd keeps while the block runs."""
    sizes: dict[int, int] = {}

    def pack(tensor: Tensor) -> Tensor:
        if tensor.layout == torch.strided:
            sizes[tensor.untyped_storage().data_ptr()] = tensor.untyped_storage().nbytes()
        return tensor

    with torch.autograd.graph.saved_tensors_hooks(pack, lambda tensor: tensor):
        yield sizes


def _fastest(call, repeats: int) -> float:
    times = []
    for _ in range(repeats):
        start = time.perf_counter()
        call()
        times.append(time.perf_counter() - start)
    return min(times)


def _compared(network: Network, update: Gradients, exact: Gradients) -> Metrics:
    pairs = {"": (_hidden(network, update), _hidden(network, exact))}
    for k in range(len(network.projections)):
        projection, start = network.projection(k), f"projections.{k}."
        names = [name for name in update if name.startswith(start)]
        if names:
            pairs[f" {projection.pre} -> {projection.post}"] = (
                [update[n] for n in names],
                [exact[n] for n in names],
            )
    figures: Metrics = {}
    for where, (a, b) in pairs.items():
        figures[f"cosine{where}"] = cosine(a, b)
        figures[f"norm ratio{where}"] = norm(a) / norm(b) if norm(b) > 0 else 0.0
    return figures


def _hidden(network: Network, gradients: Gradients) -> list[Tensor]:
    return [g for name, g in gradients.items() if group_of(network, name) == "hidden"]
