"""The intrinsic curiosity module: how wrong one was about the consequences of one's own action."""

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn
from torch.nn.functional import cross_entropy, one_hot


class ICM(nn.Module):
    """Features are learned by telling the action from before and after, reward is the error of predicting the
    features after (Pathak et al. 2017, arXiv:1705.05363): what no action moves is not in the features.

    Args:
        size: of observations.
        n_actions: of a choice.
        features: learned.
        width: of the layers.
        seed: of all.
    """

    def __init__(self, size: int, n_actions: int, features: int = 16, width: int = 64, *, seed: int = 0):
        super().__init__()
        self.n_actions = n_actions
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            self.encode = nn.Sequential(nn.Linear(size, width), nn.Tanh(), nn.Linear(width, features))
            self.inverse = nn.Sequential(
                nn.Linear(2 * features, width), nn.Tanh(), nn.Linear(width, n_actions)
            )
            self.ahead = nn.Sequential(
                nn.Linear(features + n_actions, width), nn.Tanh(), nn.Linear(width, features)
            )

    def errors(
        self,
        seen: Float[Tensor, "batch size"],
        action: Int[Tensor, " batch"],
        after: Float[Tensor, "batch size"],
    ) -> Float[Tensor, " batch"]:
        """Squared errors of the features after; features do not learn by them, or they would become flat."""
        before, then = self.encode(seen).detach(), self.encode(after).detach()
        told = self.ahead(torch.cat([before, one_hot(action, self.n_actions).to(before)], -1))
        return (told - then).square().mean(-1)

    def reward(self, seen: Tensor, action: Tensor, after: Tensor) -> Float[Tensor, " batch"]:
        """How wrong the prediction was."""
        return self.errors(seen, action, after).detach()

    def loss(self, seen: Tensor, action: Tensor, after: Tensor) -> Tensor:
        """What both networks learn by."""
        guess = self.inverse(torch.cat([self.encode(seen), self.encode(after)], -1))
        return self.errors(seen, action, after).mean() + cross_entropy(guess, action)
