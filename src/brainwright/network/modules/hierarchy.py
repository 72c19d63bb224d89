"""Modules in each other's latent space, of many brains at once."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn

from brainwright.network.errors import NetworkError

from . import clock
from .cells import ModuleCells
from .joins import in_series, side_by_side
from .table import ModulePlan, in_order, rests_on
from .topology import Null, first_weights

Streams = Mapping[str, tuple[Float[Tensor, "brain stream step value"], Float[Tensor, "brain stream step"]]]
"""Name → (values, which steps are there)."""


@dataclass(frozen=True, eq=False)
class Heard:
    """What one module made of what it heard.

    Attributes:
        embedding: of every step of its clock.
        states: after every step.
        prediction: made after every step, of the next embedding.
        valid: 1 for a step, 0 for what fills a stream up.
        source: which of its inputs a step is of; 0 where they are heard together.
    """

    embedding: Float[Tensor, "brain stream step z"]
    states: Float[Tensor, "brain stream step cell"]
    prediction: Float[Tensor, "brain stream step z"]
    valid: Float[Tensor, "brain stream step"]
    source: Int[Tensor, "brain stream step"]

    @property
    def pairs(self) -> Float[Tensor, "brain stream next"]:
        """It is 1 where a step and the next are both there."""
        return self.valid[:, :, :-1] * self.valid[:, :, 1:]


class Hierarchy(nn.Module):
    """Modules of a table; see `hierarchy`, which makes one.

    Args:
        table: in order.
        widths: values of each stream.
        seeds: one for each brain.
        nulls: of each brain, taken of every pool; None for the pool as it is.
    """

    def __init__(
        self,
        table: Sequence[ModulePlan],
        widths: Mapping[str, int],
        seeds: Sequence[int],
        nulls: Sequence[Null | None],
    ):
        super().__init__()
        self.table, self.seeds = tuple(table), tuple(seeds)
        by_name = {plan.name: plan for plan in table}
        sizes = dict(widths)
        cells: dict[str, ModuleCells] = {}
        for k, plan in enumerate(self.table):
            own = [100 * seed + k for seed in seeds]
            weights = first_weights(plan.topology, plan.size, own, nulls)
            inputs = []
            for name in plan.hears:
                wide = (
                    by_name[name].dimension if name in by_name and plan.reads == "embedding" else sizes[name]
                )
                if name in by_name and plan.units is not None:
                    wide = self._draw_units(plan, name, wide, own)
                inputs.append(wide)
            inputs = inputs if plan.join == "series" else [sum(inputs)]
            above = by_name[plan.top_down].dimension if plan.top_down else 0
            cells[plan.name] = ModuleCells(weights, inputs, plan.dimension, plan.embedding, above, own)
            sizes[plan.name] = weights.shape[1]
        self.cells = nn.ModuleDict(cells)

    def _draw_units(self, plan: ModulePlan, heard: str, wide: int, seeds: Sequence[int]) -> int:
        """Which values of a module another one hears, for every brain; how many they are."""
        drawn = [
            torch.randperm(wide, generator=torch.Generator().manual_seed(1_000 * seed + 301))[: plan.units]
            for seed in seeds
        ]
        self.register_buffer(f"{plan.name}_hears_of_{heard}", torch.stack(drawn).sort(1).values)
        return len(drawn[0])

    def of(self, name: str) -> ModuleCells:
        """The cells of a module."""
        cells = self.cells[name]
        assert isinstance(cells, ModuleCells)
        return cells

    def plan(self, name: str) -> ModulePlan:
        """Its line of the table."""
        return {plan.name: plan for plan in self.table}[name]

    def n_values(self, *names: str) -> int:
        """Values that train in one brain, of these modules or of all; edges that are not there do not
        count.
        """
        total = 0
        for name in names or self.cells:
            cells = self.of(name)
            total += sum(p[0].numel() for p in cells.parameters())
            total += int(cells.edges[0].sum()) - cells.recurrent[0].numel()
        return total

    def hear(
        self,
        streams: Streams,
        *,
        only: Sequence[str] | None = None,
        through: bool = False,
        orders: Mapping[str, Int[Tensor, "brain stream input"]] | None = None,
        cut: bool = False,
        known: Mapping[str, Heard] | None = None,
    ) -> dict[str, Heard]:
        """Every module hears what it hears.

        Args:
            streams: of all inputs of the modules.
            only: these modules, and those that they need.
            through: whether gradients cross from module to module; else what one hears of another is fixed.
            orders: of modules that hear inputs in series: their order for every stream; that of the table by
                default.
            cut: whether nothing comes down from above.
            known: what modules made of the same streams before, which is then not made again.

        Raises:
            NetworkError: a stream that is missing, inputs heard together of different length.
        """
        names = [plan.name for plan in self.table] if only is None else only
        wanted = rests_on(self.table, names, cut=cut)
        orders, found = orders or {}, dict(known or {})
        parts: dict[str, tuple[Tensor, Tensor, Tensor, Tensor]] = {}
        for plan in self.table:
            if plan.name in wanted and plan.name not in found:
                z, valid, source = self._embedded(plan, streams, parts, found, through, orders.get(plan.name))
                parts[plan.name] = (z, valid, source, self.of(plan.name).states(z))
        for plan in reversed(self.table):
            if plan.name in parts:
                z, valid, source, states = parts[plan.name]
                above = None
                if plan.top_down and not cut:
                    predicted = found[plan.top_down].prediction
                    above = self._from_above(plan, valid, predicted if through else predicted.detach())
                made = self.of(plan.name).prediction(states, above)
                found[plan.name] = Heard(z, states, made, valid, source)
        return {plan.name: found[plan.name] for plan in self.table if plan.name in found}

    @torch.no_grad()
    def calibrate(self, streams: Streams, name: str) -> None:
        """What a module hears of others is from now on about its mean over these streams."""
        plan = self.plan(name)
        heard_of = [p.name for p in self.table if p.name in plan.hears]
        found = self.hear(streams, only=heard_of, cut=True) if heard_of else {}
        sides = [self._input(plan, heard, streams, {}, found, False) for heard in plan.hears]
        if plan.join == "together":
            self.of(name).embeddings[0].calibrate(*side_by_side(plan, sides))  # ty: ignore
            return
        for embedding, side in zip(self.of(name).embeddings, sides, strict=True):
            embedding.calibrate(*side)  # ty: ignore

    def _input(self, plan, name, streams, parts, found, through) -> tuple[Tensor, Tensor]:
        """Values and validity of one input, on the clock of the module that hears it."""
        if name in parts or name in found:
            place = 3 if plan.reads == "state" else 0
            if name in parts:
                values, valid = parts[name][place], parts[name][1]
            else:
                values = found[name].states if plan.reads == "state" else found[name].embedding
                valid = found[name].valid
            values = values if through else values.detach()
            if plan.units is not None:
                chosen = self.get_buffer(f"{plan.name}_hears_of_{name}")[:, None, None]
                values = values.gather(3, chosen.expand(*values.shape[:3], -1))
        elif name in streams:
            values, valid = streams[name]
        else:
            raise NetworkError(f"module {plan.name!r} hears {name!r}: there is no such stream here")
        if plan.parts is not None:
            pooled = clock.in_parts(values, valid, plan.parts)
            # a stream of which nothing is there has no parts either: a modality that is lost
            return pooled, (valid.sum(2, keepdim=True) > 0).to(pooled).expand(pooled.shape[:3])
        return clock.every(values, valid, plan.every) if plan.every > 1 else (values, valid)

    def _embedded(self, plan, streams, parts, found, through, order) -> tuple[Tensor, Tensor, Tensor]:
        """(embedding, validity, source) of what a module hears."""
        sides = [self._input(plan, name, streams, parts, found, through) for name in plan.hears]
        embeddings = self.of(plan.name).embeddings
        if plan.join == "together":
            values, valid = side_by_side(plan, sides)
            return embeddings[0](values), valid, torch.zeros_like(valid, dtype=torch.long)
        if len({side[0].shape[1] for side in sides}) != 1:
            raise NetworkError(
                f"module {plan.name!r}: expected as many streams of every input, got "
                f"{', '.join(str(side[0].shape[1]) for side in sides)}"
            )
        shown = [embed(values) for embed, (values, _) in zip(embeddings, sides, strict=True)]
        return in_series(shown, [valid for _, valid in sides], order)

    def _from_above(self, plan: ModulePlan, valid: Tensor, predicted: Tensor) -> Tensor:
        """For every step: the embedding that the module above predicts of the block of the next step, made
        after the block before it; zeros in the first block.
        """
        above = self.plan(str(plan.top_down))
        following = torch.arange(1, valid.shape[2] + 1)
        if above.parts is None:
            block = (following // above.every).expand(valid.shape)
        else:  # that which the next step falls into: the part before it ends at this step at the latest
            length = valid.sum(2, keepdim=True).clamp(min=1).long()
            block = following * above.parts // length
        block = block.clamp(max=predicted.shape[2])[..., None].expand(-1, -1, -1, predicted.shape[3])
        return torch.cat([torch.zeros_like(predicted[:, :, :1]), predicted], 2).gather(2, block)


def hierarchy(
    table: Sequence[ModulePlan],
    widths: Mapping[str, int],
    *,
    seeds: Sequence[int] = (0,),
    nulls: Sequence[Null | None] | None = None,
    overlap: bool = False,
) -> Hierarchy:
    """Brains of the modules of a table.

    Args:
        table: in any order.
        widths: values of a step of each stream from outside.
        seeds: of the initial values, one for each brain.
        nulls: one for each brain: a null model (`connectome.nulls`) that is taken of every pool, or None.
        overlap: whether a cell may be in two pools.

    Raises:
        NetworkError: modules in a circle, an empty pool, pools that overlap, unknown names.

    Example:
        >>> table = [ModulePlan("eye", ("image",), 32), ModulePlan("ear", ("sound",), 32),
        ...          ModulePlan("both", ("eye", "ear"), 32, join="series", parts=4)]
        >>> brains = hierarchy(table, {"image": 8, "sound": 16}, seeds=(0, 1))
        >>> said = {"image": (torch.randn(2, 5, 8, 8), torch.ones(2, 5, 8)),
        ...         "sound": (torch.randn(2, 5, 6, 16), torch.ones(2, 5, 6))}
        >>> brains.hear(said)["both"].states.shape
        torch.Size([2, 5, 8, 32])
    """
    ordered = in_order(table, widths)
    nulls = list(nulls) if nulls is not None else [None] * len(seeds)
    if len(nulls) != len(seeds):
        raise NetworkError(f"expected one null (or None) for each of {len(seeds)} brains, got {len(nulls)}")
    for one, two in combinations(ordered, 2):
        if not overlap and (shared := one.topology.cells() & two.topology.cells()):
            raise NetworkError(
                f"the pools of {one.name!r} and {two.name!r} share {len(shared)} cells: ask for others, or "
                "allow it with overlap=True"
            )
    return Hierarchy(ordered, widths, seeds, nulls)
