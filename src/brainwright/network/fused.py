"""The unroll of a plain network of rate cells as one operation: the same numbers, several times sooner."""

from collections.abc import Sequence
from typing import NamedTuple

import torch
from jaxtyping import Float
from torch import Tensor

from .cells import InputCells, InputState
from .embedding import EmbeddingCells, EmbeddingState
from .network import Network, State
from .over_time import over_time
from .projection import DenseProjection, OneToOne
from .rate import RateCells, RateState
from .sparse import SparseMatrix, recur
from .sparse.product import backend_for
from .sparse.recurrence import PHI
from .synapses import Synapses

Map = DenseProjection | OneToOne | Synapses


class Parts(NamedTuple):
    """A plain network: input → map → cells joined by synapses → map → output."""

    source: InputCells | EmbeddingCells
    entry: Map
    cells: RateCells
    core: Synapses
    leave: Map
    shown: RateCells


def plain(network: Network, inputs: Tensor, record: Sequence[str] = ()) -> Parts | None:
    """The parts, where these are discrete rate cells between two maps, joined by synapses alone, on the CPU,
    and nothing but these cells and an embedding is to be recorded; else None.
    """
    names, projections = list(network.populations), list(network.projections)
    if len(names) != 3 or len(projections) != 3 or inputs.device.type != "cpu":
        return None
    source, cells, shown = (network.cells(name) for name in names)
    entry, core, leave = projections
    if not isinstance(source, InputCells | EmbeddingCells) or not set(record) <= set(names[:2]):
        return None
    rates = isinstance(cells, RateCells) and isinstance(shown, RateCells)
    joined = isinstance(entry, Map) and isinstance(core, Synapses) and isinstance(leave, Map)
    if not (rates and joined) or not _in_a_row(names, (entry, core, leave)):
        return None
    simple = (cells.form, shown.phi) == ("rate", "identity") and cells.phi in PHI
    normalised = cells.normalise or shown.normalise
    if not (simple and cells.is_discrete and shown.is_discrete) or normalised:
        return None
    if backend_for(core.backend, core.base) != "numba" or inputs.dtype != core.base.dtype:
        return None
    return Parts(source, entry, cells, core, leave, shown)


def unrolled(
    network: Network, parts: Parts, drives: list[Tensor | None], record: Sequence[str] = ()
) -> tuple[Float[Tensor, "batch time outputs"], State, dict[str, Float[Tensor, "batch time cells"]]]:
    """It returns the outputs of every step, the state after the last, and by name the output of populations
    that are to be recorded.
    """
    source, entry, cells, core, leave, shown = parts
    names = list(network.populations)
    given, held = _given(drives)
    shows = source.embed(given) if isinstance(source, EmbeddingCells) else given
    heard = source.of_unit_size(shows) if isinstance(source, EmbeddingCells) else given
    drive = _mapped(entry, heard.mT)
    everything = names[1] in record
    pool = pool_of(leave, "pre")
    states, last = recur(
        SparseMatrix(core.pattern, core.values(), core.backend),
        drive,
        steps=len(drives),
        pool=None if (driven := pool_of(entry, "post")) is None else driven.numpy(),
        held=held,
        bias=cells.bias_of_cells(),
        phi=cells.phi,
        read=None if everything or pool is None else pool.numpy(),
    )
    chosen = states[:, pool] if everything and pool is not None else states
    # by cell, in which order losses add them
    outputs, offset = _mapped(leave, chosen).contiguous(), shown.bias_of_cells()
    outputs = (outputs if offset is None else outputs + offset[:, None]).permute(2, 0, 1)
    final = torch.zeros_like(shows[-1]) if drives[-1] is None else shows[-1]
    embeds = isinstance(source, EmbeddingCells)
    state: State = {
        names[0]: EmbeddingState(final) if embeds else InputState(final),
        names[1]: RateState(last.mT),
        names[2]: RateState(outputs[:, -1]),
    }
    seen: dict[str, Tensor] = {}
    if names[0] in record:
        silent = (sum(drive is None for drive in drives), *shows.shape[1:])
        every = shows.expand(len(drives), -1, -1) if held else torch.cat([shows, shows.new_zeros(silent)])
        seen[names[0]] = every.transpose(0, 1)
    if everything:
        seen[names[1]] = states.permute(2, 0, 1)
    return outputs, state, {name: seen[name] for name in record}


def _in_a_row(names: list[str], projections: tuple[Map, Synapses, Map]) -> bool:
    entry, _, leave = projections
    ways = [(p.pre, p.post, p.delay_steps) for p in projections]
    wanted = [(names[0], names[1], 0), (names[1], names[1], 1), (names[1], names[2], 0)]
    return ways == wanted and pool_of(entry, "pre") is None and pool_of(leave, "post") is None


def pool_of(part: Map, end: str) -> Tensor | None:
    """Positions that a map reads or reaches; None for all cells, as a sparse one does."""
    return None if isinstance(part, Synapses) else getattr(part, f"{end}_pool")


def _mapped(part: Map, x: Float[Tensor, "times pre batch"]) -> Float[Tensor, "times post batch"]:
    if isinstance(part, OneToOne):
        return x
    if isinstance(part, Synapses):
        return part.product()(x.mT).mT
    return over_time(part.values(), x)


def _given(drives: list[Tensor | None]) -> tuple[Float[Tensor, "times batch inputs"], bool]:
    """What is given: once where it is the same in all steps or comes in the first alone; and whether it is
    held.
    """
    first = drives[0]
    assert first is not None
    held = all(drive is first for drive in drives)
    once = held or all(drive is None for drive in drives[1:])
    return (first[None] if once else torch.stack([drive for drive in drives if drive is not None])), held
