"""Steps in order, over a batch of units that go through all of them together."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any

from brainwright.runs import Units

if TYPE_CHECKING:
    import numpy as np

    from brainwright.evidence import Check

    from .trials import Trials

Progress = Callable[..., None]
"""progress(stage, fraction, **event): `fraction` of the whole is done; an event becomes a line of metrics."""


@dataclass(frozen=True)
class Step:
    """A piece of work that may read earlier ones; its arrays become the unit `name`.

    `share(fraction, **event)` reports progress within it, `cost` is its share of the time, `stage` what the
    progress bar says (its name by default).
    """

    name: str
    work: "Callable[[Units, Callable[..., None]], Mapping[str, np.ndarray]]"
    cost: float = 1.0
    stage: str = ""


@dataclass(frozen=True)
class Procedure:
    """Steps over a batch of units (dishes, brains, bodies).

    `outcomes` turns finished steps into arms with one value per unit, `checks` into what must hold for them
    to mean something (listed behind the design's); the rest is as of `Study`.
    """

    name: str
    steps: tuple[Step, ...]
    outcomes: "Callable[[Units], Trials]"
    metric: str
    settings: Mapping[str, Any] = field(default_factory=dict)
    weight: float = 1.0
    checks: "Callable[[Units], Sequence[Check]]" = lambda _: ()


def run_procedure(procedure: Procedure, units: Units, progress: Progress) -> "Trials":
    """Does the steps that are not yet done. Raises UnitsError for work that was done with other settings."""
    units.claim(procedure.settings)
    total, before = sum(step.cost for step in procedure.steps), 0.0
    for step in procedure.steps:
        if not units.done(step.name):
            share = partial(within, progress, before / total, step.cost / total, step.stage or step.name)
            share(0.0)
            units.save(step.name, step.work(units, share))
            share(1.0, unit=step.name)
        before += step.cost
    return procedure.outcomes(units)


def within(progress: Progress, start: float, share: float, stage: str, fraction: float, /, **event) -> None:
    """Reports the progress of a part that takes `share` of the whole and begins at `start`."""
    progress(stage, start + share * fraction, **event)
