"""Linear layers that hold one set of weights per dish, so that a batch of emulators is one tensor."""

from collections.abc import Sequence

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor, nn


def generators(n_dishes: int, seed: int) -> list[torch.Generator]:
    """One for each dish, so that what is drawn for a dish does not depend on how many there are."""
    states = [np.random.SeedSequence([seed, dish]).generate_state(1, np.uint64) for dish in range(n_dishes)]
    return [torch.Generator().manual_seed(int(state[0]) % 2**63) for state in states]  # it takes no more


class DishLinear(nn.Module):
    """y[d] = x[d] W[d] + b[d]: `n_dishes` independent linear maps.

    Because no weight is shared and losses are summed over dishes, training the batch is the same as
    training every dish by itself.
    """

    def __init__(self, n_in: int, n_out: int, draws: Sequence[torch.Generator], scale: float = 1.0):
        super().__init__()
        weight = torch.stack([torch.randn(n_in, n_out, generator=draw) for draw in draws])
        self.weight = nn.Parameter(weight * (scale / n_in**0.5))
        self.bias = nn.Parameter(torch.zeros(len(draws), 1, n_out))

    def forward(self, x: Float[Tensor, "dish sample n_in"]) -> Float[Tensor, "dish sample n_out"]:
        return torch.baddbmm(self.bias, x, self.weight)
