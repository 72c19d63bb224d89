"""The wanted order is never heard: only the loss of the gradient steps knows it."""

from collections.abc import Iterable
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np

from brainwright import loop
from brainwright.datasets.notes import read_notes
from brainwright.evidence import FEWEST, Check
from brainwright.experiment import Claim, Design, OptionError, Outcomes, Procedure, Row, Step, matters
from brainwright.experiment.trials import Trials
from brainwright.loop import (
    BREAKS,
    PLAYING,
    RESTS,
    SLOW,
    SPARED,
    TEACHING,
    Course,
    Dishes,
    DishModel,
    Hearing,
    Scarce,
    Sizes,
    Teaching,
)
from brainwright.report import Points
from brainwright.runs import Units
from brainwright.signal import StreamError, SymbolStream, positions, rounds_heard, scattered, twin

from . import Config
from .names import ARMS, BEFORE, FAR, INTACT, LESS, NEGATIVE, WORDS

MARGIN = 0.1
"""Of `FAR`, .8 of a note in a tune of eight: by so much adaptive must surely exceed each control; what is
less far from the oracle's teaching counts as equal to it, and what moves a control by less as nothing.
"""
MUST_EXCEED = ("ungraded", "other", "yoked")
"""The gradient, its content, and the timing and charge of the writes: each must be needed."""
WRITING = ("adaptive", "other", "search", "ungraded", "yoked", "delayed", "oracle", "lookup", "matched")
FEWEST_POSITIONS = 6
"""Of fewer, notes in random order are the whole tune by chance in too many dishes (of five, in a
quarter of them; of six, in 2 %).
"""
REST_S, LONG_REST_S = 120.0, 600.0
REST_COST, PULSE_COST = 6.0, 50.0
"""Of a second of rest, and of a pulse on each electrode of two states, in symbols; measured on 24 dishes."""
LEVELS = (FAR, "in_a_row_twin", "whole", "share", "share_twin", "write_precision", "charge_nC", "pulses")
"""Metrics of which the page shows every dish."""
FIRST_DISH_SEED = 400_000  # those below were used for choosing parameters, or for an earlier main job
FULL = Sizes(calibration=300, probe=80, short_probe=0, stream_probe=0, skill=0, runs=4)
QUICK = Sizes(
    calibration=80, probe=24, short_probe=0, stream_probe=0, skill=0, runs=2, pulses_per_electrode=1
)
QUICK_RECORDED, QUICK_TAUGHT = 50, 80
LOOK = "what changed in the tissue"
FIRST_SCARCE_SEED, SCARCE_DISHES, SCARCE_TAUGHT = 470_000, 16, 200
POOR: dict[str, float] = {"missed": 0.9, "false_hz": 50.0}
"""Electrodes that miss nine spikes of ten and make up fifty a second: through these the small emulator failed
on dishes 5,000 to 5,007, where a half of the spikes and no false ones cost it nothing.
"""
HEARINGS = {
    "50 recorded": Hearing(50),
    "25 recorded": Hearing(25),
    "100 recorded, poor electrodes": Hearing(100, **POOR),
}
"""Where the emulators are compared, fixed before the dishes that are reported were used."""


def design(config: Config) -> Design:
    """One procedure. Raises StreamError: no tune can be made of the file."""
    if config.less and config.quick:
        raise OptionError("--less needs what a quick run has not: leave --quick out")
    teaching = teaching_of(config)
    return design_of(config, teaching, scarce_of(config, teaching) if config.less else None)


