"""The unroll of a plain network of rate cells as one operation: the same numbers, several times sooner."""

from collections.abc import Sequence
from typing import NamedTuple

import torch
from jaxtyping import Float
from torch import Tensor

from .cells import InputCells, InputState
from .network import Network, State
from .projection import DenseProjection, OneToOne
from .rate import RateCells, RateState
from .sparse import SparseMatrix, recur
from .sparse.product import backend_for
from .sparse.recurrence import PHI
from .synapses import Synapses

Map = DenseProjection | OneToOne


class Parts(NamedTuple):
    """A plain network: input → map → cells joined by synapses → map → output."""

    entry: Map
    cells: RateCells
    core: Synapses
    leave: Map
    shown: RateCells


def plain(network: Network, inputs: Tensor, record: Sequence[str] = ()) -> Parts | None:
    """The parts, where these are discrete rate cells between two maps, joined by synapses alone, on the CPU,
    and no other population is to be recorded; else None.
    """
    names, projections = list(network.populations), list(network.projections)
    if len(names) != 3 or len(projections) != 3 or inputs.device.type != "cpu":
        return None
    source, cells, shown = (network.cells(name) for name in names)
    entry, core, leave = projections
    rates = isinstance(source, InputCells) and isinstance(cells, RateCells) and isinstance(shown, RateCells)
    joined = isinstance(entry, Map) and isinstance(core, Synapses) and isinstance(leave, Map)
    if not (rates and joined) or not _in_a_row(names, (entry, core, leave)) or not set(record) <= {names[1]}:
        return None
    simple = (cells.form, shown.phi) == ("rate", "identity") and cells.phi in PHI
    normalised = cells.normalise or shown.normalise
    if not (simple and cells.is_discrete and shown.is_discrete) or normalised:
        return None
    if backend_for(core.backend, core.base) != "numba" or inputs.dtype != core.base.dtype:
        return None
    return Parts(entry, cells, core, leave, shown)


def unrolled(
    network: Network, parts: Parts, drives: list[Tensor | None], everything: bool
) -> tuple[Float[Tensor, "batch time outputs"], State, dict[str, Float[Tensor, "batch time cells"]]]:
    """It returns the outputs of every step, the state after the last, and if asked for the output of the
    cells by name.
    """
    entry, cells, core, leave, shown = parts
    drive, held = _drive(entry, drives)
    pool = leave.pre_pool
    states, last = recur(
        SparseMatrix(core.pattern, core.values(), core.backend),
        drive,
        steps=len(drives),
        pool=None if entry.post_pool is None else entry.post_pool.numpy(),
        held=held,
        bias=cells.bias_of_cells(),
        phi=cells.phi,
        read=None if everything or pool is None else pool.numpy(),
    )
    chosen = states[:, pool] if everything and pool is not None else states
    outputs, offset = (
        chosen if isinstance(leave, OneToOne) else leave.values() @ chosen,
        shown.bias_of_cells(),
    )
    outputs = (outputs if offset is None else outputs + offset[:, None]).permute(2, 0, 1)
    names = list(network.populations)
    final = torch.zeros(drive.shape[2], network.n_inputs, dtype=drive.dtype)
    state: State = {
        names[0]: InputState(final if drives[-1] is None else drives[-1]),
        names[1]: RateState(last.mT),
        names[2]: RateState(outputs[:, -1]),
    }
    return outputs, state, {names[1]: states.permute(2, 0, 1)} if everything else {}


def _in_a_row(names: list[str], projections: tuple[Map, Synapses, Map]) -> bool:
    entry, _, leave = projections
    ways = [(p.pre, p.post, p.delay_steps) for p in projections]
    wanted = [(names[0], names[1], 0), (names[1], names[1], 1), (names[1], names[2], 0)]
    return ways == wanted and entry.pre_pool is None and leave.post_pool is None


def _drive(entry: Map, drives: list[Tensor | None]) -> tuple[Float[Tensor, "times pool batch"], bool]:
    """What the driven cells get: once where it is the same in all steps or comes in the first alone."""
    first = drives[0]
    assert first is not None
    held = all(drive is first for drive in drives)
    once = held or all(drive is None for drive in drives[1:])
    inputs = first[None] if once else torch.stack([drive for drive in drives if drive is not None])
    return inputs.mT if isinstance(entry, OneToOne) else entry.values() @ inputs.mT, held
