"""Three ways to an answer over one network: one pass, one variable after another, and Gibbs sampling.

All take codes [row, variable] and masks of the same shape; rows are answered independently of one another.
"""

import torch
from torch import Tensor, nn

from .heads import Heads

BURN_IN = 0.25
"""Share of the sweeps of a Gibbs chain that are not used."""


@torch.no_grad()
def one_pass(network: nn.Module, heads: Heads, values: Tensor, given: Tensor) -> Tensor:
    """Log score of every variable alone, [row, variable]: what is not given has its marginal."""
    return heads.log_prob(network(values, given), values)


@torch.no_grad()
def chain_log_prob(
    network: nn.Module, heads: Heads, values: Tensor, given: Tensor, asked: Tensor, order: Tensor
) -> Tensor:
    """log p of what is asked, jointly, [row]: the sum of log p(next | given and all before) along an order.

    Args:
        network, heads: as taught.
        values: codes; where asked they must be known.
        given, asked: disjoint masks; variables in neither are summed out, because conditionals are
            learned for any subset.
        order: [row, variable], a permutation of each row; those that are not asked are passed over.
    """
    given, total = given.clone(), values.new_zeros(len(values))
    rows = torch.arange(len(values))
    for position in _asked_first(order, asked):
        here = asked[rows, position]
        if not bool(here.any()):
            break
        own, place = rows[here], position[here]
        score = heads.log_prob(network(values[own], given[own]), values[own])
        total[own] += score[torch.arange(len(own)), place]
        given[own, place] = True
    return total


@torch.no_grad()
def chain_sample(
    network: nn.Module,
    heads: Heads,
    values: Tensor,
    given: Tensor,
    asked: Tensor,
    order: Tensor,
    generator: torch.Generator,
) -> Tensor:
    """A joint draw of what is asked, as codes [row, variable]; given values stay, others are NaN."""
    given = given.clone()
    values = torch.where(given, values, torch.full_like(values, torch.nan))
    rows = torch.arange(len(values))
    for position in _asked_first(order, asked):
        here = asked[rows, position]
        if not bool(here.any()):
            break
        own, place = rows[here], position[here]
        drawn = heads.sample(network(values[own].nan_to_num(), given[own]), generator)
        values[own, place] = drawn[torch.arange(len(own)), place]
        given[own, place] = True
    return values


@torch.no_grad()
def gibbs(
    network: nn.Module,
    heads: Heads,
    values: Tensor,
    given: Tensor,
    sweeps: int,
    generator: torch.Generator,
    start: Tensor | None = None,
) -> tuple[Tensor, Tensor]:
    """One Gibbs chain per row: every variable that is not given is drawn in turn from its distribution given
    all others, in an order drawn for each sweep; chains start from a draw of the one pass.

    Args:
        network, heads: as taught.
        values, given: what is clamped.
        sweeps: over all free variables; with 0 the answer is the draw of the one pass.
        generator: of everything random.
        start: chains that go on, codes [row, variable].

    Returns: the last state, codes [row, variable], and the mean over the later sweeps of `heads.mean` of
    every free variable at its turn (for binary variables: averaged conditional probabilities, which vary less
    than averaged draws).
    """
    params = network(values.nan_to_num(), given)
    drawn = heads.sample(params, generator) if start is None else start
    state = torch.where(given, values, drawn)
    total, counted, first = torch.zeros_like(state), 0, int(BURN_IN * sweeps)
    if sweeps == 0:
        return state, torch.where(given, state, heads.mean(params))
    free_anywhere = (~given).any(0).nonzero()[:, 0]
    for sweep in range(sweeps):
        for place in free_anywhere[torch.randperm(len(free_anywhere), generator=generator)].tolist():
            free = ~given[:, place]
            others = torch.ones_like(given[free])
            others[:, place] = False
            params = network(state[free], others)
            state[free, place] = heads.sample(params, generator)[:, place]
            if sweep >= first:
                total[free, place] += heads.mean(params)[:, place]
        counted += sweep >= first
    return state, torch.where(given, state, total / counted)


def drawn_orders(rows: int, n: int, generator: torch.Generator) -> Tensor:
    """A permutation for each row, [row, variable]."""
    return torch.rand(rows, n, generator=generator).argsort(1)


def _asked_first(order: Tensor, asked: Tensor) -> Tensor:
    """Positions to visit, [step, row]: those asked for in their order, then the rest."""
    waits = ~asked.gather(1, order)
    return order.gather(1, waits.to(torch.int8).argsort(dim=1, stable=True)).T
