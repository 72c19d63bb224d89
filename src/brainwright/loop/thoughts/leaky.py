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
        drives = entering.transpose(1, 2).contiguous()  # [network, time, batch, cell], steps in a row
        rates, states, hidden = torch.empty_like(drives), torch.empty_like(drives), first
        for step in range(drives.shape[1]):
            rate = torch.tanh(torch.baddbmm(drives[:, step], hidden, again.mT))
            hidden = torch.lerp(hidden, rate, LEAK)
            rates[:, step], states[:, step] = rate, hidden
        ctx.save_for_backward(rates, states, first, again)
        return states.transpose(1, 2)

    @staticmethod
    def backward(ctx: Any, *grads: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        rates, states, first, again = ctx.saved_tensors
        given, later = grads[0].transpose(1, 2).contiguous(), torch.zeros_like(first)
        slope, driven = LEAK * (1 - rates.square()), torch.empty_like(rates)
        for step in range(rates.shape[1] - 1, -1, -1):
            total = given[:, step] + later
            driven[:, step] = slope[:, step] * total
            later = torch.baddbmm(total, driven[:, step], again, beta=1 - LEAK)
        before = torch.cat([first[:, None], states[:, :-1]], 1)
        weights = driven.flatten(1, 2).mT @ before.flatten(1, 2)
        return driven.transpose(1, 2), later, weights


def leaky_states(
    entering: Float[Tensor, "network batch time cell"],
    first: Float[Tensor, "network batch cell"],
    again: Float[Tensor, "network cell cell"],
) -> Float[Tensor, "network batch time cell"]:
    """All states of h <- (1 - a) h + a tanh(entering + W h), a = `LEAK`, from the first on."""
    return cast(Tensor, _Leaky.apply(entering, first, again))
