"""What rules without a path for errors see of one forward pass: all that was sent, with noise where they ask.

Noise is added to what arrives at cells. A rate cell has one inlet; a spiking cell has two, its current and
its synapses, since the same noise means something else in each.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor

from brainwright.network import Network, NetworkError, Trajectory
from brainwright.network.lif import LIFCells
from brainwright.network.projection import Product, Projection
from brainwright.network.rate import RateCells
from brainwright.network.synapses import Synapses
from brainwright.network.unrolling import drives_of
from brainwright.objective import Batch, Objective, PerSample

from ..rule import Metrics, RuleState, Unrolling, from_edges, gradients, hidden, projections

Inlet = tuple[str, str]
"""An inlet is (population, "all", "current" or "synapses")."""
OverTime = Float[Tensor, "time batch cells"]


@dataclass(frozen=True)
class Seen:
    """This is one forward pass, without gradient."""

    trajectory: Trajectory
    sent: dict[int, Tensor]
    """Number of projection → [time, batch, ...] what its presynaptic cells sent; of the steps in which they
    sent anything, which begin with the first.
    """


def inlet(network: Network, projection: Projection) -> Inlet:
    """The inlet is where a projection arrives."""
    if not isinstance(network.cells(projection.post), LIFCells):
        return projection.post, "all"
    return projection.post, "current" if projection.pre == network.input else "synapses"


def learns(projection: Projection) -> bool:
    """The answer says whether a projection has parameters that train."""
    return any(p.requires_grad for p in projection.parameters())


def learning_inlets(network: Network, populations: Sequence[str]) -> dict[Inlet, Tensor]:
    """Inlets of these populations at which something learns → [cells] 1 where it does, else 0."""
    like = network.read(network.rest(1))
    learning: dict[Inlet, Tensor] = {}
    for projection in projections(network):
        if projection.post in populations and learns(projection):
            everything = torch.ones(projection.n_pre, dtype=torch.bool).numpy()
            reached = torch.from_numpy(projection.reached(everything)).to(like)
            place = inlet(network, projection)
            learning[place] = torch.maximum(learning.get(place, torch.zeros_like(reached)), reached)
    for name in populations:
        if _bias(network, name) is not None:
            learning[name, "all"] = like.new_ones(network.cells(name).n)
    return learning


def remember_inlets(network: Network, populations: Sequence[str], state: RuleState) -> None:
    """The `learning_inlets` go into a rule's state."""
    for (name, place), learning in learning_inlets(network, populations).items():
        state.tensors[f"noise.{name}.{place}"] = learning


def remembered_inlets(state: RuleState) -> dict[Inlet, Tensor]:
    """The inlets are those that `remember_inlets` put there."""
    inlets = {}
    for key, learning in state.tensors.items():
        kind, *place = key.split(".")
        if kind == "noise":
            inlets[place[0], place[1]] = learning
    return inlets


def noise_can_teach(network: Network, populations: Sequence[str]) -> str | None:
    """Why noise on what arrives at these populations cannot teach them; None if it can."""
    for name in populations:
        cells = network.cells(name)
        if not isinstance(cells, RateCells | LIFCells):
            return (
                f"{cells.kind} cells have weights of their own, which noise on what arrives at {name} does "
                "not teach; weight perturbation does"
            )
    if not learning_inlets(network, hidden(network)):
        return "nothing before the readout trains"
    return None


def draw(
    network: Network,
    inlets: Mapping[Inlet, Tensor],
    steps: int,
    rows: int,
    sigma: float,
    generator: torch.Generator,
) -> dict[Inlet, OverTime]:
    """It returns normal noise for each inlet, all of it drawn at once."""
    like = network.read(network.rest(1))
    sizes = [len(learning) for learning in inlets.values()]
    drawn = torch.randn(steps, rows, sum(sizes), generator=generator, dtype=like.dtype).to(like.device)
    # in memory cells come before samples, as in all that arrives at cells: sums with it need no other order
    scaled = torch.mul(drawn, sigma, out=drawn.new_empty(steps, sum(sizes), rows).mT)
    parts = scaled.split(sizes, dim=-1)
    return {
        place: part if bool(learning.all()) else part * learning
        for (place, learning), part in zip(inlets.items(), parts, strict=True)
    }


