"""Many networks of one structure as one: every weight has a leading axis of networks, so that hundreds of
small ones (seeds × cells of a matrix) take one step in the time of a few.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor

from ..cells import NONLINEARITIES, InputCells
from ..errors import NetworkError
from ..network import Network
from ..projection import DenseProjection
from ..rate import RateCells
from ..synapses import Synapses

SLOPES: dict[str, Callable[[Tensor, Tensor], Tensor]] = {
    "identity": lambda x, y: torch.ones_like(y),
    "tanh": lambda x, y: 1 - y * y,
    "relu": lambda x, y: (x > 0).to(y.dtype),
    "sigmoid": lambda x, y: y * (1 - y),
}
"""phi → (x, phi(x)) → phi'(x), of the nonlinearities that many networks know."""


@dataclass(frozen=True, eq=False)
class Joint:
    """One projection: from a pool of `pre` to a pool of `post` (None: all cells)."""

    pre: str
    post: str
    delay: int
    pre_pool: Int[Tensor, " pool"] | None = None
    post_pool: Int[Tensor, " pool"] | None = None
    mask: Bool[Tensor, "post pre"] | None = None
    """It says which synapses there are; None: all."""


@dataclass(frozen=True, eq=False)
class Kind:
    """What the cells of a population do; see `RateCells`."""

    n: int
    phi: str = "tanh"
    form: str = "voltage"
    keep: float = 0.0
    """exp(-dt / tau): the share of its state that a cell keeps in a step."""


@dataclass
class Moment:
    """One step of all networks; all [net, sample, cell]."""

    current: dict[str, Tensor]
    """What arrives at the cells, their bias included."""
    state: dict[str, Tensor]
    sent: dict[str, Tensor]


Extra = Callable[[str, "list[Moment]", Moment], "Tensor | None"]
"""(population, past moments, the one being made) → current [net, sample, cell] that is added there, or None.
Asked for as each population is advanced, so that it may read what came before in the same step.
"""


