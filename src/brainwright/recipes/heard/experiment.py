"""The wanted order is the one that is heard: what do gradient steps add to writing the plain forecast?"""

from collections.abc import Iterable
from functools import partial
from typing import Any

import numpy as np

from brainwright import loop
from brainwright.evidence import FEWEST, Check
from brainwright.experiment import Claim, Design, Outcomes, Procedure, Row, Step, matters
from brainwright.experiment.trials import Trials
from brainwright.loop import Course, Dishes, Sizes, Teaching
from brainwright.report import Points
from brainwright.report.style import interval
from brainwright.runs import Units, of_prefix
from brainwright.signal import SymbolStream, make_stream, rule
from brainwright.verdict import Verdict

from . import Config
from .names import BEFORE, CONDITIONS, LOG_SCORE, MARGIN, METRIC, WORDS, arm_name

WRITING = ("adaptive", "oracle", "ungraded", "yoked", "matched")
LEVELS = ("share_before", "share_after", "log_score_bits", "charge_nC", "pulses")
"""Metrics of which the page shows every dish."""
FIRST_DISH_SEED = 100_000  # seeds below this were used for choosing parameters
LOOK = "what changed in the tissue"
QUICK = Sizes(calibration=120, probe=80, short_probe=20, stream_probe=40, skill=80, pulses_per_electrode=2)


def design(config: Config) -> Design:
    """One procedure; adaptive against ungraded decides. Raises StreamError: no stream can be made."""
    return design_of(config, teaching_of(config))