def steps_of(network: Network, inputs: Tensor, unrolling: Unrolling | None) -> int:
    """The number is that of the steps that `unroll` would make."""
    options = unrolling or {}
    how = options.get("steps"), options.get("inject", "every"), options.get("hold", 1)
    return len(drives_of(network, inputs, *how))


@torch.no_grad()
def observe(
    network: Network,
    inputs: Tensor,
    unrolling: Unrolling | None,
    *,
    noise: Mapping[Inlet, OverTime] | None = None,
    rows: int | None = None,
    record: Sequence[str] = (),
    record_as: str = "output",
) -> Seen:
    """A forward pass is observed.

    Args:
        network, inputs, unrolling: as for `unroll`.
        noise: added to what arrives.
        rows: how many samples, from the first, to keep of what is sent; all by default.
        record, record_as: see `unroll`.

    Raises:
        NetworkError: noise in steps without input where cells hear the input alone.
    """
    noise = noise or {}
    host = _hosts(network, noise)
    every = (unrolling or {}).get("inject", "every") == "every"
    for place, k in host.items():
        if network.projection(k).pre == network.input and not every and len(noise[place]) > 1:
            raise NetworkError(
                f"{place[0]} hears the input alone, which is silent after the first step: noise cannot "
                'enter there; use inject="every"'
            )
    kept: dict[int, list[Tensor]] = {k: [] for k in range(len(network.projections))}
    pushed = {k: noise[place] for place, k in host.items()}
    products = [
        _keeping(projection, kept[k], pushed.get(k), rows)
        for k, projection in enumerate(projections(network))
    ]
    trajectory = network.unroll(
        inputs, **(unrolling or {}), products=products, record=record, record_as=record_as
    )
    return Seen(
        trajectory, {k: _over_time(network.projection(k), steps) for k, steps in kept.items() if steps}
    )


def taught_at(
    network: Network, signals: Mapping[Inlet, OverTime], sent: Mapping[int, Tensor]
) -> dict[str, Tensor | None]:
    """Name of parameter → sum over time and samples of signal × presynaptic activity on each edge, through
    the mode of each projection; the bias gets the signal itself.
    """
    on_edges = {}
    for k, projection in enumerate(projections(network)):
        signal = signals.get(inlet(network, projection))
        if signal is not None and k in sent and learns(projection):
            on_edges[k] = projection.outer(as_samples(signal[: len(sent[k])]), as_samples(sent[k]))
    of_parameters = from_edges(network, on_edges)
    for (name, _), signal in signals.items():
        bias, cells = _bias(network, name), network.cells(name)
        if bias is not None and isinstance(cells, RateCells):
            total = signal.contiguous().sum((0, 1))
            if cells.bias_mode == "type":
                total = torch.zeros_like(bias).index_add(0, cells.groups, total)
            of_parameters[f"populations.{name}.bias"] = total
    return of_parameters


def as_samples(over_time: Tensor) -> Float[Tensor, "samples ..."]:
    """Steps and samples become one axis. Unless they lie together, what one cell does is laid side by side in
    memory, as products on sparse edges read it: no copy where `observe` put it that way.
    """
    if over_time.ndim != 3 or over_time.is_contiguous():
        return over_time.flatten(0, 1)
    return over_time.permute(2, 0, 1).reshape(over_time.shape[2], -1).mT