class Many:
    """Networks of one structure with values of their own, in one flat tensor [net, value].

    Args:
        kinds: population → what its cells do, in the order in which they are advanced; inputs first, outputs
            last.
        joints: the projections.
        values: [net, value]: all weights [post, pre], joint after joint, then all biases. It is not copied.
    """

    def __init__(
        self, kinds: Mapping[str, Kind], joints: Sequence[Joint], values: Float[Tensor, "net value"]
    ):
        self.kinds, self.joints, self.values = dict(kinds), list(joints), values
        self.input, self.output = next(iter(kinds)), list(kinds)[-1]
        self.weights, self.biases = self.parts(values)

    # ---- making ------------------------------------------------------------------------------------------

    @classmethod
    def of(cls, networks: Sequence[Network]) -> "Many":
        """The values of networks of one structure are copied.

        Raises:
            NetworkError: cells or projections that many networks do not know, or structures that differ.
        """
        kinds, joints = structure(networks[0])
        rows = [flat_values(network) for network in networks]
        if len({len(row) for row in rows}) != 1:
            raise NetworkError("many networks: expected one structure, got networks of different sizes")
        return cls(kinds, joints, torch.stack(rows))

    def put_into(self, networks: Sequence[Network]) -> None:
        """The values go back into the networks they came from, in the same order."""
        for number, network in enumerate(networks):
            for k, weight in enumerate(self.weights):
                projection = network.projection(k)
                with torch.no_grad():
                    if isinstance(projection, Synapses):
                        on_edges = weight[number][_edges(projection)]
                        projection.get_parameter("theta").copy_(on_edges)  # a free edge's weight
                    elif isinstance(projection, DenseProjection):
                        projection.weight.copy_(weight[number])
            for name, bias in self.biases.items():
                held = network.get_parameter(f"populations.{name}.bias") if _biased(network, name) else None
                if held is not None:
                    held.data.copy_(bias[number])

    def like(self, values: Tensor) -> "Many":
        """The same structure is given other values."""
        return Many(self.kinds, self.joints, values)

    def some(self, nets: slice) -> "Many":
        """Some of the networks, as a view."""
        return self.like(self.values[nets])

    def repeated(self, times: int) -> "Many":
        """All networks, so many times one after another; copied."""
        return self.like(self.values.repeat(times, 1))

    def parts(self, flat: Float[Tensor, "net value"]) -> tuple[list[Tensor], dict[str, Tensor]]:
        """A flat tensor as views: weights by joint [net, post, pre], biases by population [net, cell]."""
        weights, begin = [], 0
        for joint in self.joints:
            rows, columns = self.size(joint)
            weights.append(flat[:, begin : begin + rows * columns].unflatten(1, (rows, columns)))
            begin += rows * columns
        biases = {}
        for name in list(self.kinds)[1:]:
            biases[name] = flat[:, begin : begin + self.kinds[name].n]
            begin += self.kinds[name].n
        return weights, biases

    def size(self, joint: Joint) -> tuple[int, int]:
        """Rows and columns of a joint's weights."""
        rows = self.kinds[joint.post].n if joint.post_pool is None else len(joint.post_pool)
        return rows, self.kinds[joint.pre].n if joint.pre_pool is None else len(joint.pre_pool)

    def without(self, names: Sequence[str]) -> "Many":
        """The networks with these populations, and all that leads to and from them, deleted; copied."""
        kinds = {name: kind for name, kind in self.kinds.items() if name not in names}
        kept = [k for k, joint in enumerate(self.joints) if not {joint.pre, joint.post} & set(names)]
        flat = [self.weights[k].flatten(1) for k in kept] + [self.biases[name] for name in list(kinds)[1:]]
        return Many(kinds, [self.joints[k] for k in kept], torch.cat(flat, 1))

    @property
    def n(self) -> int:
        """Number of networks."""
        return len(self.values)

    @property
    def hidden(self) -> list[str]:
        """Populations between input and output."""
        return list(self.kinds)[1:-1]

    @property
    def recurrent(self) -> bool:
        """Whether anything reads the step before."""
        return any(joint.delay for joint in self.joints) or any(kind.keep for kind in self.kinds.values())

    # ---- running -----------------------------------------------------------------------------------------

    def run(
        self,
        inputs: Float[Tensor, "net sample ..."],
        *,
        extra: Extra | None = None,
        noise: Mapping[str, Tensor] | None = None,
    ) -> list[Moment]:
        """All steps from rest.

        Args:
            inputs: [net, sample, input] for one step, or [net, sample, step, input].
            extra: currents that come from outside; see `Extra`.
            noise: population → current [net, sample, cell], or with a step axis before the cells.
        """
        moments: list[Moment] = []
        steps = inputs.unsqueeze(2) if inputs.ndim == 3 else inputs
        for t in range(steps.shape[2]):
            moments.append(self._step(t, moments, steps[:, :, t], extra, noise))
        return moments

    def _step(self, t: int, past: list[Moment], inputs: Tensor, extra, noise) -> Moment:
        now = Moment({}, {}, {self.input: inputs})
        before = past[-1] if past else None
        for name, kind in list(self.kinds.items())[1:]:
            current = self._arriving(name, before, now, inputs)
            added = extra(name, past, now) if extra else None
            if added is not None:
                current = current + added
            if noise and name in noise:
                current = current + (noise[name] if noise[name].ndim == 3 else noise[name][:, :, t])
            now.current[name] = current
            target = NONLINEARITIES[kind.phi](current) if kind.form == "rate" else current
            if kind.keep:
                old = before.state[name] if before else torch.zeros_like(current)
                target = kind.keep * old + (1 - kind.keep) * target
            now.state[name] = target
            now.sent[name] = target if kind.form == "rate" else NONLINEARITIES[kind.phi](target)
        return now

    def _arriving(self, name: str, before: Moment | None, now: Moment, inputs: Tensor) -> Tensor:
        current = self.biases[name][:, None]
        for joint, weight in zip(self.joints, self.weights, strict=True):
            source = before if joint.delay else now
            if joint.post != name or source is None:
                continue
            current = current + self.forward(joint, weight, source.sent[joint.pre])
        return current.expand(-1, inputs.shape[1], -1)

    def forward(self, joint: Joint, weight: Tensor, sent: Tensor) -> Tensor:
        """What a joint delivers at its population, [net, sample, post]."""
        chosen = sent if joint.pre_pool is None else sent[..., joint.pre_pool]
        y = chosen @ weight.mT
        return y if joint.post_pool is None else spread(y, joint.post_pool, self.kinds[joint.post].n)

    def back(self, joint: Joint, weight: Tensor, at_post: Tensor) -> Tensor:
        """The same edges, walked backward with these weights, [net, sample, pre]."""
        chosen = at_post if joint.post_pool is None else at_post[..., joint.post_pool]
        x = chosen @ weight
        return x if joint.pre_pool is None else spread(x, joint.pre_pool, self.kinds[joint.pre].n)

    def outer(self, joint: Joint, at_post: Tensor, at_pre: Tensor) -> Float[Tensor, "net post pre"]:
        """The sum over samples of at_post × at_pre on each edge."""
        post = at_post if joint.post_pool is None else at_post[..., joint.post_pool]
        pre = at_pre if joint.pre_pool is None else at_pre[..., joint.pre_pool]
        product = post.mT @ pre
        return product if joint.mask is None else product * joint.mask


