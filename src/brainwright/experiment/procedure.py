"""Steps over a batch of units that go through all of them together; side by side where they may."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, wait
from dataclasses import dataclass, field
from functools import lru_cache, partial
from typing import TYPE_CHECKING, Any

from brainwright.runs import Units

if TYPE_CHECKING:
    import numpy as np

    from brainwright.evidence import Check

    from .engines.local import Local
    from .trials import Trials

Progress = Callable[..., None]
"""progress(stage, fraction, **event): `fraction` of the whole is done; an event becomes a line of metrics."""


@dataclass(frozen=True)
class Step:
    """A piece of work that may read earlier ones; its arrays become the unit `name`.

    `share(fraction, **event)` reports progress within it, `cost` is its share of the time, `stage` what the
    progress bar says (its name by default). `reads` names the steps whose units it reads, all before it by
    default; steps that do not wait for each other run side by side in processes, so that work that reads only
    some must be importable by name, with arguments that can be sent. Steps that share an object share it in
    each process too: what it keeps for the next step is there.
    """

    name: str
    work: "Callable[[Units, Callable[..., None]], Mapping[str, np.ndarray]]"
    cost: float = 1.0
    stage: str = ""
    reads: tuple[str, ...] | None = None


@dataclass(frozen=True)
class Procedure:
    """Steps over a batch of units (dishes, brains, bodies).

    `outcomes` turns finished steps into arms with one value per unit, `checks` into what must hold for them
    to mean something (listed behind the design's); the rest is as of `Study`.

    Raises:
        ValueError: a step reads one that does not come before it.
    """

    name: str
    steps: tuple[Step, ...]
    outcomes: "Callable[[Units], Trials]"
    metric: str
    settings: Mapping[str, Any] = field(default_factory=dict)
    weight: float = 1.0
    checks: "Callable[[Units], Sequence[Check]]" = lambda _: ()

    def __post_init__(self) -> None:
        names = [step.name for step in self.steps]
        for at, step in enumerate(self.steps):
            if unknown := set(step.reads or ()) - set(names[:at]):
                raise ValueError(f"step {step.name!r} reads {sorted(unknown)}, expected of {names[:at]}")

    def reads(self, step: Step) -> tuple[str, ...]:
        """The names of the steps that must be done before this one."""
        before = self.steps[: self.steps.index(step)]
        return tuple(other.name for other in before) if step.reads is None else step.reads

    def ready(self, undone: Iterable[str]) -> list[Step]:
        """Steps among those not done that wait for none of them, in order."""
        names = set(undone)
        return [step for step in self.steps if step.name in names and names.isdisjoint(self.reads(step))]

    def urgency(self) -> dict[str, float]:
        """The cost of the longest chain of steps that begins with each: the longest first ends soonest."""
        chains: dict[str, float] = {}
        for step in reversed(self.steps):
            readers = [chains[other.name] for other in self.steps if step.name in self.reads(other)]
            chains[step.name] = step.cost + max(readers, default=0.0)
        return chains


def run_procedure(
    procedure: Procedure, units: Units, progress: Progress, engine: "Local | None" = None
) -> "Trials":
    """Does the steps that are not yet done, side by side where they may and `engine` has several workers.
    Raises UnitsError for work that was done with other settings.
    """
    units.claim(procedure.settings)
    total, urgency = sum(step.cost for step in procedure.steps), procedure.urgency()
    undone = {step.name: step for step in procedure.steps if not units.done(step.name)}
    running, sent = dict[Future, Step](), None

    def done() -> float:
        return 1 - sum(step.cost for step in undone.values()) / total

    while undone:
        ready = [step for step in procedure.ready(undone) if step not in running.values()]
        if engine is None or engine.workers == 1 or (len(ready) == 1 and not running):
            step, rest = ready[0], undone.keys() - {ready[0].name}
            if engine is not None and engine.workers > 1 and len(procedure.ready(rest)) > 1:
                sent = Sent(units, {name: undone[name] for name in rest})
                for _ in range(engine.workers):  # processes that will be needed next begin meanwhile
                    engine.submit(_kept, sent)
            share = partial(within, progress, done(), step.cost / total, step.stage or step.name)
            share(0.0)
            units.save(step.name, step.work(units, share))
            del undone[step.name]
            share(1.0, unit=step.name)
            continue
        sent = sent or Sent(units, dict(undone))
        ready.sort(key=lambda step: -urgency[step.name])
        for step in ready[: engine.workers - len(running)]:
            running[engine.submit(_elsewhere, sent, step.name)] = step
        for future in wait(running, return_when=FIRST_COMPLETED).done:
            step = running.pop(future)
            events = future.result()
            del undone[step.name]
            for event in (*events, {"unit": step.name}):
                progress(step.stage or step.name, done(), **event)
    return procedure.outcomes(units)


@dataclass(frozen=True)
class Sent:
    """Steps as they are sent to a process, for one folder of units."""

    units: Units
    steps: Mapping[str, Step] = field(compare=False)


@lru_cache(maxsize=1)
def _kept(sent: Sent) -> Sent:
    """The first of all equal ones that came to this process, so that its steps find what those before them
    keep in memory.
    """
    return sent


def _elsewhere(sent: Sent, name: str) -> list[dict[str, Any]]:
    """Does a step in a process of its own; returns the events that it told of."""
    there, events = _kept(sent), []

    def share(fraction: float, **event: Any) -> None:
        if event:
            events.append(event)

    there.units.save(name, there.steps[name].work(there.units, share))
    return events


def within(progress: Progress, start: float, share: float, stage: str, fraction: float, /, **event) -> None:
    """Reports the progress of a part that takes `share` of the whole and begins at `start`."""
    progress(stage, start + share * fraction, **event)
