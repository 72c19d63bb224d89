"""`check_any_subset`: does a model keep the contract? Run over ours in the tests, and for your own."""

import numpy as np
import pandas as pd
import torch
from torch import Tensor

from . import routes
from .families import Bernoulli
from .model import AnySubset
from .variables import AnySubsetError

CLOSE = 1e-4
"""Largest difference of two log probabilities in float32 that are the same in mathematics."""
TOTAL = 1e-2
"""Largest error of a sum or an integral over all values of one variable."""


def check_any_subset(model: AnySubset, table: "pd.DataFrame | np.ndarray", *, seed: int = 0) -> None:
    """Raises `AnySubsetError` at the first broken promise.

    Checked: what is not given changes no answer; missing is not given; rows do not mix; what is given stays
    and draws of one seed are the same on every route; draws are finite and of known levels; the distribution
    of every variable sums to one; the chain of one variable is its one pass, and the chain of two is what its
    two steps say; a query that overlaps what is given is refused.

    Args:
        model: fitted.
        table: some rows of the kind that it was fitted to.
        seed: of masks, orders and draws.
    """
    generator = torch.Generator().manual_seed(seed)
    codes = model.variables.encode(table)
    known = ~codes.isnan()
    given = Bernoulli()(len(codes), model.heads.n, generator) & known
    _answers(model, codes, known, given)
    _draws(model, codes, given, seed)
    _sums(model, codes.nan_to_num(), given)
    _chains(model, codes, known, given, generator)
    name = model.variables.names[0]
    value = model.variables.each[0].value(np.array([0.0]))[0]
    try:
        model.sample({name: value}, [name], 1)
    except AnySubsetError:
        return
    raise AnySubsetError("a query that overlaps what is given was answered")


@torch.no_grad()
def _answers(model: AnySubset, codes: Tensor, known: Tensor, given: Tensor) -> None:
    answer = model.network(codes.nan_to_num(), given)
    _demand(answer.shape == (len(codes), model.heads.width), f"parameters have shape {tuple(answer.shape)}")
    _demand(bool(answer.isfinite().all()), "parameters are not finite")
    other = torch.where(given, codes.nan_to_num(), codes.nan_to_num().flip(0))
    _demand(_close(model.network(other, given), answer), "what is not given changes the answer")
    _demand(_close(model.network(codes, given), answer), "a missing value changes the answer")
    alone = model.network(codes[:1].nan_to_num(), given[:1])
    _demand(_close(alone, answer[:1]), "a row's answer depends on the other rows")


def _draws(model: AnySubset, codes: Tensor, given: Tensor, seed: int) -> None:
    for route in model.routes:
        first, second = (model.draw(codes, given, route, 2, seed) for _ in range(2))
        _demand(torch.equal(first, second), f"{route}: two draws of one seed differ")
        _demand(bool((first == codes)[given].all()), f"{route}: a given value did not stay")
        _demand(bool(first.isfinite().all()), f"{route}: a draw is not finite")
        model.variables.decode(first, range(model.heads.n))


def _sums(model: AnySubset, codes: Tensor, given: Tensor) -> None:
    """Of the first row, every variable alone."""
    for place, variable in enumerate(model.variables.each):
        # eight deviations of a variable and of its narrowest components, on a grid of 1/500
        grid = torch.arange(len(variable.levels)).float() if variable.levels else torch.arange(-8, 8, 2e-3)
        free = given[:1].clone()
        free[:, place] = False
        values = codes[:1].repeat(len(grid), 1)
        values[:, place] = grid
        score = routes.one_pass(model.network, model.heads, values, free.repeat(len(grid), 1))
        total = float(score[:, place].exp().sum()) * (1.0 if variable.levels else 2e-3)
        _demand(abs(total - 1) < TOTAL, f"{variable.name}: probabilities sum to {total:.3f}")


def _chains(
    model: AnySubset, codes: Tensor, known: Tensor, given: Tensor, generator: torch.Generator
) -> None:
    order = routes.drawn_orders(len(codes), model.heads.n, generator)
    rank = order.argsort(dim=1).masked_fill(given | ~known, model.heads.n)
    rows = ((~given & known).sum(1) >= 2).nonzero()[:, 0]
    first, second = rank[rows].argsort(dim=1)[:, :2].T
    codes, given, each = codes[rows], given[rows], torch.arange(len(rows))
    asked = torch.zeros_like(given)
    asked[each, first] = True
    steps = routes.one_pass(model.network, model.heads, codes, given)[each, first]
    chain = routes.chain_log_prob(model.network, model.heads, codes, given, asked, order[rows])
    _demand(_close(steps, chain), "the chain of one variable is not its one pass")
    steps = steps + routes.one_pass(model.network, model.heads, codes, given | asked)[each, second]
    asked[each, second] = True
    chain = routes.chain_log_prob(model.network, model.heads, codes, given, asked, order[rows])
    _demand(_close(steps, chain), "the chain of two variables is not what its steps say")


def _close(a: Tensor, b: Tensor) -> bool:
    return torch.allclose(a, b, rtol=CLOSE, atol=CLOSE)


def _demand(holds: bool, message: str) -> None:
    if not holds:
        raise AnySubsetError(message)
