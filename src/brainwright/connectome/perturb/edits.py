"""What all errors share: single synapses as arrays, and back to edges."""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import pandas as pd

from brainwright.connectome.connectome import Connectome
from brainwright.connectome.edges import ELECTRICAL, Edges, canonical
from brainwright.connectome.errors import ConnectomeError
from brainwright.connectome.nulls.invariants import demand
from brainwright.connectome.nulls.rewire import joined
from brainwright.connectome.signs import dale_violations

ErrorModel = Callable[[Connectome, float, int], Connectome]
"""(connectome, dose, seed) → the connectome with errors."""


class Synapses(NamedTuple):
    """It holds every chemical synapse by itself, [synapse]: `pre` and `post` (int32), `kind` (uint8) and
    `sign` (int8; 0 where edges are unsigned).
    """

    pre: np.ndarray
    post: np.ndarray
    kind: np.ndarray
    sign: np.ndarray

    def take(self, index: np.ndarray) -> "Synapses":
        """It returns the synapses at these indices, or of a mask."""
        return Synapses(*(column[index] for column in self))

    def without(self, index: np.ndarray) -> "Synapses":
        """It returns the others, in their order."""
        left = np.ones(self.pre.size, bool)
        left[index] = False
        return self.take(left)

    def beside(self, others: "Synapses") -> "Synapses":
        """It returns these, then the others."""
        return Synapses(*(np.concatenate(pair) for pair in zip(self, others, strict=True)))


def synapses_of(connectome: Connectome, dose: float) -> tuple[Synapses, int]:
    """It returns the synapses, and how many of them a dose is.

    Raises:
        ConnectomeError: a dose outside [0, 1], weights that are no counts, edge signs that break Dale's law.
    """
    if not 0 <= dose <= 1:
        raise ConnectomeError(f"expected a dose from 0 to 1, a share of all synapses; got {dose}")
    if connectome.unit != "count":
        raise ConnectomeError(
            "errors are made synapse by synapse and need whole counts; these weights are real"
        )
    if dale_violations(connectome).size:
        raise ConnectomeError("some cells have outgoing edges of both signs: new synapses would have no sign")
    edges = connectome.edges
    sign = np.zeros(edges.pre.size, np.int8) if edges.sign is None else edges.sign
    chemical = ~electrical(connectome)
    columns = (edges.pre, edges.post, edges.kind, sign)
    count = edges.count[chemical]
    synapses = Synapses(*(np.repeat(column[chemical], count) for column in columns))
    return synapses, round(dose * synapses.pre.size)


def electrical(connectome: Connectome) -> np.ndarray:
    """It says which edge rows are gap junctions, bool [row]."""
    if ELECTRICAL not in connectome.kinds:
        return np.zeros(connectome.edges.pre.size, bool)
    return connectome.edges.kind == connectome.kinds.index(ELECTRICAL)


def rebuilt(
    connectome: Connectome,
    synapses: Synapses,
    total: int,
    note: str,
    cells: pd.DataFrame | None = None,
) -> Connectome:
    """It returns a connectome with these synapses and the gap junctions of the old one. Raises InvariantError
    unless there are `total` and Dale's law holds.
    """
    old, table = connectome.edges, connectome.cells if cells is None else cells
    chemical = counted(synapses, len(table), len(connectome.kinds), old.count.dtype)
    if old.sign is None:
        chemical = chemical._replace(sign=None)
    parts = joined([chemical, old.take(electrical(connectome))])
    source = connectome.source.noted(note)
    edges, _ = canonical(parts, connectome.kinds, len(table), "sum")
    after = Connectome.build(table, edges, connectome.kinds, "count", source)
    demand(after.n_synapses == total, f"{total} synapses are left")
    demand(dale_violations(after).size == 0, "Dale's law holds")
    return after


def counted(synapses: Synapses, n_cells: int, n_kinds: int, dtype: np.dtype) -> Edges:
    """It returns edges with the number of their synapses, one for each pre, post, kind and sign, in this
    order.

    A brain has several times as many synapses as edges. So each is one number here, and these are sorted in
    place: no other array of their length is made.
    """
    key = synapses.pre.astype(np.int64)  # up to 2^27 cells with 100 kinds stay below 2^63
    for column, size in ((synapses.post, n_cells), (synapses.kind, n_kinds), (synapses.sign, 3)):
        key *= size
        key += column
    key += 1  # signs are -1, 0 or 1
    key.sort()
    starts = np.flatnonzero(np.concatenate([[True], key[1:] != key[:-1]])[: key.size])
    count = np.diff(starts, append=key.size).astype(dtype)
    key = key[starts]
    columns = []
    for size, narrow in ((3, np.int8), (n_kinds, np.uint8), (n_cells, np.int32)):
        columns.append((key % size).astype(narrow))
        key //= size
    sign, kind, post = columns
    return Edges(key.astype(np.int32), post, count, kind, sign - np.int8(1))


def moved(
    synapses: Synapses, k: int, rank: np.ndarray, target: np.ndarray, ends: tuple[np.ndarray, np.ndarray]
) -> tuple[np.ndarray, np.ndarray]:
    """Moves ends of synapses from their cells to others, cell by cell, until k synapses are touched.

    Args:
        synapses: before.
        k: how many.
        rank: when a cell's turn comes, int [cell].
        target: where the ends of its synapses go, int32 [cell].
        ends: which presynaptic and postsynaptic ends would go, bool [synapse] each.

    Returns:
        `pre` and `post` after, int32 [synapse].

    Raises:
        ConnectomeError: fewer than k synapses would be touched if all cells had their turn.
    """
    never = np.iinfo(np.int32).max
    turns = [
        np.where(going, rank[end], never).astype(np.int32)
        for end, going in zip(synapses[:2], ends, strict=True)
    ]
    first = np.minimum(*turns)
    able = int((first < never).sum())
    if able < k:
        raise ConnectomeError(
            f"expected a dose of at most {able / max(first.size, 1):.3f}, at which all cells have such an "
            f"error; got {k / max(first.size, 1):.3f}"
        )
    by_turn = np.bincount(first[first < never], minlength=1).cumsum()
    last = int(np.searchsorted(by_turn, k)) if k else -1
    touched = first < last
    # of the last cell only as many synapses go as the dose still wants
    touched[np.flatnonzero(first == last)[: k - int(touched.sum())]] = True
    pre, post = (
        np.where(touched & (turn <= last), target[end], end).astype(np.int32)
        for end, turn in zip(synapses[:2], turns, strict=True)
    )
    return pre, post


def holders(before: Connectome, after: Connectome) -> np.ndarray:
    """It says where the cells of `before` are in `after`, int32 [cell]: a split cell's larger part, and the
    cell that has swallowed a merged one.
    """
    if "merged_into" not in after.cells:
        return after.locate(before.ids)
    into = after.cells.set_index("id")["merged_into"]
    return after.locate(into.loc[before.ids].to_numpy())
