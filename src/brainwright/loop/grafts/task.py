"""A task that a small network cannot do and a larger one can: waves through a bottleneck."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from brainwright.network import Network, layered
from brainwright.network.cells import InputCells
from brainwright.network.graft import Many, Ports
from brainwright.network.initial import normal
from brainwright.network.layers import uniform
from brainwright.network.projection import DenseProjection
from brainwright.network.rate import RateCells

LAYERS = {"hidden1": 64, "hidden2": 2, "hidden3": 64, "hidden4": 32}
"""Of the host: two cells in the middle pass on what five inputs say."""
INPUTS, OUTPUTS, LATENTS = 5, 8, 12
STEEP = 1.5
"""Norm of a latent's weights: a wave turns once in about four deviations of the input."""
N = sum(LAYERS.values())
EXTRA = ("extra1", "extra2")
"""Populations of native extra cells beside the bottleneck."""


@dataclass(eq=False)
class Waves:
    """y = C sin(A x + p), drawn anew for each seed; x normal, every batch fresh; outputs of variance 1.

    Args:
        seeds: one network each.
    """

    seeds: Sequence[int]

    def __post_init__(self) -> None:
        parts = []
        self._generators = []
        for seed in self.seeds:
            g = torch.Generator().manual_seed(seed)
            slopes = torch.randn(LATENTS, INPUTS, generator=g)
            slopes = STEEP * slopes / slopes.norm(dim=1, keepdim=True)
            phases = 2 * math.pi * torch.rand(LATENTS, generator=g)
            mixing = torch.randn(OUTPUTS, LATENTS, generator=g)
            x = torch.randn(8192, INPUTS, generator=g)
            y = torch.sin(x @ slopes.mT + phases) @ mixing.mT
            parts.append((slopes, phases, mixing / y.std(0)[:, None], (y.mean(0) / y.std(0))))
            self._generators.append(g)
        self.slopes, self.phases, self.mixing, self.mean = (
            torch.stack(values) for values in zip(*parts, strict=True)
        )

    def batch(self, samples: int) -> tuple[Float[Tensor, "seed sample in"], Float[Tensor, "seed sample out"]]:
        """Fresh samples for each seed."""
        x = torch.stack([torch.randn(samples, INPUTS, generator=g) for g in self._generators])
        return x, self.targets(x)

    def targets(self, x: Float[Tensor, "seed sample in"]) -> Float[Tensor, "seed sample out"]:
        """What is wanted of these inputs."""
        latents = torch.sin(x @ self.slopes.mT + self.phases[:, None])
        return latents @ self.mixing.mT - self.mean[:, None]


def host_of(seed: int, native: Ports | None = None, cells: tuple[int, int] = (16, 16)) -> Network:
    """Layers with a bottleneck; with `native` ports, extra cells beside it that are part of the network."""
    sizes = {"input": INPUTS, **LAYERS, "output": OUTPUTS}
    names = list(sizes)
    ends = [(a, b, None, None) for a, b in pairwise(names)]
    if native is not None:
        names[2:2] = EXTRA
        sizes |= dict(zip(EXTRA, cells, strict=True))
        ends += [
            (native.read, EXTRA[0], list(native.reads), None),
            (*EXTRA, None, None),
            (EXTRA[1], native.write, None, list(native.writes)),
        ]
    populations = {"input": InputCells(INPUTS)}
    for name in names[1:]:
        populations[name] = RateCells(sizes[name], "identity" if name == "output" else "tanh", bias="cell")
    generator = torch.Generator().manual_seed(seed)
    maps = []
    for pre, post, reads, writes in ends:
        columns = len(reads) if reads is not None else sizes[pre]
        rows = len(writes) if writes is not None else sizes[post]
        weight = uniform(rows, columns, columns, generator, torch.float32)
        into, out = (None if pool is None else np.array(pool) for pool in (reads, writes))
        maps.append(DenseProjection(pre, post, sizes[pre], sizes[post], weight, pre_pool=into, post_pool=out))
    network = Network(populations, maps)
    return normal(network, seed)


def hosts_of(seeds: Sequence[int], native: Ports | None = None, cells: tuple[int, int] = (16, 16)) -> Many:
    """One for each seed."""
    return Many.of([host_of(seed, native, cells) for seed in seeds])


def grafts_of(seeds: Sequence[int], ports: Ports, cells: Sequence[int] = (16, 16)) -> Many:
    """Untaught grafts of layers of tanh cells, one for each seed, with normal weights."""
    sizes = [len(ports.reads), *cells, len(ports.writes)]
    # another stream than the host's, which has the seed itself
    return Many.of([normal(layered(sizes, "tanh"), seed + 10**6) for seed in seeds])


def ports_of(reads: int = 6, writes: int | None = None, *, last: bool = False) -> Ports:
    """The first cells of the layers before and behind the bottleneck (their order means nothing), or the
    `last`, which are other sites.
    """
    writes = reads if writes is None else writes
    n, m = LAYERS["hidden1"], LAYERS["hidden3"]
    if last:
        return Ports("hidden1", range(n - reads, n), "hidden3", range(m - writes, m))
    return Ports("hidden1", range(reads), "hidden3", range(writes))
