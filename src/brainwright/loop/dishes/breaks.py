"""A writer that descends a gradient, broken on purpose: a test of teaching must see that it fails."""

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
import torch

from ..gradient_writer import GradientWriter
from ..layout import Layout
from ..present import LATE, Moment, Periods
from .model import DishModel

BREAKS = (
    "learning rate 0",
    "random emulator",
    "centres permuted",
    "another culture's decoder",
    "labels at random",
)
SPARED = ("dynamics not fitted", "deaf while teaching")
"""What is taken away without harm where the code for responses is what is needed of the emulator."""


def broken_writer(
    name: str, model: DishModel, layout: Layout, channels: tuple[int, ...], gradient_steps: int = 5
) -> "GradientWriter | Spoiled":
    """A writer with one thing wrong and all else as it was.

    Args:
        name: `learning rate 0`: gradient steps are taken and move nothing. `random emulator`: it is never
            fitted. `centres permuted`: the auxiliary decoder takes each symbol for another. `another
            culture's decoder`: that of the next dish. `labels at random`: what is wanted is a random symbol.
            `dynamics not fitted`: what was fitted of the emulator is thrown away but for the code that it
            reads and writes responses with. `deaf while teaching`: the writer is told of no response.
        model, layout, channels, gradient_steps: as of the writer that is not broken.

    Raises:
        ValueError: an unknown name, or another culture's decoder where there is one dish.
    """
    if name not in (*BREAKS, *SPARED):
        raise ValueError(f"broken_writer: expected one of {', '.join((*BREAKS, *SPARED))}, got {name!r}")
    if name == "learning rate 0":
        return replace(model, step_rate=0.0).writer(layout, channels, gradient_steps)
    if name == "random emulator":
        return replace(model, fit_steps=0).writer(layout, channels, gradient_steps)
    writer = model.writer(layout, channels, gradient_steps)
    if name == "labels at random":
        return Spoiled(writer, labels=np.random.default_rng(model.seed))
    if name == "deaf while teaching":
        return Spoiled(writer, deaf=True)
    if name in ("centres permuted", "dynamics not fitted"):
        return Spoiled(writer, fitted=_of_another_symbol if name == "centres permuted" else _without_dynamics)
    if layout.n_dishes < 2:
        raise ValueError("another culture's decoder: expected at least two dishes, got one")
    return Spoiled(writer, fitted=_of_the_next_dish)


@dataclass
class Spoiled:
    """A gradient writer with something wrong in what it knows or is told.

    Attributes:
        writer: it.
        fitted: changes what was fitted, after every fit; it stays so until the next.
        labels: draws what is said to be wanted, uniformly and anew at every moment.
        deaf: what the tissue answers while it is taught is kept from it.
    """

    writer: GradientWriter
    fitted: Callable[[GradientWriter], None] | None = None
    labels: np.random.Generator | None = None
    deaf: bool = False

    def learn(self, heard: Periods) -> None:
        if self.labels is not None:
            targets = self.labels.integers(self.writer.n_symbols, size=heard.targets.shape)
            heard = replace(heard, targets=targets)
        self.writer.learn(heard)
        if self.fitted is not None:
            self.fitted(self.writer)

    def channels(self, moment: Moment) -> np.ndarray:
        if self.labels is not None:
            wanted = self.labels.integers(self.writer.n_symbols, size=moment.target.shape)
            moment = replace(moment, target=wanted)
        if self.deaf:
            nothing = np.zeros_like(moment.previous), np.zeros_like(moment.early)
            moment = replace(moment, previous=nothing[0], early=nothing[1])
        return self.writer.channels(moment)


def _of_another_symbol(writer: GradientWriter) -> None:
    """A permutation in which no symbol keeps its centre."""
    rng, n = np.random.default_rng(writer.seed), writer.n_symbols
    order = np.arange(n)
    while (order == np.arange(n)).any():
        order = rng.permutation(n)
    writer.maps.centres = writer.maps.centres[:, torch.from_numpy(order)]


def _of_the_next_dish(writer: GradientWriter) -> None:
    writer.maps.centres = writer.maps.centres.roll(1, dims=0)
    writer.maps.spread = writer.maps.spread.roll(1, dims=0)


@torch.no_grad()
def _without_dynamics(writer: GradientWriter) -> None:
    """Dynamics as they are drawn from another seed; encoder, decoder and maps stay as they were fitted."""
    n_dishes, n_channels = len(writer.maps.centres), writer.emulator.n_channels
    blank = torch.zeros(n_dishes, 2, LATE + 1, n_channels)
    drawn = writer.make(blank, seed=writer.seed + 1).dynamics_parameters()
    for parameter, fresh in zip(writer.emulator.dynamics_parameters(), drawn, strict=True):
        parameter.copy_(fresh)
