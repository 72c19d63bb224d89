"""`check_assessor`: does a predictor keep the contract? Run over ours in the tests, and for your own."""

from typing import Any

import torch
from torch import Tensor

from .assessors import Assessors, Moments
from .errors import SteeringError
from .predictors import Predictor

FEATURES, WORLDS, TRIALS, STEPS = 5, 2, 6, 2


class AssessorBroken(AssertionError):
    """A predictor does not do what the contract promises."""


def check_assessor(predictor: Predictor, *, learns: bool = True, seed: int = 0) -> None:
    """It tries every promise of `Predictor` on small moments.

    Checked: shapes and finite numbers; an empty context is said 0 of at first; the same seed gives the same;
    a closed gate leaves world and channel as they were; worlds and channels do not know of one another;
    targets carry no gradient; an assessor without an override is refused, and a `Body` or context of NaN; and
    that it comes nearer a truth that is linear in the context.

    Args:
        predictor: to be checked.
        learns: False for a control that has no error (Hebb).
        seed: of the moments.

    Raises:
        AssessorBroken: names the promise and what came.
    """
    draws = torch.Generator().manual_seed(seed)
    context = torch.randn(WORLDS, TRIALS, STEPS, FEATURES, generator=draws)
    weights = torch.randn(FEATURES, 2, generator=draws) / FEATURES
    truth = context @ weights
    always = torch.ones_like(truth, dtype=torch.bool)
    moments = Moments(_held(context), _held(truth), always)
    assessors = Assessors(("first", "second"), "override", predictor)
    start = assessors.start(WORLDS, FEATURES, seed)
    empty = assessors.read(start, torch.zeros(WORLDS, 3, FEATURES))
    _demand(empty.shape == (WORLDS, 3, 2), f"predictions: expected [2, 3, 2], got {tuple(empty.shape)}")
    _demand(bool((empty.abs() < 1e-6).all()), "it says something of an empty context at first")
    one, two = (assessors.read(_learnt(assessors, moments, seed), context) for _ in range(2))
    _demand(torch.equal(one, two), "the same seed and moments gave two results")
    _demand(
        bool(one.isfinite().all()) and not one.requires_grad,
        "predictions are not finite, or carry a gradient",
    )
    _check_gate(assessors, moments, context, one, seed)
    _check_apart(assessors, moments, context, one, seed)
    _check_refusals(predictor, moments)
    if learns:
        late = assessors.read(_learnt(assessors, moments, seed, passes=8), context)
        before, after = (
            float((said - truth).square().mean())
            for said in (assessors.read(assessors.start(WORLDS, FEATURES, seed), context), late)
        )
        _demand(after < 0.8 * before, f"it does not learn: mean square error {before:.3g}, then {after:.3g}")


def _held(values: Tensor) -> Tensor:
    """Every step of a trial the same, so that the truth of the next step is that of this one."""
    return values[:, :, :1].expand_as(values).clone()


def _learnt(assessors: Assessors, moments: Moments, seed: int, passes: int = 2) -> Any:
    return assessors.learn(moments, passes=passes, seed=seed)


def _check_gate(
    assessors: Assessors, moments: Moments, context: Tensor, reference: Tensor, seed: int
) -> None:
    gate = torch.ones_like(moments.override)
    gate[0, :, :, 1] = False
    gated = Moments(moments.context, moments.truth, moments.override, gate)
    asked = Assessors(assessors.channels, "override", assessors.predictor, unanchored="warn")
    state = asked.start(WORLDS, FEATURES, seed)
    before = asked.read(state, context).clone()
    for trial in range(TRIALS):
        state = asked.predictor.learn(
            state, gated.context[:, trial, 0], gated.truth[:, trial, 0], gate[:, trial, 0]
        )
    after = asked.read(state, context)
    _demand(torch.equal(after[0, ..., 1], before[0, ..., 1]), "a closed gate did not stop the update")
    _demand(not torch.equal(after[1, ..., 1], before[1, ..., 1]), "an open gate taught nothing")


def _check_apart(
    assessors: Assessors, moments: Moments, context: Tensor, reference: Tensor, seed: int
) -> None:
    truth = moments.truth.clone()
    truth[0, ..., 0] += 1
    other = Moments(moments.context, truth, moments.override)
    said = assessors.read(_learnt(assessors, other, seed), context)
    _demand(not torch.equal(said[0, ..., 0], reference[0, ..., 0]), "another truth taught the same")
    close = torch.allclose(said[0, ..., 1], reference[0, ..., 1], atol=1e-7)
    _demand(close, "what a channel says depends on the truth of another")
    _demand(torch.allclose(said[1], reference[1], atol=1e-7), "a world depends on the truth of another world")


def _check_refusals(predictor: Predictor, moments: Moments) -> None:
    alone = Moments(moments.context, moments.truth, torch.zeros_like(moments.override))
    missing = moments.context.clone()
    missing[0, 0, 0, 0] = torch.nan
    for what, broken in (
        ("an assessor without an override", lambda: Assessors(("a", "b"), "defer", predictor).learn(alone)),
        ("a context of NaN", lambda: Moments(missing, moments.truth, moments.override)),
    ):
        try:
            broken()
        except SteeringError:
            continue
        raise AssessorBroken(f"check_assessor: {what} was not refused with a SteeringError")


def _demand(holds: bool, promise: str) -> None:
    if not holds:
        raise AssessorBroken(f"check_assessor: {promise}")