def teaching_of(config: Config, sizes: Sizes | None = None) -> Teaching:
    """Dishes that hear the notes of a tune in random order, and the arms; `other` is taught its twin's order.
    Raises StreamError where no tune can be made of the file.
    """
    tune = positions() if config.tune is None else positions(config.tune.stem, read_notes(config.tune))
    if tune.k < FEWEST_POSITIONS:
        raise StreamError(
            f"{tune.name}: expected at least {FEWEST_POSITIONS} positions, got {tune.k}: so short a tune is "
            "heard by chance among notes in random order; give a longer one"
        )
    recorded, taught, n_dishes = config.recorded, config.taught, config.dishes
    if config.quick:
        recorded, taught = min(recorded, QUICK_RECORDED), min(taught, QUICK_TAUGHT)
        n_dishes = min(n_dishes, FEWEST)
    course = Course(scattered(tune), recorded, taught, taught, refit=False, wanted=tune)
    courses = dict.fromkeys(ARMS, course) | {"other": replace(course, wanted=twin(tune))}
    dishes = Dishes(
        loop.dish_seeds(FIRST_DISH_SEED, config.seed, n_dishes),
        tune,
        sizes=sizes or (QUICK if config.quick else FULL),
        n_neurons=config.neurons,
        threads=config.workers,
        timing=TEACHING,
        asked=PLAYING,
    )
    arms = {arm: (courses[arm], arm) for arm in ARMS}
    options = {"seed": config.seed, "gradient_steps": config.gradient_steps}
    return Teaching.named(dishes, arms, config.emulator, **options)


def scarce_of(config: Config, teaching: Teaching) -> Scarce:
    """Dishes of their own that both emulators teach where less is heard."""
    dishes, seeds = teaching.dishes, loop.dish_seeds(FIRST_SCARCE_SEED, config.seed, SCARCE_DISHES)
    told: dict[str, Any] = {name: getattr(dishes, name) for name in ("sizes", "n_neurons", "threads")}
    own = Dishes(seeds, dishes.stream, timing=TEACHING, asked=PLAYING, **told)
    models = {name: DishModel.named(name, config.seed) for name in ("patch", "latent")}
    heard, (tune, other) = teaching.arms["adaptive"][0].heard, (tune_of(teaching), twin_of(teaching))
    return Scarce(own, heard, tune, other, HEARINGS, models, SCARCE_TAUGHT, config.gradient_steps)


def design_of(config: Config, teaching: Teaching, scarce: Scarce | None = None) -> Design:
    """The design for dishes of any size."""
    dishes, tune, other = teaching.dishes, tune_of(teaching), twin_of(teaching)
    work = partial(outcomes, config, teaching), FAR, matters(config)  # without a name: arms keep theirs
    words = {"tune": tune.name, "n": len(dishes.seeds)}
    studies = [Procedure("", steps(config, teaching), *work, checks=partial(checks, teaching))]
    if scarce is not None:
        less = partial(scarce_outcomes, scarce), FAR, matters(config)
        studies.append(Procedure(LESS, scarce.steps(), *less, weight=10.0))
    return Design(
        studies=tuple(studies),
        primary=tuple(must_exceed("adaptive", MUST_EXCEED)),
        sentences={verdict: text.format(**words) for verdict, text in WORDS["headline"].items()},
        answer=answer,
        claims=(*claims(config), *(scarce_claims(scarce) if scarce else ())),
        facts={
            "levels": tune.facts() | {"bayes_share": 1.0},
            "twin": other.facts(),
            "margin": MARGIN,
            "broken": {name: broken_name(name) for name in (INTACT, *BREAKS)},
            "spared": {name: broken_name(name) for name in taken_away(config) if name in SPARED},
            "rests": {
                f"{s:.0f}": {n: rest_name(n, s) for n in (*RESTS, SLOW)} for s in (REST_S, LONG_REST_S)
            },
            "course": teaching.arms["adaptive"][0].facts(),
            "limits": dishes.limits.of_dose(),
            "less": {} if scarce is None else {name: scarce.arms(name) for name in scarce.hearings},
        },
        arm_metrics=LEVELS,
    )


def tune_of(teaching: Teaching) -> SymbolStream:
    """The order that is wanted."""
    return teaching.arms["adaptive"][0].taught_stream


def twin_of(teaching: Teaching) -> SymbolStream:
    """The order that is wanted of the twin."""
    return teaching.arms["other"][0].taught_stream


