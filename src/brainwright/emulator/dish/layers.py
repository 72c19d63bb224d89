"""Linear layers that hold one set of weights per dish, so that a batch of emulators is one tensor."""

import torch
from jaxtyping import Float
from torch import Tensor, nn


class DishLinear(nn.Module):
    """y[d] = x[d] W[d] + b[d]: `n_dishes` independent linear maps.

    Because no weight is shared and losses are summed over dishes, training the batch is the same as
    training every dish by itself.
    """

    def __init__(self, n_dishes: int, n_in: int, n_out: int, generator: torch.Generator, scale: float = 1.0):
        super().__init__()
        weight = torch.randn(n_dishes, n_in, n_out, generator=generator) * (scale / n_in**0.5)
        self.weight = nn.Parameter(weight)
        self.bias = nn.Parameter(torch.zeros(n_dishes, 1, n_out))

    def forward(self, x: Float[Tensor, "dish sample n_in"]) -> Float[Tensor, "dish sample n_out"]:
        return torch.baddbmm(self.bias, x, self.weight)
