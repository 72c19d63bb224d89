"""Does what is missing of a design, and reads what there is of one."""

import os
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from brainwright.runs import Units

from .design import Design, Procedure, Study
from .trials import Trials, finished_trials, run_trials

Progress = Callable[..., None]
"""progress(stage, fraction, **event): `fraction` of the whole run is done; an event becomes a line of
metrics.
"""


def run_design(
    design: Design, units: Units, *, workers: int = 0, progress: Progress = lambda *_, **__: None
) -> dict[str, Trials]:
    """Does what is not yet done in `units` and returns the trials of every study.

    Args:
        design: what to do.
        units: the run's finished work.
        workers: processes; 0 for one per core.
        progress: told what goes on.

    Raises:
        UserError: work in the folder that was done with other settings.
        RuntimeError: a trial or a step failed; what was finished is kept.
    """
    total = sum(study.weight for study in design.studies)
    outcomes, before = {}, 0.0
    for study in design.studies:
        part = _Part(progress, before / total, study.weight / total)
        if isinstance(study, Study):
            outcomes[study.name] = _run_study(study, units.below(study.name), workers, part)
        else:
            outcomes[study.name] = _run_procedure(study, units.below(study.name), part)
        before += study.weight
    return outcomes


def outcomes_of(design: Design, units: Units) -> tuple[dict[str, Trials], int]:
    """What a run has so far, without going on with it: the arms that are whole, and how many trials or steps
    are missing.
    """
    outcomes, missing = {}, 0
    for study in design.studies:
        there = units.below(study.name)
        if isinstance(study, Study):
            trials, lacks = finished_trials(there.folder, study.arms, study.seeds)
            outcomes[study.name] = _compared(study, trials)
        else:
            lacks = sum(not there.done(step.name) for step in study.steps)
            outcomes[study.name] = Trials({}) if lacks else study.outcomes(there)
        missing += lacks
    return outcomes, missing


@dataclass(frozen=True)
class _Part:
    """Progress within a part of the run."""

    progress: Progress
    start: float
    share: float

    def __call__(self, stage: str, fraction: float, **event: Any) -> None:
        self.progress(stage, self.start + self.share * fraction, **event)


def _run_study(study: Study, units: Units, workers: int, part: _Part) -> Trials:
    stage = study.name or "trials"
    part(stage, 0.0)
    trials = run_trials(
        study.trial,
        study.arms,
        study.seeds,
        folder=units.folder,
        settings=study.settings,
        workers=workers or os.cpu_count() or 1,
        progress=lambda share, trial, metrics: part(
            stage, share, unit=trial.unit, **{study.metric: metrics.get(study.metric)}
        ),
    )
    return _compared(study, trials)


def _compared(study: Study, trials: Trials) -> Trials:
    """What a study compares: its trials, or what it makes of them."""
    return trials if study.outcomes is None else study.outcomes(trials)


def _run_procedure(procedure: Procedure, units: Units, part: _Part) -> Trials:
    units.claim(procedure.settings)
    total, before = sum(step.cost for step in procedure.steps), 0.0
    for step in procedure.steps:
        within = _Part(part, before / total, step.cost / total)
        stage = step.stage or step.name
        if not units.done(step.name):
            within(stage, 0.0)

            def share(fraction: float, stage: str = stage, within: _Part = within, **event: Any) -> None:
                within(stage, fraction, **event)

            units.save(step.name, step.work(units, share))
            within(stage, 1.0, unit=step.name)
        before += step.cost
    return procedure.outcomes(units)
