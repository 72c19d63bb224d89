"""`Network`: populations joined by projections. A layered net and a compiled connectome are both one."""

from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Any

import numpy as np
from jaxtyping import Bool, Float
from torch import Tensor, nn

from brainwright.shown import Shown

from .cells import Cells
from .errors import NetworkError
from .projection import GapJunctions, Product, Projection

State = dict[str, Any]
"""Population name → its state, a `NamedTuple` of tensors."""


class Network(Shown, nn.Module):
    """Populations, advanced in order, joined by projections.

    Make one by `compile` (from a connectome) or `layered`. In one step every population takes what its
    projections deliver: those with `delay_steps` 1 read the state of the step before, those with 0 the state
    of this step.

    Args:
        populations: name → cells, in the order in which they are advanced; the first is the input, the last
            the output.
        projections: between them, any number.
        ids: population → id of each cell, where cells have ids.
        pools: name → (population, positions).
        provenance: plain values that say how the network was made; saved with it.

    Raises:
        NetworkError: projections that name unknown populations, do not fit their sizes, or read without
            delay what is advanced later.
    """

    def __init__(
        self,
        populations: Mapping[str, Cells],
        projections: Sequence[Projection],
        *,
        ids: Mapping[str, Sequence[Any]] | None = None,
        pools: Mapping[str, tuple[str, np.ndarray]] | None = None,
        provenance: Mapping[str, Any] | None = None,
    ):
        super().__init__()
        if len(populations) < 2:
            raise NetworkError(f"expected an input and an output population, got {list(populations)}")
        names = list(populations)
        self.input, self.output = names[0], names[-1]
        for projection in projections:
            _fits(projection, populations, names)
        self.populations = nn.ModuleDict(populations)
        self.projections = nn.ModuleList(projections)
        self.ids = {name: list(ids_of_cells) for name, ids_of_cells in (ids or {}).items()}
        self.pools = dict(pools or {})
        self.provenance = dict(provenance or {})

    # ---- the contract --------------------------------------------------------------------------------------

    def rest(self, batch: int) -> State:
        """The state at rest is that without input, for `batch` samples."""
        return {name: self.cells(name).rest(batch) for name in self.populations}

    def step(
        self,
        state: State,
        drive: Float[Tensor, "batch inputs"] | None,
        products: Sequence[Product] | None = None,
    ) -> State:
        """It returns the state one step later. `state` is not changed.

        Args:
            state: from `rest` or `step`.
            drive: input of this step; None for none.
            products: from `products()`, to do once what many steps share.
        """
        if drive is not None and drive.shape[-1] != self.n_inputs:
            raise NetworkError(f"expected {self.n_inputs} inputs, got a drive of shape {tuple(drive.shape)}")
        products = self.products() if products is None else products
        new: State = {}
        for name in self.populations:
            cells = self.cells(name)
            if name == self.input:
                new[name] = cells.advance(state[name], None, drive)
                continue
            synaptic, driven = self._arriving(name, state, new, products, drive is not None)
            new[name] = cells.advance(state[name], synaptic, driven)
        return new

    def read(self, state: State) -> Float[Tensor, "batch outputs"]:
        """The outputs are what the output population shows."""
        return self.cells(self.output).readout(state[self.output])

    def unroll(self, inputs: Tensor, **options):
        """The network advances many steps at once; see `unrolling.unroll`."""
        from .unrolling import unroll

        return unroll(self, inputs, **options)

    def products(self) -> list[Product]:
        """One callable per projection, valid while the parameters do not change."""
        return [self.projection(k).product() for k in range(len(self.projections))]

    # ---- looking -------------------------------------------------------------------------------------------

    def glance(self) -> dict[str, str]:
        """What it shows of itself: populations with their dynamics and sizes, projections, parameters."""
        populations = ", ".join(
            f"{name} ({self.cells(name).n:,} {self.cells(name).kind})" for name in self.populations
        )
        n_delayed = sum(self.projection(k).delay_steps > 0 for k in range(len(self.projections)))
        return {
            "populations": populations,
            "projections": f"{len(self.projections)}, {n_delayed} of them delayed by a step",
            "inputs": f"{self.n_inputs:,}",
            "outputs": f"{self.n_outputs:,}",
            "trainable": f"{self.n_parameters:,}",
        }

    @property
    def n_inputs(self) -> int:
        """The number is the width of the drive."""
        return self.cells(self.input).n_driven

    @property
    def n_outputs(self) -> int:
        """The number is the width of what `read` gives."""
        return self.cells(self.output).n

    @property
    def n_parameters(self) -> int:
        """The number is that of the values that may train."""
        return sum(p.numel() for p in self.parameters() if p.requires_grad)

    def cells(self, name: str) -> Cells:
        """It returns the population of this name. Raises `NetworkError` with the names that exist."""
        if name not in self.populations:
            raise NetworkError(f"no population {name!r}: there are {', '.join(self.populations)}")
        cells = self.populations[name]
        assert isinstance(cells, Cells)
        return cells

    def projection(self, k: int) -> Projection:
        """The projection is that of number k."""
        projection = self.projections[k]
        assert isinstance(projection, Projection)
        return projection

    @cached_property
    def fewest_steps(self) -> int | None:
        """Fewest steps until any output cell can feel the input; None where no path leads there."""
        active = {name: np.zeros(self.cells(name).n, bool) for name in self.populations}
        limit = sum(reach.size for reach in active.values()) + 1
        for step in range(1, limit + 1):
            new = self._spread(active)
            if new[self.output].any():
                return step
            if step > 1 and all((new[name] == active[name]).all() for name in active):
                return None
            active = new
        return None

    def _spread(self, active: dict[str, Bool[np.ndarray, " cells"]]) -> dict[str, Bool[np.ndarray, " cells"]]:
        new = {name: reach.copy() for name, reach in active.items()}
        new[self.input][:] = True
        for name in self.populations:
            for k in range(len(self.projections)):
                projection = self.projection(k)
                if projection.post == name:
                    source = active if projection.delay_steps else new
                    new[name] |= projection.reached(source[projection.pre])
        return new

    def _arriving(
        self, name: str, state: State, new: State, products: Sequence[Product], driven: bool
    ) -> tuple[Tensor | None, Tensor | None]:
        """It returns (from other populations and itself, from the input)."""
        synaptic = drive = None
        for k, product in enumerate(products):
            projection = self.projection(k)
            if projection.post != name or (projection.pre == self.input and not driven):
                continue
            pre = self.cells(projection.pre)
            if isinstance(projection, GapJunctions):
                sent = pre.voltage(state[projection.pre])
            elif projection.delay_steps:
                sent = pre.output(state[projection.pre])
            else:
                sent = pre.readout(new[projection.pre])
            part = product(sent)
            if projection.pre == self.input:
                drive = part if drive is None else drive + part
            else:
                synaptic = part if synaptic is None else synaptic + part
        return synaptic, drive


def _fits(projection: Projection, populations: Mapping[str, Cells], names: list[str]) -> None:
    what = f"projection {projection.pre} -> {projection.post}"
    for name, n in ((projection.pre, projection.n_pre), (projection.post, projection.n_post)):
        if name not in populations:
            raise NetworkError(f"{what}: no population {name!r}, there are {', '.join(names)}")
        if populations[name].n != n:
            raise NetworkError(f"{what}: {name} has {populations[name].n} cells, the projection expects {n}")
    if projection.post == names[0]:
        raise NetworkError(f"{what}: the input population takes nothing but the drive")
    if projection.pre == names[0] and projection.delay_steps:
        raise NetworkError(f"{what}: the drive of a step arrives in that step; use delay_steps=0")
    late = names.index(projection.pre) >= names.index(projection.post)
    if projection.delay_steps == 0 and late:
        raise NetworkError(f"{what}: without delay, {projection.pre} must come before {projection.post}")
    if isinstance(projection, GapJunctions) and not populations[projection.pre].has_voltage:
        raise NetworkError(
            f"{what}: gap junctions couple voltages, which {populations[projection.pre].kind} cells lack; "
            "use rate or lif dynamics, or compile with gap_conductance=0"
        )