def steps(config: Config, teaching: Teaching) -> tuple[Step, ...]:
    """All work in order; costs are numbers of symbols."""
    s, every, t = teaching.dishes.sizes, teaching.arms, teaching
    label = "naive tissue: fix the readout, ask"
    work = [Step("naive", t.naive, 4.0 * s.calibration, label, reads=())]
    work += [Step(name, partial(t.arm, name), t.cost(name), reads=t.reads(name)) for name in every]
    for name, seconds in rests(config):
        rest = partial(t.rest, name, seconds)
        work.append(Step(rest_name(name, seconds), rest, REST_COST * seconds, reads=t.rest_reads(name)))
    for name in taken_away(config):
        label, cost = f"broken on purpose: {name}", t.cost("adaptive") / 3
        broken = partial(t.broken, name, few(t))
        work.append(Step(broken_name(name), broken, cost, label, reads=("naive",)))
    looked = partial(t.display, notes=1)  # what it plays is known from the free runs
    cost = PULSE_COST * s.pulses_per_electrode
    work.append(Step("display", looked, cost, LOOK, reads=("naive", "adaptive")))
    return tuple(work)


def rests(config: Config) -> list[tuple[str, float]]:
    """Every kind of rest and its seconds."""
    long = [(name, LONG_REST_S) for name in (*RESTS, SLOW)] if config.long_rests else []
    return [*((name, REST_S) for name in RESTS), *long]


def taken_away(config: Config) -> tuple[str, ...]:
    """What breaks, and what does not; a quick run has time for the first alone."""
    return BREAKS if config.quick else (*BREAKS, *SPARED)


def rest_name(name: str, seconds: float) -> str:
    """How `result.json` calls what is left after a rest."""
    return f"{seconds:.0f} s/{name}"


def broken_name(name: str) -> str:
    """How `result.json` calls an arm of the few dishes on which breaks are tried."""
    return f"broken/{name}"


def few(teaching: Teaching) -> int:
    """Dishes on which breaks are tried: as few as decide anything."""
    return min(FEWEST, len(teaching.dishes.seeds))


def claims(config: Config) -> Iterable[Claim]:
    """Beside the primary ones: the ceiling, the lookup, controls, rests, and what is broken on purpose."""
    for control in ("frozen", "delayed"):
        yield Claim("", "adaptive", control)
    for control in ("oracle", "lookup", "search"):
        yield Claim("", "adaptive", control, margin=MARGIN)
    for arm in NEGATIVE:
        yield Claim("", arm, BEFORE, "same", margin=MARGIN)
    yield Claim("", "other", "adaptive", metric="in_a_row_twin")
    for seconds in (REST_S, LONG_REST_S):
        slept, *others = (rest_name(name, seconds) for name in ("sleep", "silence", *list(RESTS)[2:]))
        for control in others:
            yield Claim("", slept, control)
    yield Claim("", rest_name(SLOW, LONG_REST_S), rest_name("silence", LONG_REST_S))
    for name in (INTACT, *BREAKS, *SPARED):
        yield from must_exceed(broken_name(name), map(broken_name, MUST_EXCEED))


def must_exceed(arm: str, controls: Iterable[str]) -> Iterable[Claim]:
    """The rule of the verdict: more than each control by more than the margin."""
    for control in controls:
        yield Claim("", arm, control, threshold=MARGIN, margin=MARGIN)


def scarce_claims(scarce: Scarce) -> Iterable[Claim]:
    """Latent diffusion beside the small emulator, and each beside its own controls and those without any."""
    for hearing in scarce.hearings:
        latent, patch = (f"{hearing}/{model} adaptive" for model in ("latent", "patch"))
        yield Claim(LESS, latent, patch, margin=MARGIN)
        yield Claim(LESS, latent, patch, metric="write_precision", margin=MARGIN)
        for model, arm in (("latent", latent), ("patch", patch)):
            own = (f"{hearing}/{model} {control}" for control in MUST_EXCEED)
            yield from (Claim(LESS, arm, control, threshold=MARGIN, margin=MARGIN) for control in own)
            for control in (f"{hearing}/{model} search", f"{hearing}/lookup", f"{hearing}/oracle"):
                yield Claim(LESS, arm, control, margin=MARGIN)


