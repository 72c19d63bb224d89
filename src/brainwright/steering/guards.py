"""Loops that run away are refused: in learning (an assessor taught by itself) and in wiring (feedback)."""

from collections.abc import Callable
from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor

from .assessors import Assessors, Moments, unanchored
from .errors import SteeringError
from .predictors import ByRule, Delta, Linear

GROWTH = 1.05
"""Largest growth of |y| over `SWEEPS` that passes: a loop that only holds its predictions has 1, and 100
sweeps of one that gains a thousandth each have 1.105.
"""
GAIN = 1.0
"""Largest gain of the wiring: beyond it a prediction that feeds back into its own context grows or
oscillates.
"""
SWEEPS = 100
"""A sweep is the expected update of one trial. More would refuse loops that a life of trials never closes."""


def growth(
    assessors: Assessors, moments: Moments, state: Any = None, sweeps: int = SWEEPS
) -> Float[Tensor, "world channel"]:
    """It returns how much |y| over the recorded contexts has grown after sweeps in which every truth and
    reward is 0: what the loop through the assessor's own later output does by itself.

    For linear rules a sweep is the expected update w - M w, with M the mean over trials of
    Σ_t m η ĉ_t (c_t - γ (1 - o) c_{t+d})ᵀ, ĉ = c / (ε + |c|²). The eigenvalues of M say less: where contexts
    grow along a trial it may be defective, and grow without an eigenvalue below 0. For other predictors the
    trials themselves are run.

    Args:
        assessors: whose loop is asked about.
        moments: recorded; where nothing overrides there, nothing stops the loop.
        state: where it starts; a channel that says nothing yet starts from 1 at every moment (least squares),
            the constant that a loop ought to hold.
        sweeps: how many.

    Raises:
        SteeringError: a predictor that is neither linear nor `ByRule`.
    """
    if isinstance(assessors.predictor, ByRule):
        return _simulated(assessors, moments, state, sweeps)
    if not isinstance(assessors.predictor, Linear):
        raise SteeringError(
            f"growth: expected a linear predictor or ByRule, got {type(assessors.predictor).__name__}: what "
            "its expected update is, is not known"
        )
    context = moments.context.double()
    flat = context.flatten(1, 2)
    weights = assessors.start(len(context), context.shape[-1]) if state is None else state
    silent = (flat @ weights.mT).abs().amax(1) < 1e-12  # [world, channel]
    ones = torch.linalg.lstsq(flat, torch.ones_like(flat[..., :1]), driver="gelsd").solution[..., 0]
    weights = torch.where(silent[..., None], ones[:, None], weights)
    loop = _expected(assessors, moments, context)
    before = _size(weights, flat)
    for _ in range(sweeps):
        weights = weights - torch.einsum("wkij,wkj->wki", loop, weights)
    return _size(weights, flat) / before.clamp_min(1e-300)


def _expected(assessors: Assessors, moments: Moments, context: Tensor) -> Tensor:
    """M [world, channel, feature, feature]."""
    rule, delay = assessors.predictor, assessors.delay
    assert isinstance(rule, Linear)
    now, later = context[:, :, :-delay], context[:, :, delay:]
    unit = rule.unit(now)
    taught = assessors.learning(moments)[:, :, :-delay].double()
    own = (~moments.override[:, :, delay:]).double() * torch.tensor(assessors.discounts, dtype=torch.float64)
    names = "wnti,wntk,wntj->wkij"
    away = torch.einsum(names, unit, taught * own, later)
    away = torch.einsum(names, unit, taught, now) - away if isinstance(rule, Delta) else -away
    return rule.rate * away / context.shape[1]


def _size(weights: Tensor, flat: Tensor) -> Tensor:
    return (flat @ weights.mT).square().mean(1).sqrt()


def _simulated(assessors: Assessors, moments: Moments, state: Any, sweeps: int) -> Tensor:
    """Trials in their order, on a copy."""
    rule = assessors.predictor
    assert isinstance(rule, ByRule)
    state = assessors.start(len(moments.context), moments.context.shape[-1]) if state is None else state
    state = rule.copied(state)
    flat = moments.context.flatten(1, 2)
    before = rule.predict(state, flat).square().mean(1).sqrt()
    nothing = Moments(moments.context, torch.zeros_like(moments.truth), moments.override, moments.open)
    may_learn = assessors.learning(nothing)
    for number in range(sweeps):
        state = assessors.go_through(state, nothing, number % moments.context.shape[1], may_learn)
    return rule.predict(state, flat).square().mean(1).sqrt() / before.clamp_min(1e-300)


def refuse_growth(assessors: Assessors, moments: Moments, state: Any = None, most: float = GROWTH) -> Tensor:
    """It returns `growth`, [world, channel]. Raises SteeringError that names the worst channel and its
    growth.
    """
    grown = growth(assessors, moments, state)
    worst = grown.amax(0)
    if not bool((worst <= most).all()):
        channel = int(worst.nan_to_num(torch.inf).argmax())
        raise SteeringError(
            f"{assessors.channels[channel]}: what this assessor says grows {float(worst[channel]):.3g} x "
            f"over {SWEEPS} sweeps of its own loop without any signal, expected at most {most:g}: let a "
            "circuit override it more often (a rest held at 0), or lower its discount"
        )
    return grown


def wiring_gain(loop: Callable[[Tensor], Tensor], said: Float[Tensor, " channel"]) -> tuple[float, int]:
    """It returns the gain of a loop from what assessors say over steering and context back to what they say:
    the largest |eigenvalue| of ∂y(t + δ) / ∂y(t), and the channel that has the largest part in it.

    Args:
        loop: y [channel] → y one turn later; differentiable.
        said: y around which the loop is asked about.

    Raises:
        SteeringError: a loop of another size, or a gradient that is not finite.
    """
    jacobian = torch.autograd.functional.jacobian(loop, said.detach().clone())
    if jacobian.shape != (len(said), len(said)) or not bool(jacobian.isfinite().all()):
        raise SteeringError(
            f"wiring_gain: expected a finite gradient [{len(said)}, {len(said)}], got {tuple(jacobian.shape)}"
        )
    values, vectors = torch.linalg.eig(jacobian.double())
    largest = int(values.abs().argmax())
    return float(values[largest].abs()), int(vectors[:, largest].abs().argmax())


def refuse_gain(
    assessors: Assessors, loop: Callable[[Tensor], Tensor], said: Tensor, most: float = GAIN
) -> float:
    """It returns `wiring_gain`. Raises SteeringError that names the channel and the gain beyond `most`."""
    gain, channel = wiring_gain(loop, said)
    if gain > most + 1e-9:  # what holds exactly has a gain of 1 but for rounding
        raise SteeringError(
            f"{assessors.channels[channel]}: the loop from this assessor over the context back to it has a "
            f"gain of {gain:.3g}, expected at most {most:g}: weaken the feedback"
        )
    return gain


def refuse_unanchored(assessors: Assessors, moments: Moments) -> None:
    """Raises SteeringError for a channel that nothing overrides, whatever the assessors were asked to do."""
    if names := unanchored(assessors, moments):
        raise SteeringError(
            f"{', '.join(names)}: nothing overrides this assessor; every constant is a fixed point"
        )
