"""Ordinary nets as populations and projections: `layered` feeds forward, `recurrent` joins its cells all to
all, `spiking` has one layer of spiking cells.
"""

import math
from collections.abc import Sequence
from itertools import pairwise

import torch

from .cells import InputCells
from .errors import NetworkError
from .initial import normal
from .lif import LIFCells
from .network import Network
from .projection import DenseProjection
from .rate import RateCells


def layered(
    sizes: Sequence[int],
    phi: str = "relu",
    *,
    output: str = "identity",
    bias: bool = True,
    normalise: bool = False,
    seed: int = 0,
    dtype: torch.dtype = torch.float32,
) -> Network:
    """Fully connected layers; one step is one forward pass. The last layer is linear unless told otherwise.

    Populations are called "input", "hidden1", ..., "output". Initial weights and biases are uniform within
    ±1 / sqrt(fan-in), as those of `torch.nn.Linear`.

    Args:
        sizes: number of cells per layer, inputs first.
        phi: nonlinearity of the hidden layers.
        output: nonlinearity of the last.
        bias: whether cells have one.
        normalise: whether hidden layers send their activity divided by its root mean square.
        seed: of the initial values.
        dtype: of everything.

    Example:
        >>> network = layered([784, 64, 10])
        >>> network.unroll(torch.zeros(5, 784)).last.shape
        torch.Size([5, 10])
    """
    if len(sizes) < 2 or min(sizes) < 1:
        raise NetworkError(f"expected at least two layers of at least one cell, got {list(sizes)}")
    generator = torch.Generator().manual_seed(seed)
    names = ["input", *(f"hidden{k}" for k in range(1, len(sizes) - 1)), "output"]
    populations = {"input": InputCells(sizes[0], dtype)}
    projections = []
    for k, (n_pre, n_post) in enumerate(pairwise(sizes), 1):
        last = k == len(sizes) - 1
        cells = RateCells(
            n_post,
            output if last else phi,
            bias="cell" if bias else "none",
            normalise=normalise and not last,
            dtype=dtype,
        )
        weight = uniform(n_post, n_pre, n_pre, generator, dtype)
        if cells.bias is not None:
            cells.bias.data = uniform(1, n_post, n_pre, generator, dtype)[0]
        populations[names[k]] = cells
        projections.append(DenseProjection(names[k - 1], names[k], n_pre, n_post, weight))
    return Network(
        populations, projections, provenance={"made_by": "layered", "sizes": list(sizes), "seed": seed}
    )


def uniform(
    rows: int, columns: int, fan_in: int, generator: torch.Generator, dtype: torch.dtype
) -> torch.Tensor:
    """The values are uniform within ±1 / sqrt(fan_in). Drawn in float64, so that the seed and not the type
    decides.
    """
    drawn = torch.rand(rows, columns, generator=generator, dtype=torch.float64) * 2 - 1
    return (drawn / max(fan_in, 1) ** 0.5).to(dtype)


def recurrent(
    n_inputs: int,
    n_cells: int,
    n_outputs: int,
    phi: str = "tanh",
    *,
    leak: float = 0.5,
    gain: float = 0.9,
    skip: bool = False,
    seed: int = 0,
) -> Network:
    """The network is inputs → leaky cells, all to all → linear outputs: h ← (1 - leak) h + leak φ(u), with
    normal weights.

    Args:
        n_inputs, n_cells, n_outputs: sizes.
        phi: nonlinearity of the cells.
        leak: share of a cell's value that is replaced in a step, above 0 and below 1.
        gain: factor of the recurrent weights, whose spectral radius is about as large (Girko's circular law);
            below 1, so that a cell's past fades. Leak .5 and gain .9 are those of the recurrent gate of
            learning rules (rows of digits).
        skip: whether inputs reach the outputs directly too, past the cells.
        seed: of the initial values; those of the cells are the same with a skip and without.

    Raises:
        NetworkError: a leak that is not between 0 and 1.
    """
    if not 0 < leak < 1:
        raise NetworkError(f"expected a leak between 0 and 1, got {leak}")
    step_s = 1e-3  # of a rate network; with the time constant it fixes the leak, by itself it changes nothing
    populations = {
        "input": InputCells(n_inputs),
        "cells": RateCells(n_cells, phi, tau_s=-step_s / math.log(1 - leak), form="rate", bias="cell"),
        "output": RateCells(n_outputs, "identity", bias="cell"),
    }
    maps = [
        DenseProjection("input", "cells", n_inputs, n_cells, torch.zeros(n_cells, n_inputs)),
        DenseProjection("cells", "cells", n_cells, n_cells, torch.zeros(n_cells, n_cells), delay_steps=1),
        DenseProjection("cells", "output", n_cells, n_outputs, torch.zeros(n_outputs, n_cells)),
    ]
    if skip:
        maps.append(DenseProjection("input", "output", n_inputs, n_outputs, torch.zeros(n_outputs, n_inputs)))
    network = normal(Network(populations, maps), seed)
    with torch.no_grad():
        maps[1].weight *= gain
    return network


def spiking(
    n_inputs: int, n_cells: int, n_outputs: int, *, drive: float = 1.0, unit_hz: float = 50.0, seed: int = 0
) -> Network:
    """Spike trains in steps of 1 ms → leaky integrate-and-fire cells → linear outputs of their running rates.

    Args:
        n_inputs, n_cells, n_outputs: sizes.
        drive: factor of the input weights, so that cells fire.
        unit_hz: rates are read in units of this one.
        seed: of the initial values, which are normal.
    """
    cells = LIFCells(
        n_cells,
        dt_s=1e-3,
        tau_m_s=10e-3,  # of cortical cells in vivo
        threshold_mV=1.0,  # sets the scale of the weights
        refractory_s=2e-3,
        delay_s=1e-3,
        tau_rate_s=50e-3,  # a rate read over about the length of a trial
    )
    populations = {
        "input": InputCells(n_inputs),
        "cells": cells,
        "output": RateCells(n_outputs, "identity", bias="cell"),
    }
    maps = [
        DenseProjection("input", "cells", n_inputs, n_cells, torch.zeros(n_cells, n_inputs)),
        DenseProjection("cells", "output", n_cells, n_outputs, torch.zeros(n_outputs, n_cells)),
    ]
    network = normal(Network(populations, maps), seed)
    with torch.no_grad():
        maps[0].weight *= drive
        maps[1].weight /= unit_hz
    return network
