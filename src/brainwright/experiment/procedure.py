"""Steps over a batch of units that go through all of them together; side by side where they may."""

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, wait
from dataclasses import dataclass, field
from functools import partial
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
    each process too, and what it keeps.
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

    def ready(self, undone: Mapping[str, Step]) -> list[Step]:
        """Steps that are not done and wait for none such, those first on which the longest chain waits."""
        chains: dict[str, float] = {}
        for step in reversed(self.steps):
            readers = [chains[other.name] for other in self.steps if step.name in self.reads(other)]
            chains[step.name] = step.cost + max(readers, default=0.0)
        there = [step for step in undone.values() if undone.keys().isdisjoint(self.reads(step))]
        return sorted(there, key=lambda step: -chains[step.name])


def run_procedure(
    procedure: Procedure, units: Units, progress: Progress, engine: "Local | None" = None
) -> "Trials":
    """Does the steps that are not yet done, side by side where they may and `engine` has several workers.
    Raises UnitsError for work that was done with other settings.
    """
    units.claim(procedure.settings)
    total = sum(step.cost for step in procedure.steps)
    undone = {step.name: step for step in procedure.steps if not units.done(step.name)}
    sent, running = dict(undone), dict[Future, Step]()
    while undone:
        behind = 1 - sum(step.cost for step in undone.values()) / total
        ready = [step for step in procedure.ready(undone) if step not in running.values()]
        if engine is None or engine.workers == 1 or (len(ready) == 1 and not running):
            step = next(iter(undone.values()))
            share = partial(within, progress, behind, step.cost / total, step.stage or step.name)
            share(0.0)
            units.save(step.name, step.work(units, share))
            del undone[step.name]
            share(1.0, unit=step.name)
            continue
        for step in ready[: engine.workers - len(running)]:
            running[engine.submit(_elsewhere, units, sent, step.name)] = step
        for future in wait(running, return_when=FIRST_COMPLETED).done:
            step = running.pop(future)
            behind += step.cost / total
            for event in (*future.result(), {"unit": step.name}):
                progress(step.stage or step.name, behind, **event)
            del undone[step.name]
    return procedure.outcomes(units)


_HERE: dict[Units, Mapping[str, Step]] = {}
"""In a process of an engine: the steps that came first, which find what those before them keep in memory."""


def _elsewhere(units: Units, steps: Mapping[str, Step], name: str) -> list[dict[str, Any]]:
    """Does a step in a process of its own; returns the events that it told of."""
    events: list[dict[str, Any]] = []
    work = _HERE.setdefault(units, steps)[name].work
    units.save(name, work(units, lambda fraction, **event: events.append(event)))
    return [event for event in events if event]


def within(progress: Progress, start: float, share: float, stage: str, fraction: float, /, **event) -> None:
    """Reports the progress of a part that takes `share` of the whole and begins at `start`."""
    progress(stage, start + share * fraction, **event)
