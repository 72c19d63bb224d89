"""What every table of rules needs beside the exact gradient: a direction that knows nothing."""

from dataclasses import dataclass
from typing import ClassVar

import torch

from brainwright.learning import Backpropagation
from brainwright.learning.groups import group_of
from brainwright.learning.rule import trained


@dataclass(frozen=True)
class RandomDirection(Backpropagation):
    """Each hidden parameter moves in a random direction, by as much as the gradient would move it; the
    readout learns from its own error.
    """

    name: ClassVar[str] = "random direction"
    equation: ClassVar[str] = "ΔW = |g| n / |n|, n noise"

    def update(self, network, batch, objective, state, unrolling=None):
        """See `LearningRule`."""
        state, metrics = super().update(network, batch, objective, state, unrolling)
        for name, parameter in trained(network).items():
            if parameter.grad is not None and group_of(network, name) == "hidden":
                noise = torch.randn(parameter.shape, generator=state.generator, dtype=torch.float64)
                noise = noise.to(parameter) / noise.norm().clamp(min=1e-30).to(parameter)
                parameter.grad = noise * parameter.grad.norm()
        return state, metrics
