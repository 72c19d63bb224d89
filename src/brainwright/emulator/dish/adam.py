"""Adam for small nets, where all that is done around an update takes longer than the update."""

from collections.abc import Iterable, Sequence

import torch
from torch import Tensor

MEAN, SQUARE, EPSILON = 0.9, 0.999, 1e-8
"""Decay of the two means, and what is added to the root, as the source proposes them."""


class Adam:
    """Adam with weight decay apart from the gradient (Kingma & Ba 2015, arXiv:1412.6980; Loshchilov & Hutter
    2019, arXiv:1711.05101).

    m <- .9 m + .1 g, v <- .999 v + .001 g^2, then p <- (1 - rate decay) p - rate M / (sqrt(V) + 1e-8), where
    M = m / (1 - .9^t) and V = v / (1 - .999^t). To the last digit what `torch.optim.AdamW` makes of the same
    gradients: that one looks at every call for options that are never used here, and at its first loads
    torch's compiler, which takes a second.

    Args:
        parameters: changed in place.
        rate: may be changed between steps.
        weight_decay: per unit of the rate.
    """

    def __init__(self, parameters: Iterable[Tensor], *, rate: float, weight_decay: float = 0.0):
        self.parameters = list(parameters)
        self.rate, self.weight_decay = rate, weight_decay
        self._means = [torch.zeros_like(parameter) for parameter in self.parameters]
        self._squares = [torch.zeros_like(parameter) for parameter in self.parameters]
        self._steps = 0

    @torch.no_grad()
    def step(self, gradients: Sequence[Tensor | None]) -> None:
        """One update; a parameter whose gradient is None stays as it is."""
        self._steps += 1
        size = self.rate / (1 - MEAN**self._steps)
        root = (1 - SQUARE**self._steps) ** 0.5
        every = zip(self.parameters, gradients, self._means, self._squares, strict=True)
        for parameter, gradient, mean, square in every:
            if gradient is None:
                continue
            if self.weight_decay:
                parameter.mul_(1 - self.rate * self.weight_decay)
            mean.lerp_(gradient, 1 - MEAN)
            square.mul_(SQUARE).addcmul_(gradient, gradient, value=1 - SQUARE)
            parameter.addcdiv_(mean, square.sqrt().div_(root).add_(EPSILON), value=-size)
