"""Cultures, arms and claims, fixed before the run; the unit is the culture."""

from collections.abc import Iterator
from functools import partial
from typing import Any

import numpy as np
import torch

from brainwright.evidence import FEWEST, Check
from brainwright.experiment import Claim, Design, OptionError, Outcomes, Procedure, Row, Step, matters
from brainwright.loop import dish_seeds
from brainwright.loop.evoke import names
from brainwright.loop.evoke.dishes import DENSE, SPARSE, EvokeDishes, around_the_middle
from brainwright.loop.evoke.teach import TAUGHT, EvokeTeaching
from brainwright.loop.evoke.where import where
from brainwright.loop.evoke.work import CHOICES, RECORD, TARGETS, EvokeWork
from brainwright.report import Points
from brainwright.runs import Units

from . import Config
from .words import WORDS

R2, TEACHING, LATENT = "R2", "teaching", "latent"
MARGIN = 0.05
"""Of R2, fixed before any run that is reported: what differs by less is no difference."""
TAUGHT_MARGIN = 0.05
"""Of the share of answers that are taught."""
FIRST_DISH_SEED = 450_000
"""Dishes 904 to 907 and 5,000 to 9,999 were used for choosing settings."""
FEW_DISHES = 8
"""In which extras are asked."""


def design(config: Config) -> Design:
    """One procedure, and one for every extra. Raises OptionError: too few trials."""
    return design_of(config, work_of(config))


def work_of(config: Config) -> EvokeWork:
    """The cultures of a configuration, and what is done with them. Raises OptionError."""
    torch.set_num_threads(1)  # the other cores advance dishes
    trials, n, targets = config.trials, config.dishes, config.targets
    if config.quick and (config.where or config.latent):
        raise OptionError("--where and --latent need what a quick run has not: leave --quick out")
    if config.quick:
        trials, n, targets = tuple(min(number, 300) for number in trials), min(n, FEWEST), min(targets, 6)
    least = 2 * around_the_middle().n_inputs
    if not trials or min(trials) < least or len(set(config.trials)) != len(config.trials):
        raise OptionError(
            f"--trials: expected different numbers of {least} or more (two for each input), got "
            f"{config.trials}"
        )
    dishes = EvokeDishes(
        dish_seeds(FIRST_DISH_SEED, config.seed, n),
        parameters=SPARSE if config.tissue == "sparse" else DENSE,
        threads=config.workers or 2,
    )
    options: dict[str, Any] = {"recorded": max(trials), "seed": config.seed}
    options["steps"] = 60 if config.quick else 300
    return EvokeWork(dishes, trials[0], targets, 4 if config.quick else 10, **options)


def design_of(config: Config, work: EvokeWork) -> Design:
    """The design for cultures of any number."""
    longer = () if config.quick else config.trials[1:]
    settings = matters(config)
    of_all = partial(work.outcomes, every_arm(longer, config.latent))
    told: dict[str, Any] = {"settings": settings, "checks": partial(checks, work)}
    studies = [Procedure("", steps(config, work, longer), of_all, R2, **told)]
    if config.where:
        for name, (own, kinds) in where(work, FEW_DISHES).items():
            arms = [names.GRADIENT if kind == "both" else kind for kind in kinds]
            arms += [names.SMOOTHED, names.CEILING]
            made = (own.chosen_steps(kinds, arms), partial(own.outcomes, arms), R2, settings)
            studies.append(Procedure(name, *made))
    if config.teach:
        lessons = EvokeTeaching(work.dishes.seeds, work.dishes.threads, seed=config.seed, quick=config.quick)
        made = (tuple(lessons.steps()), lessons.outcomes, "answers of map A", settings)
        studies.append(Procedure(TEACHING, *made))
    protocol = work.dishes.protocol
    return Design(
        studies=tuple(studies),
        primary=tuple(Claim("", names.GRADIENT, control, margin=MARGIN) for control in names.MUST_EXCEED),
        sentences=WORDS["headline"],
        answer=answer,
        claims=tuple(claims(config, longer)),
        facts={
            "trials": work.n_trials,
            "curve": [work.n_trials, *longer],
            "targets": work.n_targets,
            "repeats": work.repeats,
            "pulses": protocol.n_pulses,
            "electrodes": protocol.n_electrodes,
            "region": len(protocol.region),
            "margin": MARGIN,
            "extras": [study.name for study in studies[1:]],
        },
        arm_metrics=(R2, "correlation", "named"),
    )


