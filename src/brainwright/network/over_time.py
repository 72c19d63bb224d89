"""One matrix at every step, as one product: torch's numbers without its copies between orders."""

import torch
from jaxtyping import Float
from torch import Tensor
from torch.autograd.function import once_differentiable

from .sparse.product import backend_for, laid_out


def over_time(
    weight: Float[Tensor, "post pre"], x: Float[Tensor, "times pre batch"]
) -> Float[Tensor, "times post batch"]:
    """It returns `weight @ x`, to the last digit, differentiable once where the weights train. Then the
    result is stored sample by sample (a transposed view), as its product leaves it; states stored in either
    order are read as they are.
    """
    copied = min(*x.shape, *weight.shape) > 1 and weight.is_contiguous() and weight.requires_grad
    if not copied or backend_for("auto", x) != "numba":
        return weight @ x
    y = _OverTime.apply(weight, x)
    assert isinstance(y, Tensor)
    return y


class _OverTime(torch.autograd.Function):
    @staticmethod
    def forward(ctx, weight, x):
        by_sample = _by_sample(x)
        ctx.times = len(x)
        ctx.save_for_backward(weight, by_sample)
        return (by_sample @ weight.t()).view(len(x), x.shape[2], len(weight)).mT

    @staticmethod
    @once_differentiable
    def backward(ctx, gy):
        (weight, by_sample), g = ctx.saved_tensors, _by_sample(gy)
        of_weight, of_x = ctx.needs_input_grad
        gx = (g @ weight).view(ctx.times, -1, weight.shape[1]).mT if of_x else None
        return g.t() @ by_sample if of_weight else None, gx


def _by_sample(x: Float[Tensor, "times cell batch"]) -> Float[Tensor, "rows cell"]:
    """All samples of all steps below each other."""
    times, n, samples = x.shape
    return laid_out(x.detach().mT).reshape(times * samples, n)
