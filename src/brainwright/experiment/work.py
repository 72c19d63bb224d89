"""Does what is missing of a design, and reads what there is of one."""

import os
from functools import partial

from brainwright.runs import Units

from .design import Design, Study
from .engines.local import Local
from .procedure import Progress, run_procedure, within
from .trials import Trials, finished_trials, run_trials


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
        RuntimeError: a trial failed; what was finished is kept.
    """
    total = sum(study.weight for study in design.studies)
    outcomes, before = {}, 0.0
    with Local(workers or os.cpu_count() or 1) as engine:
        for study in design.studies:
            part = partial(within, progress, before / total, study.weight / total)
            there = units.below(study.name)
            if isinstance(study, Study):
                outcomes[study.name] = _run_study(study, there, engine, part)
            else:
                outcomes[study.name] = run_procedure(study, there, part, engine)
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
            outcomes[study.name] = study.outcomes(trials)
        else:
            lacks = sum(not there.done(step.name) for step in study.steps)
            outcomes[study.name] = Trials({}) if lacks else study.outcomes(there)
        missing += lacks
    return outcomes, missing


def _run_study(study: Study, units: Units, engine: Local, part: Progress) -> Trials:
    stage, metric = study.name or "trials", study.metric
    part(stage, 0.0)
    trials = run_trials(
        study.trial,
        study.arms,
        study.seeds,
        folder=units.folder,
        settings=study.settings,
        workers=engine,
        progress=lambda share, trial, row: part(
            stage, share, unit=trial.unit, arm=trial.arm, metrics={metric: row.get(metric)}
        ),
    )
    return study.outcomes(trials)
