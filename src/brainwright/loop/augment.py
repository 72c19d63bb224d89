"""`augment`: a graft learns beside a host, from what the host's own rule exposes at the written units."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

import torch
from jaxtyping import Float
from torch import Tensor

from brainwright.learning import Backpropagation, LearningRule, RuleState
from brainwright.learning.graft import exposed, teach_part
from brainwright.network import Network, NetworkError, layered
from brainwright.network.graft import MARGIN, Ported, Ports, closed_loop_radius, require_stable
from brainwright.objective import Batch, Objective

from .fit import Diverged


@dataclass(frozen=True)
class Graft:
    """Virtual neurons: a network of their own, from k read units to s written ones, and the rule inside.

    Args:
        network: without memory; its inputs are the read units, its outputs the currents that are written.
        ports: where it reads and writes.
        rule: how its synapses learn from the signal at the written units.
    """

    network: Network
    ports: Ports
    rule: LearningRule = field(default_factory=Backpropagation)

    @classmethod
    def beside(
        cls, ports: Ports, cells: tuple[int, ...] = (16, 16), rule: LearningRule | None = None, seed: int = 0
    ) -> "Graft":
        """Layers of tanh cells that write little at first."""
        network = layered([len(ports.reads), *cells, len(ports.writes)], "tanh", seed=seed)
        with torch.no_grad():
            # not zero: rules with random feedback draw it as large as the weights are
            network.get_parameter(f"projections.{len(cells)}.weight").mul_(0.1)
            network.get_parameter("populations.output.bias").zero_()
        return cls(network, ports, rule or Backpropagation())


@dataclass(frozen=True)
class Augmented:
    """What `augment` did; host and graft were trained in place."""

    history: list[dict[str, float]]
    """One row per update: the objective's parts, and `cosine`, of the signal at the written units with the
    exact gradient there (which only a simulation knows), where it was asked for.
    """
    radius: float
    """Spectral radius of the closed loop after the last update."""
    state: RuleState
    """Of the host's rule."""
    inner_state: RuleState


def augment(
    host: Network,
    graft: Graft,
    objective: Objective,
    batches: Iterable[Batch],
    *,
    host_rule: LearningRule | None = None,
    rate: float = 1e-2,
    host_rate: float = 0.0,
    margin: float = MARGIN,
    room: bool = True,
    cosine_every: int = 0,
    sent: Callable[[Tensor], Tensor] = lambda signal: signal,
    seed: int = 0,
) -> Augmented:
    """Virtual neurons are added to a network, and learn online from its own error-like signal alone.

    Args:
        host: any network; with spiking cells the currents are in the unit of its synaptic weights.
        graft: see `Graft`.
        objective: of the host.
        batches: of one size, [batch, inputs] or [batch, time, inputs].
        host_rule: what makes the signal, and what the host learns by where it learns.
        rate, host_rate: Adam's, of the graft and of the host; 0: frozen.
        margin: of the closed loop's spectral radius below 1.
        room: refuse a written population that sends to the output alone, where the host learns by feedback
            alignment or direct feedback.
        cosine_every: updates between two comparisons with the exact gradient; 0: none.
        sent: what reaches the graft of the signal [batch, time, s]: for controls that hear another one.
        seed: of both rules' states.

    Raises:
        NetworkError: ports outside the network, no room behind them, a host's rule without an error-like
            signal, a graft of other sizes or with memory, a closed loop that is unstable.
        Diverged: currents that are not finite.
    """
    host_rule = host_rule or Backpropagation()
    ports, inner = graft.ports, graft.network
    sizes = (inner.n_inputs, inner.n_outputs)
    if sizes != (len(ports.reads), len(ports.writes)) or inner.fewest_steps != 1:
        raise NetworkError(
            f"graft: expected a network from {len(ports.reads)} read to {len(ports.writes)} written units "
            f"that answers within a step, got {sizes[0]} to {sizes[1]}"
        )
    ported = state = own = None
    inner_state = graft.rule.init(inner, seed=seed)
    optimiser = _adam(inner, inner_state, rate)
    history: list[dict[str, float]] = []
    radius = 0.0
    for batch in batches:
        inputs = batch.inputs if batch.inputs.ndim == 3 else batch.inputs[:, None]
        if ported is None:
            ported = Ported(host, ports, inputs.shape[0] * inputs.shape[1])
            if room and host_rule.name in ("feedback alignment", "direct feedback"):
                ports.check_room(host)
            state = host_rule.init(ported, seed=seed)
            own = _adam(host, state, host_rate) if host_rate else None
        assert state is not None
        reads, written = heard_and_written(ported, inner, inputs)
        if not bool(torch.isfinite(written).all()):
            raise Diverged(f"update {len(history) + 1}: the currents written are not finite; lower the rate")
        if not len(history) % CHECKED_EVERY:
            radius = closed_loop_radius(ported, inner, inputs[:1, 0])
            require_stable(radius, margin)
        signal, metrics = exposed(host_rule, ported, batch, objective, state, written)
        if cosine_every and not len(history) % cosine_every:
            metrics = {**metrics, "cosine": _cosine(ported, batch, objective, signal, written)}
        teach_part(graft.rule, inner, reads, sent(signal), inner_state)
        optimiser.step()
        if own is not None:
            own.step()
        history.append(metrics)
    if ported is None or state is None:
        raise NetworkError("augment: expected at least one batch")
    radius = closed_loop_radius(ported, inner, inputs[:1, 0])
    require_stable(radius, margin)
    return Augmented(history, radius, state, inner_state)


