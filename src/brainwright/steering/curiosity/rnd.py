"""Random network distillation: what a fixed random network says of a state is learned where one has been."""

from copy import deepcopy

import torch
from jaxtyping import Float
from torch import Tensor, nn


class RND(nn.Module):
    """Reward is the squared error of a predictor of a fixed random network (Burda et al. 2019,
    arXiv:1810.12894). It asks about states alone, so that noise in what follows them does not draw; noise in
    what is seen does.

    Args:
        size: of observations.
        features: of the random network.
        width: of its layer.
        seed: of both networks.
    """

    def __init__(self, size: int, features: int = 16, width: int = 64, *, seed: int = 0):
        super().__init__()
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            self.fixed = nn.Sequential(nn.Linear(size, width), nn.Tanh(), nn.Linear(width, features))
            self.learned = deepcopy(self.fixed)
            for layer in self.learned:
                if isinstance(layer, nn.Linear):
                    layer.reset_parameters()
        self.fixed.requires_grad_(False)

    def errors(self, seen: Float[Tensor, "batch size"]) -> Float[Tensor, " batch"]:
        """Squared errors, with gradients."""
        return (self.learned(seen) - self.fixed(seen)).square().mean(-1)

    def reward(self, seen: Tensor, action: Tensor, after: Tensor) -> Float[Tensor, " batch"]:
        """Of what was arrived at."""
        return self.errors(after).detach()

    def loss(self, seen: Tensor, action: Tensor, after: Tensor) -> Tensor:
        """What the predictor learns by."""
        return self.errors(after).mean()
