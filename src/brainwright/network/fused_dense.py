"""The unroll of an embedding before cells that are joined all to all, or nearly: what needs no past is done
for all steps at once.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from .cells import nonlinearity
from .embedding import EmbeddingCells, EmbeddingState
from .network import Network, State
from .projection import DenseProjection
from .rate import RateCells, RateState
from .synapses import Synapses

FULLEST = 0.125
"""Share of all pairs that synapses must join to be multiplied as one matrix: a sparse product takes about
eight times as long for each of its entries (five layers of 24 cells, 40 % joined: 24 and 7 ms an update).
"""


class DenseParts(NamedTuple):
    """An embedding → cells that feel their own past → outputs, which the embedding may reach directly too."""

    source: EmbeddingCells
    entry: DenseProjection
    cells: RateCells
    core: DenseProjection | Synapses
    leave: DenseProjection
    shown: RateCells
    skip: DenseProjection | None


def dense(network: Network, record: Sequence[str] = ()) -> DenseParts | None:
    """The parts, where the network is `embedded(recurrent(...))` or one of that shape, and nothing but the
    embedding and the cells is to be recorded; else None.
    """
    names = list(network.populations)
    maps = [network.projection(k) for k in range(len(network.projections))]
    if len(names) != 3 or len(maps) not in (3, 4) or not set(record) <= set(names[:2]):
        return None
    source, cells, shown = (network.cells(name) for name in names)
    entry, core, leave = maps[:3]
    skip = maps[3] if len(maps) == 4 else None
    linear = isinstance(entry, DenseProjection) and isinstance(leave, DenseProjection)
    if not linear or not isinstance(core, DenseProjection | Synapses) or not _full(core):
        return None
    if not isinstance(source, EmbeddingCells) or not isinstance(skip, DenseProjection | None):
        return None
    ways = [(m.pre, m.post, m.delay_steps) for m in maps]
    first, middle, last = names
    wanted = [(first, middle, 0), (middle, middle, 1), (middle, last, 0), (first, last, 0)]
    if ways != wanted[: len(ways)] or not (isinstance(cells, RateCells) and isinstance(shown, RateCells)):
        return None
    simple = cells.form == "rate" and shown.phi == "identity" and shown.is_discrete
    if not simple or cells.normalise or shown.normalise:
        return None
    return DenseParts(source, entry, cells, core, leave, shown, skip)


def unrolled_dense(
    network: Network,
    parts: DenseParts,
    inputs: Float[Tensor, "batch patch inputs"],
    hold: int,
    record: Sequence[str],
    record_as: str,
) -> tuple[Float[Tensor, "batch time outputs"], State, dict[str, Float[Tensor, "batch time cells"]]]:
    """It returns the outputs of every step, the state after the last, and by name the "output" or "readout"
    of populations that are to be recorded. Each input is held for `hold` steps.
    """
    source, entry, cells, core, leave, shown, skip = parts
    z = source.embed(inputs)
    heard = source.of_unit_size(z)
    driven, bias = heard @ _whole(entry).mT, cells.bias_of_cells()
    driven = driven if bias is None else driven + bias
    phi, weight, keep = nonlinearity(cells.phi), _whole(core).mT, cells.keep_of_cells()
    x, moves, states = torch.zeros_like(driven[:, 0]), 1 - keep, []
    for arriving in driven.unbind(1):
        for _ in range(hold):
            new = phi(torch.addmm(arriving, x, weight))
            x = new if cells.is_discrete else keep * x + moves * new
            states.append(x)
    every = torch.stack(states, dim=1)
    outputs, offset = every @ _whole(leave).mT, shown.bias_of_cells()
    if skip is not None:
        outputs = outputs + _held(heard @ _whole(skip).mT, hold)
    if offset is not None:
        outputs = outputs + offset
    first, middle, last = network.populations
    state: State = {first: EmbeddingState(z[:, -1]), middle: RateState(x), last: RateState(outputs[:, -1])}
    seen = {middle: every}
    if first in record:
        seen[first] = _held(z if record_as == "output" else heard, hold)
    return outputs, state, {name: seen[name] for name in record}


def _held(values: Float[Tensor, "batch patch n"], hold: int) -> Float[Tensor, "batch time n"]:
    return values if hold == 1 else values.repeat_interleave(hold, dim=1)


def _full(core: DenseProjection | Synapses) -> bool:
    return isinstance(core, DenseProjection) or core.pattern.n_edges >= FULLEST * core.n_pre * core.n_post


def _whole(projection: DenseProjection | Synapses) -> Float[Tensor, "post pre"]:
    """The weights with zeros for pairs that are not joined, and for cells that are in no pool."""
    values = projection.values()
    if isinstance(projection, Synapses):
        pattern = projection.pattern
        at = torch.from_numpy(pattern.post.astype(np.int64) * pattern.n_pre + pattern.pre)
        flat = values.new_zeros(pattern.n_post * pattern.n_pre).index_add(0, at, values)
        return flat.view(pattern.n_post, pattern.n_pre)
    pools = ((0, projection.post_pool, projection.n_post), (1, projection.pre_pool, projection.n_pre))
    for side, pool, n in pools:
        if pool is not None:
            shape = (n, values.shape[1]) if side == 0 else (values.shape[0], n)
            values = values.new_zeros(shape).index_copy(side, pool, values)
    return values