CHECKED_EVERY = 50
"""Updates between two looks at the closed loop: the Jacobian of 300 cells costs some ten updates."""


@torch.no_grad()
def heard_and_written(
    ported: Ported, inner: Network, inputs: Float[Tensor, "batch time inputs"]
) -> tuple[Float[Tensor, "batch time k"], Float[Tensor, "batch time s"]]:
    """The closed loop is run: what was read and what was written at every step."""
    state, wait = ported.rest(len(inputs)), ported.ports.latency_steps
    silent = inputs.new_zeros(len(inputs), len(ported.ports.reads))
    heard, written = [], []
    for t in range(inputs.shape[1]):
        if wait == 0:
            heard.append(ported.heard(ported.advanced(state, inputs[:, t], None)))
        used = heard[t - wait] if t >= wait else silent
        written.append(inner.unroll(used).last)
        state = ported.advanced(state, inputs[:, t], written[-1])
        if wait:
            heard.append(ported.heard(state))
    kept = [heard[t - wait] if t >= wait else silent for t in range(inputs.shape[1])]
    return torch.stack(kept, 1), torch.stack(written, 1)


@torch.no_grad()
def with_graft(host: Network, graft: Graft, inputs: Tensor) -> Float[Tensor, "batch time outputs"]:
    """Outputs of host and graft together, at every step."""
    steps = inputs if inputs.ndim == 3 else inputs[:, None]
    ported = Ported(host, graft.ports, 1)
    _, written = heard_and_written(ported, graft.network, steps)
    state, outputs = ported.rest(len(steps)), []
    for t in range(steps.shape[1]):
        state = ported.advanced(state, steps[:, t], written[:, t])
        outputs.append(ported.read(state))
    return torch.stack(outputs, 1)


def _adam(network: Network, state: RuleState, rate: float) -> torch.optim.Optimizer:
    return torch.optim.Adam(
        [p for p in network.parameters() if p.requires_grad] + list(state.learned.values()), rate
    )


def _cosine(ported: Ported, batch: Batch, objective: Objective, signal: Tensor, written: Tensor) -> float:
    held = [p.grad for p in ported.parameters()]
    fresh = RuleState(torch.Generator())
    exact, _ = exposed(Backpropagation(), ported, batch, objective, fresh, written)
    for p, gradient in zip(ported.parameters(), held, strict=True):
        p.grad = gradient
    return float(torch.nn.functional.cosine_similarity(signal.flatten(), exact.flatten(), dim=0))
