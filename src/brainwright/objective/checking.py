"""`check_objective`: does an objective keep the contract? Run over ours in the tests, and for your own."""

from collections.abc import Mapping
from typing import Any

import torch

from brainwright.network import Network, NetworkError
from brainwright.network.checking import tensors_of

from .loss import Batch, Objective, PerSample


def check_objective(
    objective: Objective,
    network: Network,
    batch: Batch,
    unrolling: Mapping[str, Any] | None = None,
    *,
    order_matters: bool = False,
) -> None:
    """Raises `NetworkError` at the first broken promise; the network is left as it is.

    Checked: the loss is one finite number with a gradient that reaches some parameter; parts are plain
    figures; the same twice; the trajectory is left alone; the order of
    samples does not matter; losses of single samples, where there are any, have the loss as their mean;
    targets of another shape are refused where targets are values.

    Args:
        objective: to be checked.
        network: that it is asked of.
        batch: two samples or more, with targets as the objective wants them.
        unrolling: options of `unroll`.
        order_matters: for an objective that compares a sample with its neighbours in the batch.
    """
    how = unrolling or {}
    if len(batch.inputs) < 2:
        raise NetworkError(f"expected two samples or more, got {len(batch.inputs)}")
    trajectory = network.unroll(batch.inputs, **how)
    kept = [t.detach().clone() for t in _held(trajectory)]
    total, parts = objective.loss(trajectory, batch)
    _demand(total.shape == () and bool(torch.isfinite(total)), f"the loss is no finite number: {total}")
    plain = all(type(value) is float and value == value for value in parts.values())
    _demand(plain and all(type(name) is str for name in parts), f"parts are no plain figures: {parts}")
    again = objective.loss(trajectory, batch)
    _demand(bool(torch.equal(total, again.total)) and parts == again.parts, "the same twice gave two losses")
    same = all(torch.equal(a, b) for a, b in zip(kept, _held(trajectory), strict=True))
    _demand(same, "the objective changed the trajectory")
    parameters = [p for p in network.parameters() if p.requires_grad]
    slopes = torch.autograd.grad(total, parameters, allow_unused=True, retain_graph=True)
    _demand(any(g is not None and bool(g.any()) for g in slopes), "no gradient reaches any parameter")
    if not order_matters:
        turned = Batch(batch.inputs.flip(0), batch.targets.flip(0))
        other = objective.loss(network.unroll(turned.inputs, **how), turned).total
        _demand(_near(other, total), f"the order of samples matters: {_value(total)} and {_value(other)}")
    if isinstance(objective, PerSample):
        each = objective.each(trajectory, batch)
        _demand(each.shape == (len(batch.inputs),), f"`each` gave shape {tuple(each.shape)}")
        _demand(_near(each.mean(), total), "the mean of `each` is not the loss")
    if batch.targets.is_floating_point() and batch.targets.ndim > 1:
        _refuses_other_shapes(objective, trajectory, batch)


def _refuses_other_shapes(objective: Objective, trajectory, batch: Batch) -> None:
    wrong = Batch(batch.inputs, batch.targets[..., :-1])
    try:
        objective.loss(trajectory, wrong)
    except NetworkError:
        return
    _demand(False, f"targets of shape {tuple(wrong.targets.shape)} were taken: nothing may be broadcast")


def _held(trajectory) -> list[torch.Tensor]:
    return [trajectory.outputs, *trajectory.recorded.values(), *tensors_of(trajectory.state)]


def _near(a: torch.Tensor, b: torch.Tensor) -> bool:
    # sums in another order differ by rounding, 1e-7 in float32; what is wrong differs by far more
    return abs(_value(a) - _value(b)) <= 1e-4 * max(1.0, abs(_value(b)))


def _value(scalar: torch.Tensor) -> float:
    return float(scalar.detach())


def _demand(holds: bool, complaint: str) -> None:
    if not holds:
        raise NetworkError(f"check_objective: {complaint}")
