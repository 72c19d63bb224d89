"""What every table of rules needs beside the exact gradient: a direction that knows nothing."""

from dataclasses import dataclass
from typing import ClassVar

import torch

from .groups import group_of
from .locality import Locality
from .rule import LearningRule, trained
from .rules.backpropagation import Backpropagation


@dataclass(frozen=True)
class RandomDirection(LearningRule):
    """Each hidden parameter moves in a random direction, by as much as the gradient would move it; the
    readout learns from its own error. A control, no rule of a brain.
    """

    name: ClassVar[str] = "random direction"
    equation: ClassVar[str] = "ΔW = |g| n / |n|, n noise"
    bibtex: ClassVar[str] = Backpropagation.bibtex

    @property
    def locality(self) -> Locality:
        """It measures the gradient, whose length it takes."""
        return Backpropagation().locality

    def update(self, network, batch, objective, state, unrolling=None):
        """See `LearningRule`."""
        state, metrics = Backpropagation().update(network, batch, objective, state, unrolling)
        for name, parameter in trained(network).items():
            if parameter.grad is not None and group_of(network, name) == "hidden":
                noise = torch.randn(parameter.shape, generator=state.generator, dtype=torch.float64)
                # 1e-30: a draw of exact zeros (an empty parameter) stays zero in place of NaN
                noise = noise.to(parameter) / noise.norm().clamp(min=1e-30).to(parameter)
                parameter.grad = noise * parameter.grad.norm()
        return state, metrics
