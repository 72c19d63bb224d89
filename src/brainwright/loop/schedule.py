"""How long and how fast a network is trained."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import torch


def adam(parameters: Any) -> torch.optim.Optimizer:
    """It returns Adam with a learning rate of 1e-3, its authors' default (Kingma & Ba 2015)."""
    return torch.optim.Adam(parameters, lr=1e-3)


@dataclass(frozen=True)
class Schedule:
    """A schedule of training.

    Attributes:
        epochs: passes over all samples.
        batch: samples per update.
        optimiser: parameter groups → optimiser.
        rates: group → learning rate, where it is another: "hidden", "readout", "rule"; see `learning.groups`.
        course: optimiser → how its rates change, by one step after every epoch; constant by default.
        clip: largest norm of the gradient of all parameters together; None for no limit. The default keeps a
            recurrent network from a single large step.
        patience: stop after so many epochs without a better validation loss; needs validation samples.
    """

    epochs: int = 20
    batch: int = 128
    optimiser: Callable[[Any], torch.optim.Optimizer] = adam
    rates: Mapping[str, float] = field(default_factory=dict)
    course: Callable[[torch.optim.Optimizer], torch.optim.lr_scheduler.LRScheduler] | None = None
    clip: float | None = 1.0
    patience: int | None = None

    def __post_init__(self) -> None:
        if self.epochs < 1 or self.batch < 1:
            raise ValueError(f"expected epochs and batch of at least 1, got {self.epochs} and {self.batch}")
