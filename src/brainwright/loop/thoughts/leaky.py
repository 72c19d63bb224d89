"""States of leaky tanh networks, with a gradient that costs half of what automatic differentiation takes: the
gradient of the recurrent weights is one product over all steps, not a sum of small ones.
"""

from typing import Any, cast

import torch
from jaxtyping import Float
from torch import Tensor

LEAK = 0.6


class _Leaky(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, entering: Tensor, first: Tensor, again: Tensor) -> Tensor:
        # [network, time, batch, cell], steps in a row; a copy, turned into rates step by step
        rates = entering.transpose(1, 2).clone(memory_format=torch.contiguous_format)
        states, hidden, onward = torch.empty_like(rates), first, again.mT.contiguous()
        for step in range(rates.shape[1]):
            rate = rates[:, step].baddbmm_(hidden, onward).tanh_()
            hidden = torch.lerp(hidden, rate, LEAK, out=states[:, step])
        ctx.save_for_backward(rates, states, first, again)
        return states.transpose(1, 2)

    @staticmethod
    def backward(ctx: Any, *grads: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        rates, states, first, again = ctx.saved_tensors
        given, later = grads[0].transpose(1, 2), torch.zeros_like(first)
        driven = LEAK * (1 - rates.square())  # the slopes, each step of which its gradient is multiplied into
        for step in range(rates.shape[1] - 1, -1, -1):
            total = given[:, step] + later
            driven[:, step].mul_(total)
            later = total.baddbmm_(driven[:, step], again, beta=1 - LEAK)
        weights = driven[:, 1:].flatten(1, 2).mT @ states[:, :-1].flatten(1, 2)
        return driven.transpose(1, 2), later, torch.baddbmm(weights, driven[:, 0].mT, first)


def leaky_states(
    entering: Float[Tensor, "network batch time cell"],
    first: Float[Tensor, "network batch cell"],
    again: Float[Tensor, "network cell cell"],
) -> Float[Tensor, "network batch time cell"]:
    """All states of h <- (1 - a) h + a tanh(entering + W h), a = `LEAK`, from the first on."""
    return cast(Tensor, _Leaky.apply(entering, first, again))
