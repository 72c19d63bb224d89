"""The unroll of an embedding before cells that are joined all to all: what needs no past is done for all steps
at once.
"""

from collections.abc import Sequence
from typing import NamedTuple

import torch
from jaxtyping import Float
from torch import Tensor

from .cells import nonlinearity
from .embedding import EmbeddingCells, EmbeddingState
from .network import Network, State
from .projection import DenseProjection
from .rate import RateCells, RateState


class DenseParts(NamedTuple):
    """An embedding → cells that feel their own past → outputs, which the embedding may reach directly too."""

    source: EmbeddingCells
    entry: DenseProjection
    cells: RateCells
    core: DenseProjection
    leave: DenseProjection
    shown: RateCells
    skip: DenseProjection | None


def dense(network: Network, record: Sequence[str] = ()) -> DenseParts | None:
    """The parts, where the network is `embedded(recurrent(...))` or one of that shape, and nothing but the
    embedding and the cells is to be recorded; else None.
    """
    names, maps = list(network.populations), list(network.projections)
    if len(names) != 3 or len(maps) not in (3, 4) or not set(record) <= set(names[:2]):
        return None
    source, cells, shown = (network.cells(name) for name in names)
    whole = all(isinstance(m, DenseProjection) and m.pre_pool is m.post_pool is None for m in maps)
    if not whole or not isinstance(source, EmbeddingCells):
        return None
    ways = [(m.pre, m.post, m.delay_steps) for m in maps]
    entry, middle, last = names
    wanted = [(entry, middle, 0), (middle, middle, 1), (middle, last, 0), (entry, last, 0)]
    if ways != wanted[: len(ways)] or not (isinstance(cells, RateCells) and isinstance(shown, RateCells)):
        return None
    simple = cells.form == "rate" and shown.phi == "identity" and shown.is_discrete
    if not simple or cells.normalise or shown.normalise:
        return None
    return DenseParts(source, maps[0], cells, maps[1], maps[2], shown, maps[3] if len(maps) == 4 else None)


def unrolled_dense(
    network: Network, parts: DenseParts, drives: list[Tensor], record: Sequence[str], record_as: str
) -> tuple[Float[Tensor, "batch time outputs"], State, dict[str, Float[Tensor, "batch time cells"]]]:
    """It returns the outputs of every step, the state after the last, and by name the "output" or "readout"
    of populations that are to be recorded.
    """
    source, entry, cells, core, leave, shown, skip = parts
    z = source.embed(torch.stack(drives))
    heard = source.of_unit_size(z)
    bias, keep, phi = cells.bias_of_cells(), cells.keep_of_cells(), nonlinearity(cells.phi)
    driven = heard @ entry.values().mT
    driven = driven if bias is None else driven + bias
    weight, x = core.values().mT, torch.zeros_like(driven[0])
    states = []
    for arriving in driven.unbind(0):
        x = keep * x + (1 - keep) * phi(torch.addmm(arriving, x, weight))
        states.append(x)
    every = torch.stack(states)
    outputs = every @ leave.values().mT
    if skip is not None:
        outputs = outputs + heard @ skip.values().mT
    if (offset := shown.bias_of_cells()) is not None:
        outputs = outputs + offset
    outputs = outputs.transpose(0, 1)
    first, middle, last = network.populations
    state: State = {first: EmbeddingState(z[-1]), middle: RateState(x), last: RateState(outputs[:, -1])}
    seen = {first: z if record_as == "output" else heard, middle: every}
    return outputs, state, {name: seen[name].transpose(0, 1) for name in record}
