"""Distributional values: cells that weigh good news and bad news differently hold a whole distribution."""

import numpy as np
from numpy.typing import ArrayLike

from .errors import ValueFunctionError
from .td import Array


def expectile_step(values: Array, rewards: ArrayLike, levels: Array, rate: float) -> Array:
    """V_i <- V_i + rate |tau_i - 1(delta_i < 0)| delta_i: optimists (tau near 1) learn most from good news
    (Dabney et al. 2020, 10.1038/s41586-019-1924-6). They come to rest at expectiles.

    Args:
        values: [..., level].
        rewards: [...].
        levels: tau, [level], alpha+ / (alpha+ + alpha-).
        rate: of the mean cell, alpha+ + alpha-.
    """
    delta = np.asarray(rewards, np.float64)[..., None] - values
    return values + rate * np.where(delta > 0, levels, 1 - levels) * delta


def quantile_step(values: Array, rewards: ArrayLike, levels: Array, rate: float) -> Array:
    """The same with the sign of the error in place of its size: they come to rest at quantiles (Dabney et al.
    2018, arXiv:1710.10044). See `expectile_step`.
    """
    delta = np.asarray(rewards, np.float64)[..., None] - values
    return values + rate * np.where(delta > 0, levels, levels - 1)


def expectiles_of(outcomes: ArrayLike, levels: Array, chances: ArrayLike | None = None) -> Array:
    """Expectiles of a known distribution, [level]: tau E[(x - e)+] = (1 - tau) E[(e - x)+], solved exactly.

    Args:
        outcomes: [outcome].
        levels: tau, above 0 and below 1.
        chances: [outcome], equal where None.

    Raises:
        ValueFunctionError: chances that do not sum to 1.
    """
    x, p = _distribution(outcomes, chances)
    below, total = np.cumsum(p), float(p @ x)
    mass = np.cumsum(p * x)
    # between two outcomes the condition is linear in e
    found = np.empty(len(levels))
    for k, tau in enumerate(levels):
        weight = tau * (1 - below) + (1 - tau) * below
        at = (tau * (total - mass) + (1 - tau) * mass) / weight
        inside = (at >= x) & (at <= np.append(x[1:], np.inf))
        found[k] = at[np.argmax(inside)]
    return found


def quantiles_of(outcomes: ArrayLike, levels: Array, chances: ArrayLike | None = None) -> Array:
    """The least outcome at or below which a share tau lies, [level]. See `expectiles_of`."""
    x, p = _distribution(outcomes, chances)
    return x[np.searchsorted(np.cumsum(p), np.asarray(levels) - 1e-12)]  # of sums that miss tau by rounding


def learned_reversal_points(
    rewards: Array, levels: Array, *, step=expectile_step, rate: float = 0.5, power: float = 0.7
) -> Array:
    """Where the errors of cells change sign after rewards one by one, [level]: the mean of their values over
    the second half, at a rate that falls as t^-power (averaged stochastic approximation, Polyak & Juditsky
    1992), so that a constant rate's noise does not stay.
    """
    values, mean = np.full(len(levels), float(rewards[0])), np.zeros(len(levels))
    half = len(rewards) // 2
    for t, reward in enumerate(rewards):
        values = step(values, reward, levels, rate / (1 + t) ** power)
        if t >= half:
            mean += values
    return mean / (len(rewards) - half)


def _distribution(outcomes: ArrayLike, chances: ArrayLike | None) -> tuple[Array, Array]:
    x = np.asarray(outcomes, np.float64)
    p = np.full(len(x), 1 / len(x)) if chances is None else np.asarray(chances, np.float64)
    if p.shape != x.shape or not np.isclose(p.sum(), 1) or (p < 0).any():
        raise ValueFunctionError(f"chances: expected one for each outcome, which sum to 1, got {p.tolist()}")
    order = np.argsort(x)
    return x[order], p[order]
