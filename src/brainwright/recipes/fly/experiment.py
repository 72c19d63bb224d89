"""What answers the input, what single cells do, and both beside shuffled wirings; fixed before the run."""

from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import Any

import numpy as np
import pandas as pd

from brainwright.datasets import cache_folder
from brainwright.errors import UserError
from brainwright.evidence import Check, Verdict
from brainwright.experiment import Claim, Design, Outcomes, Procedure, Row, Step, matters
from brainwright.experiment.trials import Trial, Trials
from brainwright.runs import Units, of_prefix, with_prefix
from brainwright.simulation import screen
from brainwright.simulation.published import checks_of, published_checks

from . import SYNTHETIC, Config
from .brain import Setup, prepare

WIRING = "wiring"
RATE = "mean rate of the outputs, Hz"
CHANGE = f"change of {RATE}"
PICKED = "picked because it is strong in this wiring"
ALPHA = 0.05
"""Of each family of claims."""


def design(config: Config) -> Design:
    """One procedure: the trials, the screen with its nulls, the checks. Raises UserError for bad input."""
    setup = prepare(config)
    steps = (
        Step("answers", partial(answers, setup), 2, "trials"),
        Step("screen", partial(screened, setup), 7),
        Step("published", partial(published, setup), 1, "checks"),
    )
    control = f"shuffled {config.null}"
    outcomes = partial(outcomes_of, config.screen_by, control)
    return Design(
        studies=(Procedure("", steps, outcomes, RATE, matters(config, ("wiring",)), checks=checks),),
        primary=Claim("", WIRING, control, "nulls"),
        sentences=sentences(setup, control),
        answer=partial(answer, config.wiring == SYNTHETIC),
        claims=partial(claims, config, control),
        facts=facts(setup),
        extra=extra,
    )


def answers(setup: Setup, units: Units, share: Callable[..., None]) -> dict[str, np.ndarray]:
    """The main run: who spikes, how fast, and whether the rules of the model were kept."""
    config = setup.config
    run = setup.brain.run(
        config.duration_s,
        trials=config.trials,
        seed=config.seed,
        threads=setup.threads,
        keep=units.below("trials"),
        report=lambda done, of: share(done / of),
    )
    cells, typed = run.rates(), "type" in setup.brain.connectome.cells
    arrays = with_prefix("cells/", columns(cells))
    arrays |= with_prefix("types/", columns(run.types() if typed else pd.DataFrame()))
    arrays |= with_prefix("checks/", columns(pd.DataFrame(checks_of(run, config.rate_hz))))
    spikes = np.array([trial.step.size for trial in run.trials])
    return arrays | {
        "rate_hz": run.rate_by_trial_hz.mean(axis=0),
        "spikes": spikes,
        "driven": run.brain.driven,
    }


def screened(setup: Setup, units: Units, share: Callable[..., None]) -> dict[str, np.ndarray]:
    """Each candidate alone, the strongest again, and these in every shuffled wiring."""
    config = setup.config
    candidates = list(config.candidates) or most_active(setup, units.load("answers"))
    effects = screen(
        setup.brain,
        candidates,
        setup.outputs,
        kind=config.screen_by,
        rate_hz=config.screen_rate_hz if config.screen_by == "activate" else None,
        duration_s=config.screen_duration_s,
        trials=config.screen_trials,
        seed=config.seed,
        null=config.null,
        n_nulls=config.nulls,
        keep=units.below("screen"),
        wiring_cache=cache_folder(),  # rewired wirings take minutes to make: shared by all runs
        threads=setup.threads,
        report=lambda text, done: share(done, what=text),
    )
    tables = with_prefix("table/", columns(effects.table)) | with_prefix("nulls/", columns(effects.nulls))
    names = ("fresh_effects_hz", "null_effects_hz", "fresh_baseline_hz", "null_baseline_hz")
    return tables | {name: getattr(effects, name) for name in names}


def published(setup: Setup, units: Units, share: Callable[..., None]) -> dict[str, np.ndarray]:
    """The rules on the published spikes, and rates beside them where the wiring is theirs."""
    config, rows = setup.config, []
    if setup.published is not None:
        options = {"trials": config.trials, "seed": config.seed, "threads": setup.threads}
        rows = published_checks(setup.published, setup.simulated, **options)
    return columns(pd.DataFrame(rows, columns=["name", "holds", "detail"]))


def most_active(setup: Setup, arrays: Mapping[str, np.ndarray]) -> list:
    """Ids of the most active cells that are neither driven nor outputs. Raises UserError where there are
    none.
    """
    cells = of_prefix("cells/", arrays)
    free = ~cells["driven"] & ~np.isin(cells["id"], setup.outputs)
    if not free.any():
        config = setup.config
        raise UserError(
            f"no cell answered {', '.join(config.activate)} at {config.rate_hz} Hz: nothing to "
            f"{config.screen_by}; raise the rate or activate other cells"
        )
    return cells["id"][free][: setup.config.screen].tolist()


