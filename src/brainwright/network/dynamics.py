"""The three dynamics are options of `compile`."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol, runtime_checkable

import numpy as np
import torch

from .cells import Cells
from .errors import NetworkError
from .graph import GraphCells
from .lif import LIFCells
from .rate import RateCells

PerCell = float | np.ndarray | Mapping[str, float]
"""What goes by cell is one value, one per cell, or one per type."""


@runtime_checkable
class Dynamics(Protocol):
    """A `Dynamics` makes the cells of a compiled network."""

    def cells(
        self,
        n: int,
        types: np.ndarray | None,
        names: list[str],
        generator: torch.Generator,
        dtype: torch.dtype,
    ) -> Cells: ...


@dataclass(frozen=True)
class Rate:
    """Leaky rate cells; see `rate.RateCells`. `tau_s`: one, [cell], or by type."""

    phi: str = "relu"
    tau_s: PerCell = 0.0
    dt_s: float = 1e-3
    form: str = "rate"
    bias: str = "none"
    train_tau: str = "none"

    def cells(self, n, types, names, generator, dtype) -> RateCells:
        """See `Dynamics`."""
        tau = per_cell(self.tau_s, n, types, names, "tau_s")
        if self.train_tau != "none" and not tau.any():
            raise NetworkError(
                f"train_tau={self.train_tau!r} multiplies time constants, and all are 0: pass tau_s > 0"
            )
        options: dict[str, Any] = {"tau_s": tau, "dt_s": self.dt_s, "form": self.form, "bias": self.bias}
        options["train_tau"] = self.train_tau
        return RateCells(n, self.phi, groups=types, dtype=dtype, **options)


@dataclass(frozen=True)
class Graph:
    """Cells pass messages; see `graph.GraphCells`. Eight channels and descriptors are a choice without a
    source: a few numbers in place of one rate, 4 MB for each sample in a brain of the size of a fly's.
    """

    channels: int = 8
    descriptors: int = 8
    hidden: int | None = None
    keep: bool = False

    def cells(self, n, types, names, generator, dtype) -> GraphCells:
        """See `Dynamics`."""
        return GraphCells(
            n,
            self.channels,
            descriptors=self.descriptors,
            hidden=self.hidden,
            keep=self.keep,
            generator=generator,
            dtype=dtype,
        )


@dataclass(frozen=True)
class LIF:
    """Spiking cells; see `lif.LIFCells`, whose options these are. `refractory_s`: one, [cell], or by type."""

    refractory_s: PerCell = 2.2e-3
    options: Mapping[str, Any] = field(default_factory=dict)

    def cells(self, n, types, names, generator, dtype) -> LIFCells:
        """See `Dynamics`."""
        refractory = per_cell(self.refractory_s, n, types, names, "refractory_s")
        return LIFCells(n, refractory_s=refractory, dtype=dtype, **self.options)


DYNAMICS: dict[str, type[Rate] | type[Graph] | type[LIF]] = {"rate": Rate, "graph": Graph, "lif": LIF}


def per_cell(value: PerCell, n: int, types: np.ndarray | None, names: list[str], what: str) -> np.ndarray:
    """It returns [cell] values. Raises `NetworkError` for wrong lengths and for types without a value."""
    if isinstance(value, Mapping):
        missing = [name for name in names if name not in value]
        if types is None or missing:
            raise NetworkError(
                f"{what} by type needs a value for every type, missing: {missing[:5] or 'all'}"
            )
        return np.array([value[name] for name in names], np.float64)[types]
    array = np.asarray(value, np.float64)
    if array.shape not in ((), (n,)):
        raise NetworkError(f"expected one {what} or ({n},), got shape {array.shape}")
    return np.broadcast_to(array, (n,))
