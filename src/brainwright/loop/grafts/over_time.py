"""Hosts that take time: inputs that are held, small recurrent networks, the worm's wiring."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from jaxtyping import Float
from torch import Tensor

from brainwright.connectome import Connectome, signs
from brainwright.network import Network, Rate, SpectralRadius, Train, compile, recurrent
from brainwright.network.graft import Many, Ports

from .arms import Task


@dataclass(eq=False)
class Held:
    """Another task whose inputs are held for so many steps, and answered at the last: time to think."""

    task: Task
    steps: int

    def batch(self, samples: int) -> tuple[Float[Tensor, "seed sample time in"], Tensor]:
        """Fresh samples for each seed."""
        x, y = self.task.batch(samples)
        return x[:, :, None].expand(-1, -1, self.steps, -1), y


def cells_of(seeds: Sequence[int], cells: int, inputs: int, outputs: int) -> Many:
    """Recurrent networks of leaky cells, one for each seed."""
    return Many.of([recurrent(inputs, cells, outputs, seed=seed) for seed in seeds])


WORM = "celegans/varshney2011"
"""Chemical synapses alone."""


def worm_of(seed: int, inputs: int, outputs: int) -> Network:
    """The worm as a rate network: it begins with its wiring and signs, and the weights of all its synapses
    may learn; sensory cells take the inputs, motor cells are read.
    """
    worm = Connectome.load(WORM).of_kind("chemical").signed(signs.ByTransmitter("worm", unknown=1.0))
    return compile(
        worm,
        Rate("tanh", tau_s=1e-3 / math.log(2), bias="cell"),  # half of a value is replaced in a step of 1 ms
        n_inputs=inputs,
        n_outputs=outputs,
        train=Train("edge", dale=False),
        scaling=SpectralRadius(0.9),
        seed=seed,
    )


def worm_ports(few: int = 20) -> Ports:
    """So many cells of the worm, evenly spread over its list, are read, and as many others are written."""
    return Ports("cells", range(0, 10 * few, 10), "cells", range(5, 10 * few, 10), latency_steps=1)
