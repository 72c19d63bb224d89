"""How a module's cells are joined: all to all, or by a pool of a connectome, as it is or expanded."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from brainwright.connectome import Connectome
from brainwright.connectome.expand import block_model
from brainwright.network.errors import NetworkError

GAIN = 0.9
"""Spectral radius, or about that, of every module's recurrent weights at the start: as of `recurrent`."""
EXCITATORY = 0.8
"""Share of cells that excite where a connectome has no signs: a convention, four in five as in cortex."""
Null = Callable[[Connectome], Connectome]
"""A null model with its seed, such as `partial(degree_preserving, seed=3)`."""


@runtime_checkable
class Topology(Protocol):
    """How many cells there are, and which of them are joined."""

    def n_cells(self, size: int | None) -> int:
        """Cells of a module of the size that its plan names."""
        ...

    def weights(self, size: int | None, seed: int, null: Null | None) -> Float[Tensor, "post pre"]:
        """First weights; 0 where there is no edge, which then stays away."""
        ...

    def cells(self) -> frozenset[object]:
        """Which cells of which connectome it takes; none where it takes none."""
        ...


@dataclass(frozen=True)
class Dense:
    """All to all, normal weights."""

    def n_cells(self, size: int | None) -> int:
        """The size. Raises `NetworkError` where there is none."""
        if not size or size < 1:
            raise NetworkError(f"a dense module needs a size of at least 1, got {size}")
        return size

    def weights(self, size: int | None, seed: int, null: Null | None) -> Tensor:
        """Normal, of variance `GAIN`² / n. A null changes nothing."""
        n = self.n_cells(size)
        drawn = torch.randn(n, n, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)
        return (drawn * GAIN / n**0.5).float()

    def cells(self) -> frozenset[object]:
        """None."""
        return frozenset()


@dataclass(frozen=True, eq=False)
class Pool:
    """Cells of a connectome and the synapses among them; expanded by its block model where the module is
    larger, so that the pool is an exact part of it.

    Attributes:
        connectome: with signs, or without: then the signs of cells are drawn, four in five excitatory.
        where: a question to its cells, such as "type == 'KC' and side == 'left'"; all of them by default.
        ids: in place of a question: the ids of cells.
        most: at most so many cells: those with most synapses in the pool.
    """

    connectome: Connectome
    where: str | None = None
    ids: tuple[object, ...] | None = None
    most: int | None = None

    def subset(self) -> Connectome:
        """The pool by itself. Raises `NetworkError` where no cell is in it, or none is joined to another."""
        found = self.connectome.without_autapses()
        if self.where is not None or self.ids is not None:
            found = found.subset(self.ids, where=self.where)
        if self.most is not None and found.n_cells > self.most:
            edges = found.edges
            load = np.bincount(edges.pre, edges.count, found.n_cells)
            load = load + np.bincount(edges.post, edges.count, found.n_cells)
            kept = np.sort(np.argsort(-load, kind="stable")[: self.most])
            found = found.subset(found.ids[kept])
        if not found.n_cells or not found.n_edges:
            asked = self.where if self.ids is None else f"{len(self.ids)} ids"
            raise NetworkError(
                f"an empty pool: {asked!r} gives {found.n_cells} cells and {found.n_edges} synapses among "
                "them; connectome.cells shows what can be asked for"
            )
        return found

    def n_cells(self, size: int | None) -> int:
        """The size, or that of the pool. Raises `NetworkError` for a size below the pool's."""
        own = self.subset().n_cells
        if size is not None and size < own:
            raise NetworkError(f"the pool has {own} cells, more than size={size}: most={size} takes fewer")
        return size or own

    def weights(self, size: int | None, seed: int, null: Null | None) -> Tensor:
        """Signed counts, divided by the spectral radius, times `GAIN`; of the null where there is one, which
        is drawn first and then expanded as the pool would be. A graph without cycles is scaled by its largest
        singular value.
        """
        own = self.subset()
        n = self.n_cells(size)
        graph = own if null is None else null(own)
        if n > own.n_cells:
            graph = block_model(graph, n / own.n_cells, seed)
        if graph.is_signed or "sign" in graph.cells:
            signed = graph.weights("given", dtype=np.float64).toarray()
        else:  # one draw for a seed, so that a pool and its nulls share it
            drawn = np.random.default_rng([seed, 7]).random(n) < EXCITATORY
            signed = graph.weights(None, dtype=np.float64).toarray() * np.where(drawn, 1.0, -1.0)
        radius = float(np.abs(np.linalg.eigvals(signed)).max())
        if radius <= 1e-9 * float(np.abs(signed).max()):  # no cycles: rounding alone is left
            radius = float(np.linalg.norm(signed, 2))
        return torch.from_numpy(signed * (GAIN / radius)).float()

    def cells(self) -> frozenset[object]:
        """Connectome and id of each."""
        return frozenset((id(self.connectome.edges), cell) for cell in self.subset().ids.tolist())


def first_weights(
    topology: Topology, size: int | None, seeds: Sequence[int], nulls: Sequence[Null | None]
) -> Float[Tensor, "brain post pre"]:
    """Of every brain by its own seed and, where it has one, its own null."""
    return torch.stack([topology.weights(size, seed, null) for seed, null in zip(seeds, nulls, strict=True)])
