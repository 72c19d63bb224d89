"""Which cells an expansion adds, and what they inherit."""

from typing import NamedTuple

import numpy as np
import pandas as pd

from brainwright.connectome.errors import ConnectomeError
from brainwright.connectome.nulls.degree import codes
from brainwright.connectome.signs import dale_violations

BLOCK_COLUMNS = ("type", "class", "pool")


class Plan(NamedTuple):
    """`parent`: (M,) position of each cell's parent, originals their own. `block`: (M,). `n`: number of
    originals.

    `thinning`: probability factor of each new pair relative to the original density, f^(gamma - 2).
    """

    parent: np.ndarray
    block: np.ndarray
    n: int
    thinning: float


def plan(connectome, factor: float, seed: int, by: str | None, preserve: str) -> Plan:
    """Chooses parents: block sizes by largest remainder, every cell of a block once before any twice.

    Raises:
        ConnectomeError: factor below 1 or not finite, weights that are no counts, edge signs that break
            Dale's law, an unknown `preserve` or column.
    """
    if not (np.isfinite(factor) and factor >= 1):
        raise ConnectomeError(f"expected a factor >= 1, got {factor}")
    if connectome.unit != "count":
        raise ConnectomeError(
            "expansion draws synapse by synapse and needs whole counts; these weights are real"
        )
    if preserve not in ("degree", "density"):
        raise ConnectomeError(f'expected preserve "degree" or "density", got {preserve!r}')
    if dale_violations(connectome).size:
        raise ConnectomeError(
            "some cells have outgoing edges of both signs, so new cells could not inherit a sign"
        )
    by = by or next((name for name in BLOCK_COLUMNS if name in connectome.cells), None)
    block = np.zeros(connectome.n_cells, np.int64) if by is None else codes(connectome, by)
    children = _parents(np.random.default_rng([seed, 0]), block, round(factor * block.size) - block.size)
    parent = np.concatenate([np.arange(block.size), children])
    return Plan(parent, block[parent], block.size, 1 / factor if preserve == "degree" else 1.0)


def _parents(rng, block: np.ndarray, new: int) -> np.ndarray:
    size = np.bincount(block)
    exact = size * (new / block.size)
    wanted = np.floor(exact).astype(np.int64)
    wanted[np.argsort(wanted - exact, kind="stable")[: new - wanted.sum()]] += 1
    chosen = []
    for number, count in enumerate(wanted):
        members = np.flatnonzero(block == number)
        if count:
            whole, rest = divmod(int(count), members.size)
            chosen.append(np.concatenate([np.tile(members, whole), rng.permutation(members)[:rest]]))
    return np.sort(np.concatenate(chosen)) if chosen else np.empty(0, np.int64)


def expanded_cells(connectome, plan: Plan) -> pd.DataFrame:
    """It returns the cells of an expansion."""
    return copied_cells(connectome, plan.parent)


def copied_cells(connectome, parent: np.ndarray) -> pd.DataFrame:
    """It returns all columns, inherited from the parent; `parent` holds its id, `copy` 0 for originals, then
    1, 2, ...

    Args:
        parent: (M,) position of each cell's parent; the originals come first, in their order.
    """
    ids = connectome.ids
    cells = connectome.cells.iloc[parent].reset_index(drop=True)
    copy = pd.Series(parent).groupby(parent).cumcount().to_numpy()
    if ids.dtype.kind == "i":
        new = np.concatenate([ids, ids.max() + 1 + np.arange(parent.size - ids.size)])
    else:
        taken = set(ids)
        new = [
            str(ids[p]) if k == 0 else _free(f"{ids[p]}~{k}", taken)
            for p, k in zip(parent, copy, strict=True)
        ]
    return cells.assign(id=new, parent=ids[parent], copy=copy.astype(np.int32))


def _free(name: str, taken: set) -> str:
    while name in taken:
        name += "'"
    taken.add(name)
    return name