def steps(config: Config, work: EvokeWork, longer: tuple[int, ...]) -> tuple[Step, ...]:
    """All work in order; costs are hundreds of trials."""
    per_arm, all_trials = work.n_targets * work.repeats / 100, work.n_trials / 100
    work_done = [
        Step(RECORD, work.record, work.recorded / 100, "one recording of random writes"),
        Step(TARGETS, work.targets, per_arm, "answers that will be wanted"),
        Step(CHOICES, work.choose, 1.5 * all_trials, "models are fitted and descended"),
        *(Step(arm, partial(work.test, arm), per_arm) for arm in names.TESTED),
        Step(names.RETRIED, work.retry, all_trials / 2 + per_arm),
        *(Step(name, partial(work.search, name), all_trials + per_arm) for name in names.SEARCHES),
        *(Step(f"broken/{name}", partial(work.test, f"broken/{name}"), per_arm) for name in names.BREAKS),
        *(Step(f"letters/{arm}", partial(work.test, f"letters/{arm}"), per_arm) for arm in names.LETTERS),
    ]
    for n in longer:
        work_done += work.chosen_steps(("both", *names.CURVE[1:3]), names.CURVE, f"{n:,} trials", n)
    if config.latent:
        work_done += work.chosen_steps((LATENT,), (LATENT,), LATENT)
    return tuple(work_done)


def every_arm(longer: tuple[int, ...], latent: bool) -> list[str]:
    """What is compared in the main procedure."""
    arms = [*names.TESTED, names.RETRIED, *names.SEARCHES, *(f"broken/{name}" for name in names.BREAKS)]
    arms += [f"{n:,} trials/{arm}" for n in longer for arm in names.CURVE]
    return [*arms, *([f"{LATENT}/{LATENT}"] if latent else []), *(f"letters/{a}" for a in names.LETTERS)]


def claims(config: Config, longer: tuple[int, ...]) -> Iterator[Claim]:
    """Beside the primary ones: which model, the ceiling, what is broken, letters, the curve, extras."""
    for control in (names.RIDGE, names.NETWORK, names.LOOKUP, names.CEILING, names.RANDOM, names.CLIMBED):
        yield Claim("", names.GRADIENT, control, margin=MARGIN)
    yield Claim("", names.NETWORK, names.RIDGE, margin=MARGIN)
    yield from (Claim("", names.NETWORK, control, margin=MARGIN) for control in names.MUST_EXCEED)
    yield from (Claim("", f"broken/{name}", names.RANDOM, margin=MARGIN) for name in names.BREAKS)
    drawn = f"letters/{names.GRADIENT}"
    for control in (names.SMOOTHED, names.YOKED):
        yield Claim("", drawn, f"letters/{control}", metric="correlation", margin=MARGIN)
    for n in longer:
        for arm, control in ((names.NETWORK, names.RIDGE), (names.GRADIENT, names.SMOOTHED)):
            yield Claim("", f"{n:,} trials/{arm}", f"{n:,} trials/{control}", margin=MARGIN)
    if config.latent:
        yield Claim("", f"{LATENT}/{LATENT}", names.RIDGE, margin=MARGIN)
    if config.where:
        for task in ("amounts", "context", "two volleys"):
            yield Claim(task, names.NETWORK, names.RIDGE, margin=MARGIN)
            for control in (names.RIDGE, names.SMOOTHED):
                yield Claim(task, names.GRADIENT, control, margin=MARGIN)
        told = (("context", names.WITH_STATE), ("context", names.OWN_CONTEXT), ("amounts", names.BY_AMOUNT))
        for task, control in told:
            for arm in (names.NETWORK, names.GRADIENT):
                yield Claim(task, arm, control, margin=MARGIN)
    if config.teach:
        yield from (Claim(TEACHING, TAUGHT, arm, margin=TAUGHT_MARGIN) for arm in EvokeTeaching.controls())


def checks(work: EvokeWork, units: Units) -> list[Check]:
    """Charge, a clean window, and a score that gives the wanted pattern itself what it should have."""
    searched = (*names.TESTED, names.RETRIED, *names.SEARCHES)
    charge = np.array([units.load(arm)["charge_nC"].mean() for arm in searched])
    artifacts = int(units.load(RECORD)["saline"].sum())
    ceiling = float(work.scored(names.CEILING, units)[R2].mean())
    return [
        Check(
            "equal charge in every write of every arm",
            bool(np.ptp(charge) < 1e-6 * charge.max()),  # rounding of sums
            f"{charge.min():.2f} to {charge.max():.2f} nC",
        ),
        Check("no artifact in the answer window", artifacts == 0, f"{artifacts} detections in saline"),
        # the correction subtracts an estimate, which is a little off in few dishes
        Check("the wanted write itself scores 1", abs(ceiling - 1) < 0.15, f"R2 {ceiling:.2f}"),
    ]


def answer(outcomes: Outcomes, primary: Row) -> str:
    """The figures of the claim, and which model it takes."""
    trials = outcomes[""]
    r2 = {arm: trials.arm(arm, R2).mean for arm in trials.arms}
    return WORDS["answer"]["text"].format(
        **{arm: r2[arm] for arm in (names.GRADIENT, names.RIDGE, names.NETWORK)},
        rivals=", ".join(f"{arm} {r2[arm]:.2f}" for arm in names.MUST_EXCEED),
        control=primary["control"],
        lead=Points.of(primary, digits=3, sign=True),
        single=100 * trials.arm(names.GRADIENT, "named").mean,
    )
