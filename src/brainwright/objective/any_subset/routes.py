"""Three ways to an answer over one network: one pass, one variable after another, and Gibbs sampling.

All take codes [row, variable] and masks of the same shape; rows are answered independently of one another.
"""

from collections.abc import Iterator
from typing import NamedTuple

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
    for own, place in _visits(order, asked, given):
        score = heads.log_prob(network(values[own], given[own]), values[own])
        total[own] += score[torch.arange(len(own)), place]
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
    for own, place in _visits(order, asked, given):
        drawn = heads.sample(network(values[own].nan_to_num(), given[own]), generator)
        values[own, place] = drawn[torch.arange(len(own)), place]
    return values


class Chains(NamedTuple):
    """What Gibbs chains, one per row, have come to.

    Attributes:
        state: the last one, codes [row, variable].
        mean: of `heads.mean` of every free variable at its turns (for binary variables: averaged conditional
            probabilities, which vary less than averaged draws), [row, variable]; the state where given.
        density: mean density, or probability, at those turns of the value that was asked about; 1 where
            given.
    """

    state: Tensor
    mean: Tensor
    density: Tensor


@torch.no_grad()
def gibbs(
    network: nn.Module,
    heads: Heads,
    values: Tensor,
    given: Tensor,
    sweeps: int,
    generator: torch.Generator,
) -> Chains:
    """Every variable that is not given is drawn in turn from its distribution given all others, in an order
    drawn for each sweep; chains start from a draw of the one pass.

    Args:
        network, heads: as taught.
        values: clamped where given; elsewhere what `density` is asked about, or NaN.
        given: what is clamped.
        sweeps: over all free variables; with 0 the answer is that of the one pass.
        generator: of everything random.
    """
    params = network(values.nan_to_num(), given)
    state = torch.where(given, values, heads.sample(params, generator))
    if sweeps == 0:
        return Chains(
            state, torch.where(given, state, heads.mean(params)), heads.log_prob(params, values).exp()
        )
    mean, density = torch.zeros_like(state), torch.zeros_like(state)
    first = int(BURN_IN * sweeps)
    places = (~given).any(0).nonzero()[:, 0]
    for sweep in range(sweeps):
        for place in places[torch.randperm(len(places), generator=generator)].tolist():
            free = ~given[:, place]
            others = torch.ones_like(given[free])
            others[:, place] = False
            params = network(state[free], others)
            state[free, place] = heads.sample(params, generator)[:, place]
            if sweep >= first:
                mean[free, place] += heads.mean(params)[:, place]
                density[free, place] += heads.log_prob(params, values[free]).exp()[:, place]
    counted = sweeps - first
    one = torch.ones_like(density)
    return Chains(
        state, torch.where(given, state, mean / counted), torch.where(given, one, density / counted)
    )


@torch.no_grad()
def gibbs_marginals(
    network: nn.Module,
    heads: Heads,
    values: Tensor,
    given: Tensor,
    sweeps: int,
    chains: int,
    generator: torch.Generator,
) -> Tensor:
    """Log score of every variable alone, [row, variable], the mean over so many Gibbs chains for each row."""
    many = gibbs(network, heads, values.repeat(chains, 1), given.repeat(chains, 1), sweeps, generator).density
    return many.reshape(chains, *values.shape).mean(0).log()


def drawn_orders(rows: int, n: int, generator: torch.Generator) -> Tensor:
    """A permutation for each row, [row, variable]."""
    return torch.rand(rows, n, generator=generator).argsort(1)


def _visits(order: Tensor, asked: Tensor, given: Tensor) -> Iterator[tuple[Tensor, Tensor]]:
    """Rows and the variable of each that is asked for next, along an order; it is marked in `given` once the
    caller is done with it.
    """
    rows = torch.arange(len(asked))
    for position in _asked_first(order, asked):
        here = asked[rows, position]
        if not bool(here.any()):
            return
        own, place = rows[here], position[here]
        yield own, place
        given[own, place] = True


def _asked_first(order: Tensor, asked: Tensor) -> Tensor:
    """Positions to visit, [step, row]: those asked for in their order, then the rest."""
    waits = ~asked.gather(1, order)
    return order.gather(1, waits.to(torch.int8).argsort(dim=1, stable=True)).T