def replayed(network: Network, sent: Mapping[int, Tensor]) -> Float[Tensor, "batch time outputs"]:
    """The outputs once more, from what was sent to them, differentiable in the readout alone."""
    cells = network.cells(network.output)
    onto = [
        k
        for k, projection in enumerate(projections(network))
        if projection.post == network.output and k in sent
    ]
    products = {
        k: projection.product(projection.values())
        for k, projection in ((k, network.projection(k)) for k in onto)
    }
    some = sent[onto[0]]
    state, shown = cells.rest(some.shape[1]), []
    with torch.enable_grad():
        for t in range(max(len(sent[k]) for k in onto)):
            arriving: dict[bool, Any] = {True: None, False: None}
            for k in onto:
                if t < len(sent[k]):
                    part, driven = products[k](sent[k][t]), network.projection(k).pre == network.input
                    arriving[driven] = part if arriving[driven] is None else arriving[driven] + part
            state = cells.advance(state, arriving[False], arriving[True])
            shown.append(cells.readout(state))
    return torch.stack(shown, dim=1)


def own_error(
    network: Network, batch: Batch, objective: Objective, seen: Seen
) -> tuple[dict[str, Tensor | None], Metrics]:
    """(gradients of the readout from its own error, metrics) of the samples whose activity was kept."""
    outputs = replayed(network, seen.sent)
    shown = rows_of(seen.trajectory, slice(len(batch.inputs)))
    loss = objective.loss(Trajectory(outputs, shown.state, shown.recorded), batch)
    readout = gradients(network, [loss.total], [None])
    return readout, {**loss.parts, "loss": float(loss.total.detach())}


def each_loss(objective: Objective, trajectory: Trajectory, batch: Batch) -> Float[Tensor, " batch"]:
    """It returns the loss of every sample: asked for at once, or of an objective that knows only means one by
    one.
    """
    if isinstance(objective, PerSample):
        return objective.each(trajectory, batch).detach()
    losses = []
    for b in range(len(batch.inputs)):
        row = slice(b, b + 1)
        sample = Batch(batch.inputs[row], batch.targets[row])
        losses.append(objective.loss(rows_of(trajectory, row), sample).total.detach())
    return torch.stack(losses)


def repeated(batch: Batch, times: int) -> Batch:
    """It returns all samples, so many times one after another."""
    return Batch(*(part.repeat(times, *[1] * (part.ndim - 1)) for part in batch))


def rows_of(trajectory: Trajectory, rows: slice) -> Trajectory:
    """The trajectory is reduced to some of its samples."""

    def of(part: Any) -> Any:
        return part[rows] if isinstance(part, Tensor) else tuple(of(field) for field in part)

    state = {
        name: type(cells_state)(*(of(part) for part in cells_state))
        for name, cells_state in trajectory.state.items()
    }
    recorded = {name: shown[rows] for name, shown in trajectory.recorded.items()}
    return Trajectory(trajectory.outputs[rows], state, recorded)


def _hosts(network: Network, noise: Mapping[Inlet, OverTime]) -> dict[Inlet, int]:
    """Inlet → number of the projection that carries its noise; one that speaks at every step if there is."""
    hosts: dict[Inlet, int] = {}
    for k, projection in enumerate(projections(network)):
        place = inlet(network, projection)
        if place in noise and (place not in hosts or network.projection(hosts[place]).pre == network.input):
            hosts[place] = k
    return hosts


def _keeping(
    projection: Projection, kept: list[Tensor], pushed: OverTime | None, rows: int | None
) -> Product:
    product = projection.product()

    def apply(x: Tensor) -> Tensor:
        kept.append(x if rows is None else x[:rows])
        y = product(x)
        return y if pushed is None else y + pushed[len(kept) - 1]

    return apply


def _over_time(projection: Projection, steps: Sequence[Tensor]) -> Tensor:
    """[time, batch, ...] from what each step sent; where edges are sparse, in the memory of `as_samples`."""
    if not isinstance(projection, Synapses) or steps[0].ndim != 2:
        return torch.stack(list(steps))
    return torch.stack([sent.mT for sent in steps], dim=1).permute(1, 2, 0)


def _bias(network: Network, name: str) -> Tensor | None:
    cells = network.cells(name)
    bias = cells.bias if isinstance(cells, RateCells) else None
    return bias if bias is not None and bias.requires_grad else None
