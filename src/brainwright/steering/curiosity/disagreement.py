"""Disagreement: where several models of the world say different things, there is something to learn."""

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn
from torch.nn.functional import one_hot


class Disagreement(nn.Module):
    """Reward is the variance of an ensemble's predictions (Pathak, Gandhi & Gupta 2019, arXiv:1906.04161). On
    noise they come to agree about its mean, so that it does not draw. The ensemble is one tensor.

    Args:
        size: of observations.
        n_actions: of a choice.
        models: of the ensemble.
        width: of their layers.
        seed: of all.
    """

    def __init__(self, size: int, n_actions: int, models: int = 5, width: int = 64, *, seed: int = 0):
        super().__init__()
        generator, given = torch.Generator().manual_seed(seed), size + n_actions
        self.n_actions = n_actions
        self.first = nn.Parameter(torch.randn(models, given, width, generator=generator) / given**0.5)
        self.bias = nn.Parameter(torch.randn(models, 1, width, generator=generator))
        self.last = nn.Parameter(torch.randn(models, width, size, generator=generator) / width**0.5)

    def predicted(
        self, seen: Float[Tensor, "batch size"], action: Int[Tensor, " batch"]
    ) -> Float[Tensor, "models batch size"]:
        """What each model says will be seen."""
        given = torch.cat([seen, one_hot(action, self.n_actions).to(seen)], -1)
        return torch.tanh(given @ self.first + self.bias) @ self.last

    def reward(self, seen: Tensor, action: Tensor, after: Tensor) -> Float[Tensor, " batch"]:
        """How far apart the models are."""
        return self.predicted(seen, action).var(0).mean(-1).detach()

    def loss(self, seen: Tensor, action: Tensor, after: Tensor) -> Tensor:
        """What every model learns by."""
        return (self.predicted(seen, action) - after).square().mean()
