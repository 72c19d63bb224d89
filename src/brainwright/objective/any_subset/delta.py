"""Amortised inference from an energy alone, by local constraints on a sparse graph (Delta-AI)."""

from collections.abc import Callable

import numpy as np
import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor, nn

from .heads import Heads
from .model import AnySubset
from .networks import MLP, Blankets, checked_graph
from .routes import drawn_orders
from .training import Plan, descend, optimiser_of
from .variables import AnySubsetError, Variables

LogDensity = Callable[[Tensor], Tensor]
"""Codes of 0 and 1, [row, variable] → log density up to a constant, [row]."""
DELTA = Plan(1000, 64, 4e-3)
"""Twelve spins on a lattice come within .01 of enumeration."""


class Separated(nn.Module):
    """Each variable sees, of what is given, only what separates it from the rest: those that a walk along the
    graph reaches without passing another given one. By the Markov property nothing else matters.

    Args:
        heads: what goes in and comes out.
        graph: [variable, variable], symmetric.
        width, depth: of an `MLP` that all variables share.
    """

    def __init__(self, heads: Heads, graph: Tensor, width: int = 64, depth: int = 2):
        super().__init__()
        self.heads, self.layers = heads, MLP(heads, width, depth)
        self.edges: Tensor
        edges = checked_graph(graph, heads)
        if not bool((edges == edges.T).all()):
            raise AnySubsetError("expected a symmetric graph: neighbours of an energy are mutual")
        self.register_buffer("edges", edges)

    def forward(
        self, values: Float[Tensor, "batch n"], given: Bool[Tensor, "batch n"]
    ) -> Float[Tensor, "batch width"]:
        """See the module; one evaluation of the layers per variable."""
        n, place = self.heads.n, torch.arange(self.heads.n).repeat(len(values))
        seen = separators(self.edges, given.repeat_interleave(n, 0), place)
        params = self.layers(values.repeat_interleave(n, 0), seen)
        own = self.heads.param_owner.expand(len(values), 1, -1)
        return params.reshape(len(values), n, -1).gather(1, own)[:, 0]

    def score(self, values: Tensor, seen: Tensor, place: Tensor) -> Tensor:
        """log q of one variable of each row, given what it sees, [row]."""
        return self.heads.log_prob(self.layers(values, seen), values)[torch.arange(len(place)), place]


def separators(
    edges: Bool[Tensor, "n n"], given: Bool[Tensor, "row n"], place: Int[Tensor, " row"]
) -> Bool[Tensor, "row n"]:
    """Of what is given, what a walk from the variable `place` of each row meets first."""
    rows, reach, step = torch.arange(len(place)), torch.zeros_like(given), edges.float()
    reach[rows, place] = True
    for _ in range(len(edges)):
        met = reach.float() @ step > 0
        further = reach | (met & ~given)
        if bool((further == reach).all()):
            break
        reach = further
    seen = (reach.float() @ step > 0) & given
    seen[rows, place] = False
    return seen


def delta_loss(
    network: Separated, log_density: LogDensity, rows: Tensor, order: Tensor, place: Tensor
) -> Tensor:
    """Mean over rows of the squared difference of two log ratios, of a row with one variable flipped to the
    row: that of the sampler, which draws one variable after another along an order, and that of the density.

    log q(x') - log q(x) = sum over i and its children of log q(x'_c | seen) - log q(x_c | seen): a child
    comes later in the order and sees i. So a variable's loss needs those around it alone, no sum over states
    and no samples of the density; it is zero for all rows, orders and variables only where every conditional
    is right (Falet et al. 2023, arXiv:2310.02423; here the parents along an order are its separators).

    Args:
        network: of binary variables.
        log_density: unnormalised.
        rows: codes [row, variable] where the constraint is asked for.
        order: [row, variable], the order in which each row's variables are drawn.
        place: [row], which is flipped.
    """
    n, each = rows.shape[1], torch.arange(len(rows))
    rank = order.argsort(1)
    before = (rank[:, None] < rank[:, :, None]).flatten(0, 1)
    seen = separators(network.edges, before, torch.arange(n).repeat(len(rows)))
    concerned = seen.reshape(len(rows), n, n)[each, :, place]
    concerned[each, place] = True
    own, child = concerned.nonzero().T
    flipped = rows.clone()
    flipped[each, place] = 1 - rows[each, place]
    masks = seen[own * n + child]
    ratio = network.score(flipped[own], masks, child) - network.score(rows[own], masks, child)
    ours = torch.zeros(len(rows)).index_add(0, own, ratio)
    return (ours - (log_density(flipped) - log_density(rows))).square().mean()


def amortised(
    log_density: LogDensity,
    graph: Tensor,
    *,
    levels: tuple[float, float] = (-1.0, 1.0),
    width: int = 64,
    plan: Plan = DELTA,
) -> AnySubset:
    """It learns to give any of some binary variables from any others by `delta_loss`, from their log density
    and its graph alone: no row of data is needed.

    Constraints are asked for at rows of which half are drawn evenly, and half follow chains that the
    network's own single-site conditionals move.

    Args:
        log_density: unnormalised; terms join neighbours of the graph only.
        graph: symmetric, [variable, variable].
        levels: what codes 0 and 1 are called.
        width: of the layers.
        plan: how long; `batch` rows in each update.

    Raises AnySubsetError for a graph that is not symmetric or has fewer than two variables.
    """
    n = len(graph)
    if n < 2:
        raise AnySubsetError("expected two variables or more: one has nothing to be inferred from")
    variables = Variables.of(np.repeat(np.array(levels)[:, None], n, axis=1))
    heads = Heads(variables)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(plan.seed)
        network = Separated(heads, graph, width)
    generator = torch.Generator().manual_seed(plan.seed)
    optimiser, schedule = optimiser_of(network.parameters(), plan)
    chains = _evenly(plan.batch // 2, n, generator)
    losses = torch.zeros(plan.updates)
    for k in range(plan.updates):
        rows = torch.cat([chains, _evenly(plan.batch - len(chains), n, generator)])
        place = torch.randint(n, (len(rows),), generator=generator)
        order = drawn_orders(len(rows), n, generator)
        losses[k] = descend(optimiser, network, delta_loss(network, log_density, rows, order, place))
        schedule.step()
        chains = _moved(network, chains, place[: len(chains)], generator)
    return AnySubset(variables, heads, network.eval(), losses.numpy())


def learned_density(model: AnySubset) -> LogDensity:
    """That of the couplings that `Blankets` learned from rows by pseudo-likelihood. Raises AnySubsetError for
    another network, or variables that are not binary.
    """
    if not isinstance(model.network, Blankets):
        raise AnySubsetError('couplings: expected AnySubset.fit(..., network="blankets")')
    weights, biases = model.network.couplings()
    return lambda codes: 0.5 * ((codes @ weights) * codes).sum(1) + codes @ biases


@torch.no_grad()
def _moved(network: Separated, rows: Tensor, place: Tensor, generator: torch.Generator) -> Tensor:
    """One variable of each row is drawn anew given all others."""
    each = torch.arange(len(rows))
    others = torch.ones(rows.shape, dtype=torch.bool)
    others[each, place] = False
    seen = separators(network.edges, others, place)
    drawn = network.heads.sample(network.layers(rows, seen), generator)
    rows = rows.clone()
    rows[each, place] = drawn[each, place]
    return rows


def _evenly(rows: int, n: int, generator: torch.Generator) -> Tensor:
    return torch.randint(2, (rows, n), generator=generator).float()
