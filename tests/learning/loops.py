"""Small networks with cycles that several tests teach."""

import torch

from brainwright.network import Network
from brainwright.network.cells import Cells, InputCells
from brainwright.network.projection import DenseProjection
from brainwright.network.rate import RateCells
from brainwright.network.sparse import Pattern
from brainwright.network.synapses import Synapses

F64 = torch.float64
FREE = {"mode": "edge", "dale": False}
"""Every edge trains, and may change sign."""


def looped(cells: Cells, density: float = 0.6, scale: float = 1.0, **core) -> Network:
    """Four inputs → cells on a sparse graph with cycles → three outputs, in float64.

    `core` are options of the synapses among the cells; by default every edge trains and keeps its sign.
    """
    n, g = cells.n, torch.Generator().manual_seed(1)
    post, pre = (torch.rand(n, n, generator=g) < density).nonzero(as_tuple=True)
    base = torch.randn(len(pre), generator=g, dtype=F64) * scale / (density * n) ** 0.5

    def dense(a: str, b: str, rows: int, columns: int, size: float) -> DenseProjection:
        weight = torch.randn(rows, columns, generator=g, dtype=F64) * size / columns**0.5
        return DenseProjection(a, b, columns, rows, weight)

    output = RateCells(3, "identity", bias="cell", dtype=F64)
    populations = {"input": InputCells(4, F64), "cells": cells, "output": output}
    synapses = Synapses("cells", "cells", Pattern.of(pre, post, n, n), base, **(core or {"mode": "edge"}))
    return Network(
        populations, [dense("input", "cells", n, 4, scale), synapses, dense("cells", "output", 3, n, 1.0)]
    )
