"""A table of modules: what each is made of, how large it is, what it hears, how fast its clock runs."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from brainwright.network.errors import NetworkError

from .topology import Dense, Topology

JOINS = ("together", "series")
EMBEDDINGS = ("linear", "squared")
READS = ("state", "embedding")


@dataclass(frozen=True)
class ModulePlan:
    """One module: it embeds what it hears, keeps a state, and predicts its own next embedding.

    Attributes:
        name: by which other modules hear it.
        hears: names of streams or of other modules.
        size: cells; None for as many as the topology has.
        dimension: of its embedding.
        topology: how its cells are joined.
        join: several inputs are heard "together", side by side in every step, or in "series", one after
            another.
        every: a step of its clock is so many steps of what it hears, which are averaged; 1 for the same
            clock.
        parts: in place of `every`: each stream is cut into so many equal parts, whatever its length.
        reads: of the modules that it hears: their "state" or their "embedding".
        units: of each of them so many values, drawn by the seed of the brain; all by default.
        embedding: "linear", or "squared": values, weighted, squared, their logarithm, weighted.
        top_down: name of a module with a slower clock that hears this one, alone or together with others;
            what that one predicts of the step to come is given to this one's prediction.
    """

    name: str
    hears: tuple[str, ...]
    size: int | None = 128
    dimension: int = 48
    topology: Topology = field(default_factory=Dense)
    join: str = "together"
    every: int = 1
    parts: int | None = None
    reads: str = "state"
    units: int | None = None
    embedding: str = "linear"
    top_down: str | None = None

    def __post_init__(self) -> None:
        for said, value, among in (
            ("join", self.join, JOINS),
            ("reads", self.reads, READS),
            ("embedding", self.embedding, EMBEDDINGS),
        ):
            if value not in among:
                raise NetworkError(
                    f"module {self.name!r}: expected {said} of {', '.join(among)}, got {value!r}"
                )
        if not isinstance(self.topology, Topology):
            raise NetworkError(
                f"module {self.name!r}: expected a topology, Dense() or Pool(connectome, ...), got a "
                f"{type(self.topology).__name__}: modules are rate cells; of a spiking or a graph network "
                "the wiring alone can be one, as a Pool of its connectome"
            )
        if not self.hears or self.dimension < 2 or min(self.every, self.parts or 1, self.units or 1) < 1:
            raise NetworkError(
                f"module {self.name!r}: expected something to hear, a dimension of at least 2, a clock and "
                f"units of at least 1, got hears={self.hears}, dimension={self.dimension}, "
                f"every={self.every}, parts={self.parts}, units={self.units}"
            )
        if self.parts is not None and self.every != 1:
            raise NetworkError(f"module {self.name!r}: expected a clock of every=... or parts=..., got both")


def in_order(table: Sequence[ModulePlan], streams: Iterable[str]) -> tuple[ModulePlan, ...]:
    """The table, every module after those that it hears.

    Args:
        table: of modules.
        streams: names of what comes from outside.

    Raises:
        NetworkError: a name twice, something heard that is neither a module nor a stream, modules in a
            circle, top-down from a module that does not hear the lower one on a slower clock.
    """
    names, streams = [plan.name for plan in table], list(streams)
    for name in names:
        if names.count(name) > 1 or name in streams:
            raise NetworkError(f"expected every module and stream to have its own name, got {name!r} twice")
    known, left, ordered = set(streams), list(table), []
    for plan in table:
        if strange := sorted(set(plan.hears) - known - set(names)):
            raise NetworkError(
                f"module {plan.name!r} hears {', '.join(strange)}: expected names of streams "
                f"({', '.join(streams)}) or modules ({', '.join(names)})"
            )
    while left:
        ready = [plan for plan in left if set(plan.hears) <= known]
        if not ready:
            raise NetworkError(
                f"modules in a circle: {', '.join(plan.name for plan in left)} hear one another; let one of "
                "them hear streams alone, and send what comes back as top_down"
            )
        ordered += ready
        known |= {plan.name for plan in ready}
        left = [plan for plan in left if plan not in ready]
    by_name = {plan.name: plan for plan in table}
    for plan in table:
        _check_top_down(plan, by_name)
    return tuple(ordered)


def rests_on(table: Sequence[ModulePlan], names: Iterable[str], *, cut: bool = False) -> list[str]:
    """These modules and all that they hear, directly or through others, and unless it is cut what comes down
    to them, in the order of the table.
    """
    by_name, wanted, left = {plan.name: plan for plan in table}, set(), list(names)
    while left:
        name = left.pop()
        if name in by_name and name not in wanted:
            wanted.add(name)
            above = by_name[name].top_down
            left += [*by_name[name].hears, *([above] if above and not cut else [])]
    return [plan.name for plan in table if plan.name in wanted]


def _check_top_down(plan: ModulePlan, by_name: Mapping[str, ModulePlan]) -> None:
    if not plan.top_down:
        return
    above = by_name.get(plan.top_down)
    heard = above is not None and plan.name in above.hears and above.join == "together"
    if above is None or not heard or (above.every < 2 and above.parts is None):
        raise NetworkError(
            f"{plan.name!r}: expected top_down from a module that hears it, alone or together with others, "
            f"with every=2 or more or with parts=..., got {plan.top_down!r}: only what was predicted of a "
            "step to come may come down"
        )
    table = list(by_name.values())
    for name in rests_on(table, [above.name], cut=True):
        between = by_name[name]
        if name in (above.name, plan.name) or plan.name not in rests_on(table, [name], cut=True):
            continue
        in_time = (between.every == 1 and between.parts is None) or between.parts == above.parts is not None
        if between.join == "series" or not in_time:
            raise NetworkError(
                f"{plan.name!r}: {name!r}, between it and {above.name!r}, hears it in series or on another "
                "clock, so that what comes down would tell of steps to come: expected join='together' and "
                "the clock of either"
            )
