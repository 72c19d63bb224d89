"""Cultures, lessons, claims and the stream asked for afterwards, fixed before the run."""

from collections.abc import Iterator
from functools import partial

import numpy as np
import torch

from brainwright import loop
from brainwright.evidence import Check
from brainwright.experiment import Claim, Design, Outcomes, Procedure, Row, Step, matters
from brainwright.experiment.trials import Trials
from brainwright.loop import Course, Dishes, DishModel, PongLesson, PongLessons, Sizes
from brainwright.report import Points
from brainwright.runs import Units
from brainwright.signal import rule
from brainwright.verdict import Verdict
from brainwright.world import marks

from . import Config

BALLS = "balls hit (share)"
"""Of all balls that came to the paddle's wall in the probe: the primary metric, fixed before any run."""
GAIN = "last three quarters less the first (share)"
SHARE = "successor share of a stream"
MARGIN = 0.05
"""Of either share: what moves a control by less counts as nothing. Fixed before the run."""
MUST_EXCEED = ("yoked", "ungraded")
"""Content of the writes, and the gradient: the claim needs both."""
BEFORE, BEFORE_TOLD = "before", "before, distance told"
TOLD = "gradient, distance told"
WRITING = ("gradient", "ungraded", "lookup", "oracle", "yoked")
NEGATIVE = ("ungraded", "yoked", "silent", "frozen")
RULE, *CONTROLS = loop.KINDS
LESSONS = {name: PongLesson(name) for name in (*WRITING, "silent", "frozen")}
LESSONS |= {f"broken/{name}": PongLesson(name) for name in loop.PONG_BREAKS}
LESSONS |= {TOLD: PongLesson("gradient", depth=True)}
LESSONS |= {name: PongLesson(name, depth=True) for name in loop.KINDS}
STREAM = "stream"
ORIGINS = {"naive": "naive", "after Pong": "gradient", "after yoked Pong": "yoked"}
"""Arm of the stream → the unit whose state it begins from."""
FIRST_DISH_SEED = 500_100  # all below were used for choosing parameters, or for an earlier recipe
QUICK_DISHES = 6
"""The fewest with which `evidence` decides anything."""
SENTENCES: dict[Verdict, str] = {
    "supported": (
        "A taught policy reaches simulated tissue: alone, it hits more balls of Pong than after another "
        "culture's lesson, or one without gradient steps. The teacher knows the policy; a table without a "
        "model stands beside it."
    ),
    "no difference": "Cultures taught Pong by gradient steps hit no more balls than their controls.",
    "against": "Simulated cultures taught Pong by gradient steps hit fewer balls than a control.",
    "cannot tell": "This run cannot tell whether gradient steps taught simulated cultures Pong.",
}


def design(config: Config) -> Design:
    """Two procedures: the game, and a stream that is taught to the same dishes afterwards."""
    return design_of(config, lessons_of(config))


def lessons_of(config: Config, first: int = FIRST_DISH_SEED) -> PongLessons:
    """What a configuration asks for; a culture has electrodes of its own for places and regions."""
    torch.set_num_threads(1)  # the other cores advance dishes
    n = min(config.dishes, QUICK_DISHES) if config.quick else config.dishes
    sizes = Sizes(calibration=60, probe=40) if config.quick else Sizes(calibration=300)
    dishes = Dishes(
        [first + 1_000 * config.seed + k for k in range(n)],
        rule(6, seed=config.seed),
        sizes=sizes,
        n_neurons=config.neurons,
        threads=config.workers or None,
    )
    short = {"calibration": 100, "taught": 40, "session": 60, "probe": 60, "checks": 1}
    full = {"taught": config.taught, "session": round(60 * config.minutes / loop.PACE.period_s)}
    return PongLessons(
        dishes,
        loop.pong_layout(dishes.seeds, dishes.channels),
        LESSONS,
        DishModel(batch=16, seed=config.seed),
        config.gradient_steps,
        **(short if config.quick else full),
    )


def design_of(config: Config, lessons: PongLessons) -> Design:
    """The design for dishes of any size."""
    recorded, taught = (20, 20) if config.quick else (200, 400)
    course = Course(lessons.dishes.stream, recorded, taught, taught)
    game = [Step("naive", lessons.naive, 2.0 * lessons.probe, "naive tissue: fix the read-out, play")]
    game += [Step(name, partial(lessons.arm, name), lessons.cost(name)) for name in lessons.lessons]
    anew = [Step(name, partial(lessons.anew, course, unit)) for name, unit in ORIGINS.items()]
    settings, weight = matters(config) | {"seeds": lessons.dishes.seeds}, sum(step.cost for step in game)
    played = Procedure(
        "", tuple(game), partial(outcomes, lessons), BALLS, settings, weight, partial(checks, lessons)
    )
    asked = 3.0 * (4 * taught + lessons.probe)  # three origins; an emulator costs as much as tissue
    heard = Procedure(STREAM, tuple(anew), stream_outcomes, SHARE, settings, asked)
    return Design(
        studies=(played, heard),
        primary=tuple(must_exceed("gradient")),
        sentences=SENTENCES,
        answer=answer,
        claims=tuple(claims()),
        facts={
            "marks": marks(lessons.game_seeds(loop.PROBE_GAME), lessons.probe),
            "margin": MARGIN,
            "tick_s": lessons.layout.timing.period_s,
            **{name: getattr(lessons, name) for name in ("calibration", "taught", "session", "probe")},
            "stream": course.facts(),
        },
        arm_metrics=(BALLS, "rally", GAIN, "in the lesson", SHARE, "share before"),
    )


