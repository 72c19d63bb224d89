"""`relaxing`: layers joined both ways by the same weights, whose answer is where they come to rest."""

import math
from collections.abc import Sequence

import torch

from .cells import InputCells
from .errors import NetworkError
from .layers import uniform
from .network import Network
from .projection import DenseProjection
from .rate import RateCells


def relaxing(
    sizes: Sequence[int],
    phi: str = "hard sigmoid",
    *,
    output: str | None = None,
    mix: float = 0.5,
    seed: int = 0,
    dtype: torch.dtype = torch.float32,
) -> Network:
    """It returns a layered net with symmetric coupling: s <- (1 - mix) s + mix phi(sum_j W_ij s_j + b_i),
    with equal weights both ways between neighbouring layers (Hopfield 1984; Scellier & Bengio 2017). Unroll
    it with held inputs and `steps` enough for it to come to rest.

    The two directions are two projections that start equal; rules that treat both ends of an edge alike
    (equilibrium propagation) keep them equal. Populations are "input", "hidden1", ..., "output".

    Args:
        sizes: number of cells per layer, inputs first.
        phi: nonlinearity of the hidden layers, and of the last unless `output` says another.
        output: nonlinearity of the last layer.
        mix: share of the new in each step, in (0, 1); with .5 and 20 steps a net of 64-100-10 is near
            enough to rest for equilibrium propagation to learn.
        seed: of the initial weights, uniform within ±1 / sqrt(fan-in from below).
        dtype: of everything.

    Example:
        >>> network = relaxing([64, 100, 10])
        >>> network.unroll(torch.zeros(5, 64), steps=20).last.shape
        torch.Size([5, 10])
    """
    if len(sizes) < 2 or min(sizes) < 1 or not 0 < mix < 1:
        raise NetworkError(
            f"expected at least two layers of at least one cell and mix in (0, 1), got {list(sizes)}, {mix}"
        )
    generator = torch.Generator().manual_seed(seed)
    names = ["input", *(f"hidden{k}" for k in range(1, len(sizes) - 1)), "output"]
    dt_s = 1e-3  # of a rate network; with the time constant it fixes the mix, by itself it changes nothing
    tau_s = -dt_s / math.log1p(-mix)
    populations = {"input": InputCells(sizes[0], dtype)}
    projections = []
    for k in range(1, len(sizes)):
        last = names[k] == "output"
        populations[names[k]] = RateCells(
            sizes[k],
            output if last and output else phi,
            tau_s=tau_s,
            dt_s=dt_s,
            form="rate",
            bias="cell",
            dtype=dtype,
        )
        weight = uniform(sizes[k], sizes[k - 1], sizes[k - 1], generator, dtype)
        below, above = (names[k - 1], sizes[k - 1]), (names[k], sizes[k])
        projections.append(DenseProjection(below[0], above[0], below[1], above[1], weight))
        if k > 1:
            mirror = weight.T.clone()
            projections.append(DenseProjection(above[0], below[0], above[1], below[1], mirror, delay_steps=1))
    provenance = {"made_by": "relaxing", "sizes": list(sizes), "mix": mix, "seed": seed}
    return Network(populations, projections, provenance=provenance)
