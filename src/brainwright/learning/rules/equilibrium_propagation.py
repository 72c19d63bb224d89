"""Equilibrium propagation: the same synapses, at rest and pushed a little towards the target."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor

from brainwright.network import Network
from brainwright.network.network import State
from brainwright.network.projection import DenseProjection, GapJunctions, OneToOne, Product, Projection
from brainwright.network.rate import RateCells
from brainwright.network.synapses import Synapses
from brainwright.objective import Batch

from ..locality import Locality
from ..rule import LearningRule, fill, from_edges, projections
from ..shared.rate_cells import from_cells, held, judged, not_rate_cells, output_errors

ASYMMETRY = 1e-3
"""Largest difference between the two directions, relative to either, that counts as none: above what float32
sums in another order can differ by (1e-7 times the root of the number of edges), below any real asymmetry.
"""


@dataclass(frozen=True)
class EquilibriumPropagation(LearningRule):
    """s = phi(W s + b - beta dC/ds) at rest for +beta and -beta, both started from beta = 0;
    dC/dW_ij = -(s_i^+ s_j^+ - s_i^- s_j^-) / (2 beta) (Scellier & Bengio 2017; centred, Laborieux et al.
    2021, Front Neurosci 15:633674).

    Needs symmetric coupling W_ij = W_ji without self-coupling: only then are resting points extrema of an
    energy, and the difference of the two phases the gradient of the loss at rest, with an error of beta^2.
    The free phase is the network's own answer: unroll it with `steps` enough to come to rest. An edge and its
    mirror are one coupling; both get its gradient, so they stay equal. `relaxing` makes such networks.

    The variant for asymmetric weights (s_j (s_i^+ - s_i^-), a vector field without energy) is not offered:
    its error does not vanish with beta.

    Args:
        beta: strength of the push, on the loss of one sample; with .5 and 10 steps a net of 64-100-10 learns
            digits to 96 %, and the bias of the centred estimate is of order beta².
        steps: of each of the two pushed phases.

    Raises:
        NetworkError: beta or steps out of range; in `update`, inputs with time.
    """

    name: ClassVar[str] = "equilibrium propagation"
    equation: ClassVar[str] = (
        "s = phi(W s + b -+ beta dC/ds); dC/dW_ij = -(s_i^+ s_j^+ - s_i^- s_j^-) / (2 beta)"
    )
    bibtex: ClassVar[str] = (
        "@article{scellier2017, title={Equilibrium propagation: bridging the gap between energy-based models "
        "and backpropagation}, author={Scellier, Benjamin and Bengio, Yoshua}, journal={Frontiers in "
        "Computational Neuroscience}, volume={11}, pages={24}, year={2017}}"
    )
    beta: float = 0.5
    steps: int = 10

    def __post_init__(self) -> None:
        if self.beta <= 0 or self.steps < 1:
            raise ValueError(f"expected beta > 0 and steps >= 1, got {self.beta} and {self.steps}")

    @property
    def locality(self) -> Locality:
        """Both ends of an edge, in two phases; errors travel as activity."""
        return Locality(("pre", "post", "error"), phases=0, symmetric=True, waits="two pushed phases")

    @property
    def passes(self) -> float:
        """The free phase, and two pushed ones of `steps` (for a free phase of one step; with more steps the
        share of the pushed phases is smaller).
        """
        return 1.0 + 2.0 * self.steps

    def supports(self, network):
        """Rate cells, symmetric coupling, no self-coupling, weights that train alike both ways."""
        return not_rate_cells(network) or _not_symmetric(network)

    @torch.no_grad()
    def update(self, network, batch, objective, state, unrolling=None):
        """See `LearningRule`."""
        inputs = held(batch, self.name)
        products = network.products()
        free = network.unroll(inputs, **(unrolling or {}), products=products)
        sent = self._pushed(network, Batch(inputs, batch.targets), objective, free.state, products)
        scale = -1.0 / (2 * self.beta * len(inputs))
        signed = {name: torch.cat([s[: len(inputs)], -s[len(inputs) :]]) for name, s in sent.items()}
        edges = {
            k: projection.outer(signed[projection.post], sent[projection.pre]) * scale
            for k, projection in enumerate(projections(network))
        }
        cells = {name: signal.sum(0) * scale for name, signal in signed.items() if name != network.input}
        with torch.enable_grad():
            fill(network, {**from_edges(network, edges), **from_cells(network, cells)})
        return state, judged(objective, batch, free.last, free.state)

    def _pushed(
        self, network: Network, batch: Batch, objective, state: State, products: Sequence[Product]
    ) -> dict[str, Tensor]:
        """Population → what it sends at the end of both phases, [2 batch, cells]: +beta first."""
        error = output_errors(objective, batch, state)
        inputs = torch.cat([batch.inputs] * 2)
        state = {
            name: type(cells_state)(*(torch.cat([part] * 2) for part in cells_state))
            for name, cells_state in state.items()
        }
        sign = torch.ones(len(inputs), 1, dtype=inputs.dtype)
        sign[: len(batch.inputs)] = -1
        pushed = _Pushed(network, products, sign * self.beta)
        for _ in range(self.steps):
            pushed.force = error(network.read(state))
            state = network.step(state, inputs, pushed.products)
        return {name: network.cells(name).output(state[name]) for name in network.populations}


class _Pushed:
    """The products of a network with a force on the currents of its output cells."""

    def __init__(self, network: Network, products: Sequence[Product], scale: Tensor):
        self.scale, self.force = scale, scale
        onto = next(k for k, p in enumerate(projections(network)) if p.post == network.output)
        self.products = list(products)
        self.products[onto] = self._with(products[onto])

    def _with(self, product: Product) -> Callable[[Tensor], Tensor]:
        return lambda x: product(x) + self.scale * self.force


def _not_symmetric(network: Network) -> str | None:
    inner = [p for p in projections(network) if p.pre != network.input]
    for p in inner:
        reason = _unfit(p)
        if reason is not None:
            return f"{p.pre} -> {p.post}: {reason}"
    generator = torch.Generator().manual_seed(0)  # fixed: the same network gets the same answer
    probes = {}
    for name in list(network.populations)[1:]:
        cells = network.cells(name)
        assert isinstance(cells, RateCells)
        like = cells.keep
        probes[name] = torch.randn(2, 1, cells.n, generator=generator, dtype=torch.float64).to(like)
    for pre, post in dict.fromkeys((p.pre, p.post) for p in inner):  # in their order: the reason is reported
        forth, back = _bilinear(inner, pre, post, probes, 0), _bilinear(inner, post, pre, probes, 1)
        if back is None:
            return f"{pre} projects to {post}, which does not project back; it needs symmetric coupling"
        assert forth is not None
        if abs(forth[0] - back[0]) > ASYMMETRY * max(forth[1], back[1]):
            return f"the weights between {pre} and {post} differ by direction; it needs W_ij = W_ji"
    return None


@torch.no_grad()
def _bilinear(
    inner: Sequence[Projection], pre: str, post: str, probes: dict[str, Tensor], which: int
) -> tuple[float, float] | None:
    """(v W u, root of the sum of its squared parts) for the probes u of one end and v of the other, swapped
    for the other direction: equal for all probes where, and only where, the coupling is symmetric.
    """
    joining = [p for p in inner if (p.pre, p.post) == (pre, post)]
    if not joining:
        return None
    u, v = probes[pre][which], probes[post][1 - which]
    parts = v * torch.stack([p.product()(u) for p in joining]).sum(0)
    return float(parts.sum()), float(parts.square().sum().sqrt())


def _unfit(projection: Projection) -> str | None:
    """It says why a projection cannot be half of a symmetric coupling."""
    if isinstance(projection, GapJunctions | OneToOne):
        return f"{projection.kind} are not taught; it needs weights both ways"
    if isinstance(projection, DenseProjection) and projection.pre == projection.post:
        return "a dense loop joins cells to themselves; use Synapses without autapses"
    if isinstance(projection, Synapses):
        pattern = projection.pattern
        if projection.pre == projection.post and bool((pattern.pre == pattern.post).any()):
            return "cells synapse onto themselves; it needs a zero diagonal"
        if projection.mode in ("cell", "low-rank"):
            return (
                f"train mode {projection.mode!r} would make the two directions differ; use 'edge' or 'gain'"
            )
    return None
