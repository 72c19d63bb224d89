"""Eligibility traces, one per sample and synapse, carried forward step by step.

A trace says how a synapse has moved each variable of its own cell: p_m <- sum over n of J_mn p_n + D_m h_j,
where J and D are the derivatives of one step of that cell in its own variables and in what arrives. Cells do
not touch each other within a step, so one backward walk per variable gives all of them at once, whatever the
dynamics.
"""

from collections.abc import Callable

import torch
from jaxtyping import Float
from torch import Tensor

from brainwright.network import Network
from brainwright.network.lif import LIFCells
from brainwright.network.network import State
from brainwright.network.projection import DenseProjection, GapJunctions, Product, Projection
from brainwright.network.rate import RateCells
from brainwright.network.synapses import Synapses
from brainwright.network.unrolling import detached, drives_of

from ..rule import Unrolling, from_edges, hidden, projections, synaptic

VARIABLES = {"rate": ("x",), "lif": ("v_mV", "g_mV", "rate_hz")}
"""Kind of cells → the variables through which a cell remembers; spikes on their way reach only others."""


def traceable(network: Network) -> str | None:
    """Why explicit traces cannot be kept; None if they can."""
    names = hidden(network)
    if len(names) != 1:
        return f"explicit traces need one hidden population, this network has {len(names)}"
    cells, out = network.cells(names[0]), network.cells(network.output)
    if not isinstance(cells, RateCells | LIFCells):
        return f"explicit traces are known for rate and lif cells, not for {cells.kind}"
    if not isinstance(out, RateCells) or bool(out.keep.any()) or out.phi != "identity":
        return "explicit traces need a linear readout without memory"
    if any(isinstance(p, GapJunctions) and p.log_factor is not None for p in projections(network)):
        return "explicit traces are kept for synapses, not for gap junctions"
    return None


def trace_bytes(network: Network, batch: int) -> int:
    """It returns the memory of all traces for so many samples."""
    cells = network.cells(hidden(network)[0])
    edges = sum(
        projection.values().numel()
        for projection in projections(network)
        if projection.post != network.output
    )
    size = network.read(network.rest(1)).element_size()
    return len(VARIABLES[cells.kind]) * batch * (edges + cells.n) * size


def online(
    network: Network,
    inputs: Tensor,
    error: Float[Tensor, "batch time outputs"],
    send: Callable[[Tensor], Tensor],
    unrolling: Unrolling,
) -> dict[str, Tensor | None]:
    """It returns name of parameter → gradient, from one walk forward with the errors of each step.

    Args:
        network: one that is `traceable`.
        inputs, unrolling: as for `unroll`.
        error: dL / d outputs.
        send: error of the outputs → error of what the hidden cells show.
    """
    how = unrolling.get("steps"), unrolling.get("inject", "every"), unrolling.get("hold", 1)
    drives = drives_of(network, inputs, *how)
    walk = _Walk(network, hidden(network)[0], len(inputs), send)
    for t, drive in enumerate(drives):
        walk.step(drive, error[:, t])
    return walk.gradients()


class _Ends:
    """Both cells of each synapse, in the order of `values().flatten()`."""

    def __init__(self, projection: Projection):
        if isinstance(projection, Synapses):
            index = projection.pattern.tensors(projection.base.device)
            self.pre, self.post = index.pre, index.post
        else:
            assert isinstance(projection, DenseProjection)
            pre = _members(projection.pre_pool, projection.n_pre, projection.weight)
            post = _members(projection.post_pool, projection.n_post, projection.weight)
            self.pre, self.post = pre.repeat(len(post)), post.repeat_interleave(len(pre))


Derivatives = dict[str, Tensor | None]
"""Of one variable of each cell: in that cell's variables, and in what arrives there (`ARRIVING`)."""
ARRIVING = ("synaptic", "drive")