def outcomes(config: Config, teaching: Teaching, units: Units) -> Trials:
    """Every arm by what it plays, beside the naive tissue; those of the first few dishes once more."""
    more = [*(rest_name(*each) for each in rests(config)), *map(broken_name, taken_away(config))]
    arms = {BEFORE: scores(teaching, units.load("naive"))}
    arms |= {name: scores(teaching, units.load(name)) for name in (*teaching.arms, *more)}
    whole = {INTACT: "adaptive"} | {name: name for name in MUST_EXCEED}
    firsts = {
        broken_name(name): {metric: values[: few(teaching)] for metric, values in arms[arm].items()}
        for name, arm in whole.items()
    }
    return Trials.of(arms | firsts)


def scores(teaching: Teaching, unit: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    """What one unit played and answered, by metric [dish]."""
    return scores_of(teaching.dishes, (tune_of(teaching), twin_of(teaching)), unit)


def scarce_outcomes(scarce: Scarce, units: Units) -> Trials:
    """Every arm of every way of hearing."""
    names, tunes = (
        (unit for name in scarce.hearings for unit in scarce.arms(name)),
        (scarce.wanted, scarce.twin),
    )
    arms = {name: scores_of(scarce.dishes, tunes, units.load(name)) for name in ("naive", *names)}
    return Trials.of({BEFORE if name == "naive" else name: row for name, row in arms.items()})


def scores_of(
    dishes: Dishes, tunes: tuple[SymbolStream, SymbolStream], unit: dict[str, np.ndarray]
) -> dict[str, np.ndarray]:
    """The same for two tunes, the wanted one and its twin."""
    asked, n = dishes.probe_symbols, len(unit["played"])
    mine, twins = (loop.scores(unit["played"], unit["answers"], asked, stream.successor) for stream in tunes)
    row = {FAR: mine["in_a_row"], "whole": mine["whole"], "share": mine["share"]}
    row |= {f"{name}_twin": values for name, values in twins.items()}
    kept = {"write_precision": "precision", "rate_hz": "teaching_hz"}
    kept |= {name: name for name in ("charge_nC", "pulses")}
    return row | {name: unit.get(key, np.zeros(n)) for name, key in kept.items()}


def answer(outcomes: Outcomes, primary: Row) -> str:
    """The figures of the claim, and of the table that needs no model."""
    trials = outcomes[""]
    means = {arm: trials.arm(arm, FAR).mean for arm in ("adaptive", *MUST_EXCEED, "lookup", "search")}
    return WORDS["answer"]["text"].format(
        **means,
        whole=trials.arm("adaptive", "whole").mean,
        twin=trials.arm("other", "in_a_row_twin").mean,
        control=primary["control"],
        gain=Points.of(primary, digits=3, sign=True),
    )


def checks(teaching: Teaching, units: Units) -> list[Check]:
    """Charge, rates, clean windows, and whether anything leaks into the score of the adaptive arm."""
    naive, full, tune = units.load("naive"), {arm: units.load(arm) for arm in WRITING}, tune_of(teaching)
    artifacts, heard = int(naive["saline_probe_after"].sum()), rounds_heard(full["adaptive"]["heard"], tune)
    return [
        loop.same_charge({arm: unit["charge_nC"] for arm, unit in full.items()}),
        loop.culture_rates(naive["rest_hz"], naive["driven_hz"], full["adaptive"]["driven_hz"]),
        Check("no artifact in the answer window", artifacts == 0, f"{artifacts} detections in saline"),
        Check("the tune was never heard", heard == 0, f"{heard} times among the notes in random order"),
        *loop.audit(naive, full["adaptive"], teaching.dishes.probe_symbols, tune, teaching.model.seed),
    ]