def columns(table: pd.DataFrame) -> dict[str, np.ndarray]:
    """A table as arrays without objects: words as text, empty where there is none."""
    words = {name for name in table if not pd.api.types.is_numeric_dtype(table[name])}
    return {
        str(name): (
            column.astype(object).where(column.notna(), "").to_numpy(str)
            if name in words
            else column.to_numpy()
        )
        for name, column in table.items()
    }


def outcomes_of(done: str, control: str, units: Units) -> Trials:
    """Trials are the units: the same events in the wiring, in each shuffled one, and with a cell changed."""
    arrays = units.load("screen")
    rows: dict[Trial, dict[str, float]] = {}

    def add(arm: str, values: np.ndarray, change: np.ndarray | None = None) -> None:
        for draw, trial in np.ndindex(*values.shape):
            row = {RATE: float(values[draw, trial])}
            rows[Trial(arm, trial, draw)] = row
            if change is not None:
                row |= {RATE: row[RATE] + float(change[draw, trial]), CHANGE: float(change[draw, trial])}

    real, nulls = arrays["fresh_baseline_hz"][None], arrays["null_baseline_hz"]
    add(WIRING, real)
    add(control, nulls)
    for k, candidate in enumerate(arrays["nulls/candidate"]):
        add(f"{done} {candidate}", real, arrays["fresh_effects_hz"][k][None])
        add(f"{done} {candidate}, {control}", nulls, arrays["null_effects_hz"][k])
    return Trials(rows)


def claims(config: Config, control: str, outcomes: Outcomes) -> Iterator[Claim]:
    """Each of the strongest candidates against itself in the nulls. Those named beforehand share one error
    rate (Bonferroni over all that were screened, since the strongest were taken); picked ones decide nothing.
    """
    picked, arms = "" if config.candidates else PICKED, outcomes[""].arms
    for arm in arms:
        if f"{arm}, {control}" in arms:
            alpha = ALPHA / max(len(config.candidates), 1)
            yield Claim("", arm, f"{arm}, {control}", "nulls", CHANGE, alpha=alpha, picked=picked)


def sentences(setup: Setup, control: str) -> dict[Verdict, str]:
    """The headline of each verdict."""
    wiring = setup.brain.connectome.source.name
    return {
        "supported": f"{wiring} carries this input to its outputs more than wirings with {control} do.",
        "no difference": f"{wiring} carries this input to its outputs as wirings with {control} do.",
        "against": f"{wiring} carries this input to its outputs less than wirings with {control} do.",
        "cannot tell": f"This run cannot tell whether {wiring} carries this input to its outputs otherwise "
        f"than wirings with {control} do.",
    }


def answer(synthetic: bool, outcomes: Outcomes, row: Row) -> str:
    """The figures of the primary claim."""
    trials = outcomes[""]
    real, nulls = (trials.values(row[key], RATE).mean(axis=1) for key in ("arm", "control"))
    spread = f" ± {nulls.std(ddof=1):.2g}" if len(nulls) > 1 else ""
    note = " The wiring is synthetic and its pathway was planted: nothing here is evidence about a fly."
    return (
        f"{RATE}: {real.mean():.3g} against {nulls.mean():.3g}{spread} in {len(nulls)} nulls; percentile "
        f"{row['percentile']:.0f}, two-sided p = {row['p']:.2g}; {row['why']}.{note if synthetic else ''}"
    )


def checks(units: Units) -> list[Check]:
    """The rules of the model: in this run, and in the published ones."""
    tables = of_prefix("checks/", units.load("answers")), units.load("published")
    return [
        Check(str(name), bool(holds), str(detail))
        for table in tables
        for name, holds, detail in zip(table["name"], table["holds"], table["detail"], strict=True)
    ]


def facts(setup: Setup) -> dict[str, Any]:
    """What the page must know of the run."""
    config, brain = setup.config, setup.brain
    dt_s = brain.parameters.dt_s
    return {
        "wiring": brain.connectome.source.name,
        "synthetic": config.wiring == SYNTHETIC,
        "cells": brain.connectome.n_cells,
        "connections": brain.engine.wiring.n_connections,
        "activated": int(brain.driven.size),
        "outputs": len(setup.outputs),
        "rate_hz": config.rate_hz,
        "trials": config.trials,
        "dt_s": dt_s,
        "duration_s": brain.parameters.steps(config.duration_s) * dt_s,
        "null": config.null,
        "input": config.activate,
        "silenced": config.silence,
        "output": config.outputs,
        "screen_by": config.screen_by,
    }


def extra(outcomes: Outcomes, units: Units) -> dict[str, Any]:
    """How active the brain was."""
    arrays = units.load("answers")
    return {"spikes_per_trial": float(arrays["spikes"].mean()), "active_cells": len(arrays["cells/id"])}