class _Walk:
    """The walk holds state, traces and gradients so far."""

    def __init__(self, network: Network, name: str, batch: int, send: Callable[[Tensor], Tensor]):
        self.network, self.name, self.state = network, name, network.rest(batch)
        self.cells, every = network.cells(name), projections(network)
        self.variables, like = VARIABLES[self.cells.kind], network.read(self.state)
        self.ends = {k: _Ends(p) for k, p in enumerate(every) if p.post == name and synaptic(p)}
        self.traces = {k: self._rest(like, batch, len(ends.pre)) for k, ends in self.ends.items()}
        self.of_bias = self._rest(like, batch, self.cells.n)
        self.at_edges = {k: like.new_zeros(len(ends.pre)) for k, ends in self.ends.items()}
        self.out = {k: torch.zeros_like(p.values()) for k, p in enumerate(every) if p.post == network.output}
        self.send = send
        self.bias, self.out_bias = like.new_zeros(self.cells.n), like.new_zeros(network.n_outputs)
        self.products = network.products()

    def step(self, drive: Tensor | None, error: Float[Tensor, "batch outputs"]) -> None:
        """One step of the network, its traces, and what the error of this step adds."""
        of_cells = self.state[self.name]
        inward = {m: getattr(of_cells, m).detach().requires_grad_() for m in self.variables}
        arriving = {place: torch.zeros_like(inward[self.variables[0]]).requires_grad_() for place in ARRIVING}
        sent: dict[int, Tensor] = {}
        with torch.enable_grad():
            state: State = {**self.state, self.name: of_cells._replace(**inward)}
            new = self.network.step(state, drive, self._probing(arriving, sent))
            rows = [getattr(new[self.name], m) for m in self.variables]
            rows.append(self.cells.readout(new[self.name]))
            jacobian = [_derivatives(row, {**inward, **arriving}) for row in rows]
        self._learn(jacobian, sent, self.send(error), error)
        self.state = detached(new)

    def gradients(self) -> dict[str, Tensor | None]:
        """It returns the gradients by name of parameter, through the mode of each projection."""
        shapes = {k: self.network.projection(k).values().shape for k in self.at_edges}
        of_parameters = from_edges(
            self.network, {k: g.reshape(shapes[k]) for k, g in self.at_edges.items()} | self.out
        )
        for name, total in ((self.name, self.bias), (self.network.output, self.out_bias)):
            cells = self.network.cells(name)
            if isinstance(cells, RateCells) and cells.bias is not None:
                of_parameters[f"populations.{name}.bias"] = (
                    torch.zeros_like(cells.bias).index_add(0, cells.groups, total)
                    if cells.bias_mode == "type"
                    else total
                )
        return of_parameters

    def _learn(
        self, jacobian: list[Derivatives], sent: dict[int, Tensor], taught: Tensor, error: Tensor
    ) -> None:
        places = {
            k: "drive" if self.network.projection(k).pre == self.network.input else "synaptic" for k in sent
        }
        for k, ends in self.ends.items():
            h = sent[k][:, ends.pre] if k in sent else None
            *self.traces[k], eligible = self._advanced(self.traces[k], jacobian, places.get(k), ends.post, h)
            self.at_edges[k] += (taught[:, ends.post] * eligible).sum(0)
        ones, every = torch.ones_like(taught), torch.arange(self.cells.n, device=taught.device)
        place = next(places[k] for k in sent if self.network.projection(k).post == self.name)
        *self.of_bias, eligible = self._advanced(self.of_bias, jacobian, place, every, ones)
        self.bias += (taught * eligible).sum(0)
        self.out_bias += error.sum(0)
        for k in self.out:
            self.out[k] += self.network.projection(k).outer(error, sent[k])

    def _advanced(
        self,
        traces: list[Tensor],
        jacobian: list[Derivatives],
        place: str | None,
        post: Tensor,
        h: Tensor | None,
    ) -> list[Tensor]:
        """Traces one step later, and last the trace of what the cell shows."""
        later = []
        for row in jacobian:
            total = torch.zeros_like(traces[0])
            for m, trace in zip(self.variables, traces, strict=True):
                slope = row[m]
                total = total if slope is None else total + slope[:, post] * trace
            arrived = None if place is None else row[place]
            later.append(total if arrived is None or h is None else total + arrived[:, post] * h)
        return later

    def _rest(self, like: Tensor, batch: int, n: int) -> list[Tensor]:
        return [like.new_zeros(batch, n) for _ in self.variables]

    def _probing(self, arriving: dict[str, Tensor], sent: dict[int, Tensor]) -> list[Product]:
        """Products that keep what was sent, and add a zero whose derivative is that of all that arrives."""
        probed: set[str] = set()

        def probing(k: int, projection: Projection) -> Product:
            place = "drive" if projection.pre == self.network.input else "synaptic"

            def apply(x: Tensor) -> Tensor:
                sent[k] = x.detach()
                y = self.products[k](x.detach()).detach()
                if projection.post != self.name or place in probed:
                    return y
                probed.add(place)
                return y + arriving[place]

            return apply

        return [probing(k, projection) for k, projection in enumerate(projections(self.network))]


def _derivatives(row: Tensor, of: dict[str, Tensor]) -> Derivatives:
    """The derivatives are taken cell by cell: no cell touches another within a step."""
    slopes = torch.autograd.grad(row.sum(), list(of.values()), retain_graph=True, allow_unused=True)
    return dict(zip(of, slopes, strict=True))


def _members(pool: Tensor | None, n: int, like: Tensor) -> Tensor:
    return torch.arange(n, device=like.device) if pool is None else pool