def spread(values: Float[Tensor, "net sample pool"], pool: Tensor, n: int) -> Float[Tensor, "net sample n"]:
    """Zeros for all cells but those of the pool."""
    return values.new_zeros(*values.shape[:-1], n).index_copy_(-1, pool, values)


def structure(network: Network) -> tuple[dict[str, Kind], list[Joint]]:
    """What many copies of a network share. Raises `NetworkError` where many networks do not know it."""
    kinds: dict[str, Kind] = {}
    for name in network.populations:
        cells = network.cells(name)
        if isinstance(cells, InputCells):
            kinds[name] = Kind(cells.n, "identity")
            continue
        plain = isinstance(cells, RateCells) and cells.phi in SLOPES and not cells.normalise
        if not isinstance(cells, RateCells) or not plain or cells.bias_mode == "type":
            raise NetworkError(
                f"many networks: expected rate cells of {', '.join(SLOPES)}, got {name} of {cells.kind} "
                "cells; take them one by one (loop.augment)"
            )
        keep = cells.keep.unique()
        if len(keep) != 1:
            raise NetworkError(f"many networks: expected one time constant in {name}, got {len(keep)}")
        kinds[name] = Kind(cells.n, cells.phi, cells.form, float(keep))
    joints = []
    for k in range(len(network.projections)):
        projection = network.projection(k)
        ends = (projection.pre, projection.post, projection.delay_steps)
        if isinstance(projection, DenseProjection) and projection.sign is None:
            joints.append(Joint(*ends, projection.pre_pool, projection.post_pool))
        elif isinstance(projection, Synapses) and projection.mode == "edge" and not projection.dale:
            mask = torch.zeros(projection.n_post, projection.n_pre, dtype=torch.bool)
            mask[_edges(projection)] = True
            joints.append(Joint(*ends, mask=mask))
        else:
            raise NetworkError(
                f"many networks: expected free weights from {ends[0]} to {ends[1]}, got {projection.kind}; "
                "compile with train='edge' and dale=False, or take networks one by one (loop.augment)"
            )
    return kinds, joints


def flat_values(network: Network) -> Float[Tensor, " value"]:
    """All weights and biases of one network, in the order of `Many`."""
    rows = []
    for k in range(len(network.projections)):
        projection = network.projection(k)
        values = projection.values().detach()
        if isinstance(projection, Synapses):
            dense = values.new_zeros(projection.n_post, projection.n_pre)
            dense[_edges(projection)] = values
            values = dense
        rows.append(values.flatten())
    for name in list(network.populations)[1:]:
        cells = network.cells(name)
        bias = cells.bias_of_cells() if isinstance(cells, RateCells) else None
        rows.append(rows[0].new_zeros(cells.n) if bias is None else bias.detach())
    return torch.cat(rows).clone()


def _edges(projection: Synapses) -> tuple[Tensor, Tensor]:
    pattern = projection.pattern
    return torch.from_numpy(pattern.post).long(), torch.from_numpy(pattern.pre).long()


def _biased(network: Network, name: str) -> bool:
    return getattr(network.cells(name), "bias", None) is not None
