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
    """Every chemical synapse by itself, [synapse]: `pre` and `post` (int32), `kind` (uint8) and `sign` (int8;
    0 where edges are unsigned).
    """

    pre: np.ndarray
    post: np.ndarray
    kind: np.ndarray
    sign: np.ndarray

    def take(self, index: np.ndarray) -> "Synapses":
        """The synapses at these indices, or of a mask."""
        return Synapses(*(column[index] for column in self))

    def beside(self, others: "Synapses") -> "Synapses":
        """These, then the others."""
        return Synapses(*(np.concatenate(pair) for pair in zip(self, others, strict=True)))


def synapses_of(connectome: Connectome, dose: float) -> tuple[Synapses, int]:
    """The synapses, and how many of them a dose is.

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
    """Which edge rows are gap junctions, bool [row]."""
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
    """A connectome with these synapses and the gap junctions of the old one. Raises InvariantError unless
    there are `total` and Dale's law holds.
    """
    old, sign = connectome.edges, synapses.sign
    one_each = np.ones(synapses.pre.size, old.count.dtype)
    signed = None if old.sign is None else sign
    chemical = Edges(synapses.pre, synapses.post, one_each, synapses.kind, signed)
    parts = joined([chemical, old.take(electrical(connectome))])
    source = connectome.source.noted(note)
    table = connectome.cells if cells is None else cells
    edges, _ = canonical(parts, connectome.kinds, len(table), "sum")
    after = Connectome.build(table, edges, connectome.kinds, "count", source)
    demand(after.n_synapses == total, f"{total} synapses are left")
    demand(dale_violations(after).size == 0, "Dale's law holds")
    return after


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
    touched = np.zeros(first.size, bool)
    order = np.argsort(first, kind="stable")[:k]
    touched[order] = True
    last = first[order[-1]] if k else -1  # of this cell only as many synapses go as the dose still wants
    pre, post = (
        np.where(touched & (turn <= last), target[end], end).astype(np.int32)
        for end, turn in zip(synapses[:2], turns, strict=True)
    )
    return pre, post


def holders(before: Connectome, after: Connectome) -> np.ndarray:
    """Where the cells of `before` are in `after`, int32 [cell]: a split cell's larger part, and the cell that
    has swallowed a merged one.
    """
    if "merged_into" not in after.cells:
        return after.locate(before.ids)
    into = after.cells.set_index("id")["merged_into"]
    return after.locate(into.loc[before.ids].to_numpy())