def teaching_of(config: Config, sizes: Sizes | None = None) -> Teaching:
    """What a configuration asks for. Raises StreamError where the stream cannot be made.

    `full` carries the primary comparison; the others ask what the gradient adds. `poor`: the same stream with
    50 recorded symbols. `scarce`: a hidden successor rule with 20 % jumps and 20 recorded symbols, too few to
    hear every transition.
    """
    stream = make_stream(
        config.stream, text=config.text, csv=config.csv, column=config.column, seed=config.seed
    )
    sizes = sizes or (QUICK if config.quick else Sizes())
    recorded, taught = (40, 100) if config.quick else (config.recorded, config.taught)
    scarce, poor, few = (20, 30, 40) if config.quick else (20, 50, 150)
    block = max(1, -(-taught // (2 if config.quick else 8)))  # two or eight points of a learning curve
    courses = {
        "full": Course(stream, recorded, taught, block),
        "poor": Course(stream, poor, few, few, refit=False),
        "scarce": Course(rule(stream.k, seed=config.seed), scarce, few, few, refit=False),
    }
    n_dishes = min(config.dishes, FEWEST) if config.quick else config.dishes
    dishes = Dishes(
        loop.dish_seeds(FIRST_DISH_SEED, config.seed, n_dishes),
        stream,
        sizes=sizes,
        n_neurons=config.neurons,
        threads=config.workers,
    )
    arms = {arm_name(name, arm): (courses[name], arm) for name, every in CONDITIONS.items() for arm in every}
    steps = config.gradient_steps
    return Teaching.named(dishes, arms, config.emulator, seed=config.seed, gradient_steps=steps)


def design_of(config: Config, teaching: Teaching) -> Design:
    """The design for dishes of any size."""
    dishes, settings = teaching.dishes, matters(config)
    work = partial(outcomes, teaching), METRIC, settings  # without a name, so that arms keep theirs
    courses = {name: teaching.arms[arm_name(name, "adaptive")][0] for name in CONDITIONS}
    return Design(
        studies=(Procedure("", steps(config, teaching), *work, checks=partial(checks, teaching)),),
        primary=Claim("", "adaptive", "ungraded", margin=MARGIN, threshold=MARGIN),
        sentences=sentences(dishes.stream, len(dishes.seeds)),
        answer=partial(answer, dishes.stream),
        claims=tuple(claims()),
        facts={
            "levels": dishes.stream.facts() | {"bayes_share": 1.0},
            "conditions": {name: course.facts() for name, course in courses.items()},
            "limits": dishes.limits.of_dose(),
        },
        extra=partial(extra, config, teaching),
        arm_metrics=LEVELS,
    )


def steps(config: Config, teaching: Teaching) -> tuple[Step, ...]:
    """All work in order; costs are numbers of symbols."""
    s = teaching.dishes.sizes
    cost = s.calibration + 2 * s.probe + s.stream_probe + 3.0 * s.skill
    work = [Step("naive", teaching.naive, cost, "naive tissue: calibrate, probe, emulator skill")]
    work += [Step(name, partial(teaching.arm, name), teaching.cost(name)) for name in teaching.arms]
    work.append(Step("display", teaching.display, 128.0 * s.pulses_per_electrode, LOOK))
    if config.dose_curve:
        work.append(Step("dose", partial(dose, teaching), 4000.0, "dose curve"))
    return tuple(work)


def dose(teaching: Teaching, units: Units, _share: object) -> dict[str, np.ndarray]:
    """The score against the number of symbols taught with oracle writes."""
    state, readout = loop.beginning(units)
    return loop.dose_curve(teaching.dishes, readout, state)


def sentences(stream: SymbolStream, n: int) -> dict[Verdict, str]:
    """What the steps add, in the four words."""
    kind = "tune" if stream.midi else "stream"
    words = {"kind": kind, "stream": stream.name, "n": n, "margin": f"{MARGIN:.0%}"}
    return {verdict: text.format(**words) for verdict, text in WORDS["headline"].items()}


def answer(stream: SymbolStream, outcomes: Outcomes, primary: Row) -> str:
    """The figures, whether the tissue is better than it was, and what the sham did."""
    trials, words = outcomes[""], WORDS["answer"]
    low, high = interval(trials.arm("adaptive", METRIC).values)
    change = "more" if low > 0 else "less" if high < 0 else "unclear"
    return words["text"].format(
        **{when: trials.arm("adaptive", f"share_{when}").mean for when in ("before", "after")},
        **{arm: trials.arm(arm, "share_after").mean for arm in ("ungraded", "yoked")},
        change=words[change],
        constant=stream.constant_level,
        gain=Points.of(primary, digits=3, sign=True),
    )


def claims() -> Iterable[Claim]:
    """What the gradient adds in the other conditions; the oracle; shams; negative controls; the stream."""
    for condition in ("poor", "scarce"):
        arm, control = (arm_name(condition, name) for name in ("adaptive", "ungraded"))
        yield Claim("", arm, control, margin=MARGIN, threshold=MARGIN)
    yield Claim("", "adaptive", "oracle", margin=MARGIN)
    for control in ("yoked", "matched", "silent"):
        yield Claim("", "adaptive", control, "pooled d")
    for arm in ("frozen", "saline", "matched"):
        yield Claim("", arm, BEFORE, "same", margin=MARGIN)
    yield Claim("", "adaptive", "yoked", "pooled d", LOG_SCORE)


def outcomes(teaching: Teaching, units: Units) -> Trials:
    """Every arm by its scores, beside the naive tissue as an arm of its own."""
    naive, probed, arms = units.load("naive"), teaching.dishes.probe_symbols, {}
    for name, (course, arm) in teaching.arms.items():
        unit, saline = units.load(name), "saline_" if arm == "saline" else ""
        # saline is compared with itself: without cells there are only artifacts to decode
        answers = naive[f"{saline}answers"].astype(np.int64)
        before = loop.successor_share(answers, probed, course.heard.successor)
        row = {METRIC: unit["share"] - before, "share_before": before, "share_after": unit["share"]}
        row |= {metric: unit[metric] for metric in ("log_score_bits", "charge_nC", "pulses")}
        row |= {"write_precision": unit["precision"], "rate_hz": unit["teaching_hz"]}
        if course.heard is teaching.dishes.stream:  # naive tissue was not asked about other streams
            row[LOG_SCORE] = unit["log_score_bits"] - naive[f"{saline}log_score_bits"]
        arms[name] = row
    nothing, share = np.zeros(len(probed)), naive["share"]
    row = {METRIC: nothing, "share_before": share, "share_after": share, LOG_SCORE: nothing}
    row |= {"log_score_bits": naive["log_score_bits"], "charge_nC": nothing, "pulses": nothing}
    return Trials.of(arms | {BEFORE: row})


def checks(teaching: Teaching, units: Units) -> list[Check]:
    """Charge, rates, forecast, and whether anything leaks into the score of the adaptive arm."""
    naive, full, stream = (
        units.load("naive"),
        {arm: units.load(arm) for arm in WRITING},
        teaching.dishes.stream,
    )
    return [
        loop.same_charge({arm: unit["charge_nC"] for arm, unit in full.items()}),
        loop.culture_rates(naive["rest_hz"], naive["driven_hz"], full["adaptive"]["driven_hz"]),
        loop.beats_trivial_forecasts(of_prefix("skill_", naive)),
        *loop.audit(naive, full["adaptive"], teaching.dishes.probe_symbols, stream, teaching.model.seed),
    ]


def extra(config: Config, teaching: Teaching, outcomes: Outcomes, units: Units) -> dict[str, Any]:
    """Learning curves [dish, block], mean rates, the emulator's skill, and the dose curve if asked for."""
    skill = of_prefix("skill_", units.load("naive"))
    return {
        "emulator_bits_per_spike": {
            name: {"mean": float(v.mean()), "sd": float(v.std(ddof=1))} for name, v in skill.items()
        },
        "curves": {name: units.load(name)["curve"] for name in teaching.arms},
        **({"dose": units.load("dose")} if config.dose_curve else {}),
    }
