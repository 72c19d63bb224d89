"""What is worth remembering: by reward, by error of its prediction, by novelty, or by any callable."""

from collections.abc import Callable

import torch
from jaxtyping import Float
from torch import Tensor

from .experiences import Experiences

Salience = Callable[[Experiences], Float[Tensor, " experience"]]
"""Experiences → how much each is worth remembering, 0 or more. Any callable will do."""


def evenly(experiences: Experiences) -> Float[Tensor, " experience"]:
    """All are worth the same."""
    return torch.ones(len(experiences))


def reward(experiences: Experiences) -> Float[Tensor, " experience"]:
    """The size of the reward, good or bad."""
    return experiences.rewards.abs()


class PredictionError:
    """The size of the reward-prediction error of a linear value of states: δ = r - w s, w ← w + η δ s / |s|²
    (Rescorla & Wagner 1972; normalised by the state, so that η below 1 is stable).

    It learns from what it judges, in order, so that a reward which has become expected is no longer salient.

    Args:
        n_features: of a state.
        rate: η, above 0 and at most 1.
    """

    def __init__(self, n_features: int, rate: float = 0.1):
        self.weights, self.rate = torch.zeros(n_features), rate

    def __call__(self, experiences: Experiences) -> Float[Tensor, " experience"]:
        errors = []
        for state, value in zip(experiences.states, experiences.rewards, strict=True):
            error = value - self.weights @ state
            self.weights += self.rate * error * state / state.square().sum().clamp(min=1e-12)
            errors.append(error.abs())
        return torch.stack(errors) if errors else torch.zeros(0)


class Novelty:
    """One less the cosine with the nearest state that is known already; 1 where nothing is known.

    Args:
        known: () → states [known, feature] that are compared with, such as those of a hippocampus.
    """

    def __init__(self, known: Callable[[], Float[Tensor, "known feature"]]):
        self.known = known

    def __call__(self, experiences: Experiences) -> Float[Tensor, " experience"]:
        known = self.known()
        if not len(known):
            return torch.ones(len(experiences))
        unit = torch.nn.functional.normalize
        nearest = (unit(experiences.states, dim=1) @ unit(known, dim=1).T).amax(1)
        return (1 - nearest).clamp(min=0)  # rounding may put a cosine above 1