def must_exceed(arm: str) -> Iterator[Claim]:
    """The rule of the verdict: more than each of these, by the lower end of the interval."""
    for control in MUST_EXCEED:
        yield Claim("", arm, control, margin=MARGIN)


def claims() -> Iterator[Claim]:
    """The ceiling, the table, controls, what is broken, DishBrain's rule, and what Pong costs."""
    for control in ("silent", BEFORE, "oracle", "lookup"):
        yield Claim("", "gradient", control, margin=MARGIN)
    for arm in NEGATIVE:
        yield Claim("", arm, BEFORE, "same", margin=MARGIN)
    for name in loop.PONG_BREAKS:
        yield from must_exceed(f"broken/{name}")
    yield Claim("", TOLD, BEFORE_TOLD, margin=MARGIN)
    for control in (*CONTROLS, BEFORE_TOLD):
        yield Claim("", RULE, control, margin=MARGIN)
    for arm in loop.KINDS:
        yield Claim("", arm, BEFORE_TOLD, metric=GAIN, margin=MARGIN)
    for control in ("naive", "after yoked Pong"):
        yield Claim(STREAM, "after Pong", control, margin=MARGIN)
    yield Claim(STREAM, "after Pong", "naive", metric=BALLS, margin=MARGIN)


def outcomes(lessons: PongLessons, units: Units) -> Trials:
    """Every arm by its probe, beside the naive tissue with and without the distance."""
    naive, zero = units.load("naive"), np.zeros(len(lessons.dishes.seeds))
    told = {BEFORE: "probe_", BEFORE_TOLD: "depth_"}
    arms = {name: probed(naive, prefix) | {GAIN: zero} for name, prefix in told.items()}
    for name in lessons.lessons:
        unit = units.load(name)
        parts = loop.by_parts(unit["lesson_hit"], unit["lesson_missed"])
        row = {GAIN: parts[:, 1:].mean(1) - parts[:, 0], "in the lesson": parts.mean(1)}
        kept = ("precision", "charge_nC", "pulses", "rate_hz")
        arms[name] = probed(unit, "probe_") | row | {key: unit[key] for key in kept}
    return Trials.of(arms)


def probed(unit: dict[str, np.ndarray], prefix: str) -> dict[str, np.ndarray]:
    """Scores of a probe, [dish] each."""
    scores = loop.game_scores(unit[f"{prefix}hit"], unit[f"{prefix}missed"])
    return {BALLS: scores.pop("balls")} | scores


def stream_outcomes(units: Units) -> Trials:
    """What each past leaves to learn, and what the stream leaves of Pong."""
    named = {SHARE: "share", "share before": "share_before", BALLS: "balls"}
    rows = {origin: units.load(origin) for origin in ORIGINS}
    return Trials.of({origin: {m: row[key] for m, key in named.items()} for origin, row in rows.items()})


def answer(outcomes: Outcomes, primary: Row) -> str:
    """The figures of the claim, of the table beside it, of DishBrain's rule, and of the stream."""
    game, stream = outcomes[""], outcomes[STREAM]
    balls = {arm: game.arm(arm, BALLS).mean for arm in game.arms}
    after = {arm: stream.arm(arm, SHARE).mean for arm in stream.arms}
    return (
        f"Share of balls hit without writes and with plasticity off: {balls[BEFORE]:.2f} before, "
        f"{balls['gradient']:.2f} after gradient steps, {balls['ungraded']:.2f} without the steps, "
        f"{balls['yoked']:.2f} after another culture's lesson; the smaller difference, gradient − "
        f"{primary['control']}: {Points.of(primary, digits=3)}. A table of mean responses without a model "
        f"(lookup) teaches to {balls['lookup']:.2f}, the right electrodes (oracle) to {balls['oracle']:.2f}: "
        "what is shown is that a taught policy reaches the tissue, not that a gradient is the only way. "
        f"DishBrain's rule: {balls[RULE]:.2f}, of {balls[BEFORE_TOLD]:.2f} before. A stream that is taught "
        f"afterwards: {after['after Pong']:.2f} right after Pong, {after['naive']:.2f} in naive tissue. "
        "Intervals: 95 %, bootstrap over cultures."
    )


def checks(lessons: PongLessons, units: Units) -> list[Check]:
    """Charge, rates, and a window without artifacts."""
    naive, full = units.load("naive"), {arm: units.load(arm) for arm in WRITING}
    artifacts = int(naive["saline_after"].sum())
    return [
        loop.same_charge({arm: unit["charge_nC"] for arm, unit in full.items()}),
        loop.culture_rates(naive["rest_hz"], full["gradient"]["rate_hz"], full["oracle"]["rate_hz"]),
        Check("no artifact in the window that is read", artifacts == 0, f"{artifacts} detections in saline"),
    ]
