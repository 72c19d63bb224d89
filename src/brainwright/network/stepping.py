"""Steps without gradients of a plain network of rate cells, for a brain that acts: the same, sooner."""

from collections.abc import Callable
from functools import partial

import numpy as np
import torch
from torch import Tensor

from .cells import InputCells, InputState
from .fused import Map, Parts, plain, pool_of
from .network import Network, State
from .projection import DenseProjection, OneToOne
from .rate import RateState
from .sparse import SparseMatrix
from .sparse.product import in_rows, kernel

Step = Callable[[State, Tensor], State]


@torch.no_grad()
def stepper(network: Network) -> Step:
    """What advances the network by a step, (state, drive [batch, inputs]) → the new state, without gradients
    and while the parameters do not change: weights are gathered once. Of any network; it is sooner where
    `fused.plain` finds its parts.
    """
    like = network.rest(1)[network.input][0]
    parts = plain(network, like)
    if parts is None or not isinstance(parts.source, InputCells):
        products = network.products()
        return torch.no_grad()(lambda state, drive: network.step(state, drive, products))
    return _quick(network, parts)


def _quick(network: Network, parts: Parts) -> Step:
    """One walk over the synapses adds bias, drive and what arrives, cells first, in NumPy."""
    _, entry, cells, core, leave, shown = parts
    _, middle, _ = network.populations
    start, pre, _ = core.pattern.by_post
    weights = SparseMatrix(core.pattern, core.values(), core.backend).by_post.numpy()
    bias, offset = (
        np.zeros(part.n, weights.dtype) if (b := part.bias_of_cells()) is None else b.detach().numpy()
        for part in (cells, shown)
    )
    pool, seen = (
        slice(None) if (places := pool_of(part, end)) is None else places.numpy()
        for part, end in ((entry, "post"), (leave, "pre"))
    )
    driven = np.full(cells.n, -1, np.int32)  # no cell is driven but those of the pool
    driven[pool] = np.arange(driven[pool].size, dtype=np.int32)
    enters, leaves, every = _map(entry), _map(leave), np.ones(cells.n, bool)
    rectify, tanh = cells.phi == "relu", cells.phi == "tanh"

    def step(state: State, drive: Tensor) -> State:
        x = np.ascontiguousarray(state[middle].x.detach().mT.numpy())
        arriving = np.ascontiguousarray(enters(drive.detach().mT.numpy()))
        new, alive = np.empty_like(x), np.empty(cells.n, bool)
        given = start, pre, weights, x, every, bias, arriving, driven, rectify, new, alive
        in_rows(partial(kernel("step"), *given), start, x.shape[1])
        if tanh:
            np.tanh(new, out=new)
        out = leaves(new[seen]) + offset[:, None]
        rates = (RateState(torch.from_numpy(told).mT) for told in (new, out))
        return dict(zip(network.populations, (InputState(drive), *rates), strict=True))

    return step


def _map(part: Map) -> Callable[[np.ndarray], np.ndarray]:
    """From the cells that a map reads to those that it reaches, [cell, batch]."""
    if isinstance(part, DenseProjection):
        matrix = part.values().detach().numpy()
        return lambda x: matrix @ x
    if isinstance(part, OneToOne):
        return lambda x: x
    product = part.product()
    return lambda x: product(torch.from_numpy(x).mT).mT.numpy()
