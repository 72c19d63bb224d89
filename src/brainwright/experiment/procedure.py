"""Steps over a batch of units that go through all of them together; side by side where they may."""

from collections.abc import Callable, Mapping, Sequence
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
    some must be importable by name, with arguments that can be sent.
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


def run_procedure(
    procedure: Procedure, units: Units, progress: Progress, engine: "Local | None" = None
) -> "Trials":
    """Does the steps that are not yet done, side by side where they may and `engine` has several workers.
    Raises UnitsError for work that was done with other settings.
    """
    units.claim(procedure.settings)
    total = sum(step.cost for step in procedure.steps)
    left = {step.name: step for step in procedure.steps if not units.done(step.name)}
    while left:
        ready = [step for step in left.values() if left.keys().isdisjoint(procedure.reads(step))]
        behind = 1 - sum(step.cost for step in left.values()) / total
        if engine is None or engine.workers == 1 or len(ready) == 1:
            step = left.pop(ready[0].name)
            share = partial(within, progress, behind, step.cost / total, step.stage or step.name)
            share(0.0)
            units.save(step.name, step.work(units, share))
            share(1.0, unit=step.name)
            continue
        for number, events in engine.results(_elsewhere, [(step, units) for step in ready]):
            step = left.pop(ready[number].name)
            behind += step.cost / total
            for event in (*events, {"unit": step.name}):
                progress(step.stage or step.name, behind, **event)
    return procedure.outcomes(units)


def _elsewhere(step: Step, units: Units) -> list[dict[str, Any]]:
    """Does a step in a process of its own; returns the events that it told of."""
    events = []

    def share(fraction: float, **event: Any) -> None:
        if event:
            events.append(event)

    units.save(step.name, step.work(units, share))
    return events


def within(progress: Progress, start: float, share: float, stage: str, fraction: float, /, **event) -> None:
    """Reports the progress of a part that takes `share` of the whole and begins at `start`."""
    progress(stage, start + share * fraction, **event)
