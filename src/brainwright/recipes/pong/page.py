"""The page of Pong: a film, what it needed, rallies, DishBrain's rule, what is broken, what it costs."""

import tomllib
from functools import partial
from importlib import resources
from typing import Any

import numpy as np

from brainwright import loop, report
from brainwright.evidence import weakest
from brainwright.report import Columns, Figure, Finished, Items, Mark, Points, Section, Table, Text, figures
from brainwright.report.figures import Curve
from brainwright.report.style import FULL, GREY, HALF, PALETTE
from brainwright.world import COLUMNS, HALF_LENGTH

from . import experiment as job
from .experiment import BALLS, BEFORE, BEFORE_TOLD, NEGATIVE, RULE, TOLD, WRITING

SHOWN = (BEFORE, *WRITING, "silent", "frozen")
PAINT = dict(zip(WRITING, PALETTE, strict=False)) | {RULE: PALETTE[6], TOLD: PALETTE[0]}
PAINT |= dict.fromkeys((BEFORE, BEFORE_TOLD, "silent", "frozen", *job.CONTROLS), GREY)
MEANS = ("rally", "aces", "long")
TICKS_SHOWN = 200
WORDS = tomllib.loads(resources.files("brainwright.recipes.pong").joinpath("words.toml").read_text("utf-8"))
LIMITS = WORDS["limits"]


def sections(run: Finished) -> list[Section]:
    """All sections; none of a run that is not finished, since the dishes go through all steps together."""
    if run.primary is None:
        return []
    return [overview(run), needed(run), rallies(run), dishbrain(run), breaks(run), cost(run)]


def overview(run: Finished) -> Section:
    """What is done, the figures behind the verdict, and a film of one culture."""
    arms, facts = run.arms(), run.facts
    said = {"gradient": "balls hit, taught by gradient steps", "ungraded": "without the steps"}
    said |= {"yoked": "another culture's lesson", "lookup": "a table, no model: no claim", BEFORE: "untaught"}
    tiles = [(arm, f"{arms[arm]['mean']:.2f}", text) for arm, text in said.items()]
    tiles.append(("n", str(arms["gradient"]["n"]), "cultures per arm, the same in all"))
    lead = WORDS["experiment"].format(seconds=facts["taught"] * facts["tick_s"], **facts)
    return Section("The experiment", [report.Tiles(tiles), *movie(run)], lead)


def movie(run: Finished) -> list[report.Block]:
    """The culture with the median share after teaching, before and after."""
    units = {"before teaching": run.units.load("naive"), "after teaching": run.units.load("gradient")}
    dish = int(np.argsort(run.arms()["gradient"]["values"], kind="stable")[run.arms()["gradient"]["n"] // 2])
    names = ("court", "hit", "missed")
    games = {
        when: report.Court(*(unit[f"probe_{name}"][dish][:TICKS_SHOWN] for name in names))
        for when, unit in units.items()
    }
    words = WORDS["film"].format(dish=dish + 1, ticks=TICKS_SHOWN)
    shown = report.film(games, columns=COLUMNS, half_length=HALF_LENGTH, words=words)
    return [shown, Text(words, small=True)]


def needed(run: Finished) -> Section:
    """Every arm by the balls it hits, and the comparisons with the gradient's."""
    arms, n = {name: run.arms()[name] for name in (*SHOWN, TOLD)}, run.arms()["gradient"]["n"]
    values = {name: np.array(row["values"]) for name, row in arms.items()}
    levels = {"random paddle": run.facts["marks"]["random"]}
    dots = partial(figures.dots, values, x=BALLS, levels=levels, paint=PAINT)
    drawn = Figure(dots, WORDS["dots"].format(n=n))
    header = ["arm", BALLS, *MEANS, "right electrodes", "gradient − it", ""]
    lines = [[name, *figures_of(row), *against(run, "gradient", name)] for name, row in arms.items()]
    still = {arm: row for arm, row in run.against(BEFORE).items() if arm in NEGATIVE}
    caption = WORDS["equivalence"].format(n=n, margin="{margin:.2f}")
    moved = report.same(still, x="change from before (share)", caption=caption, paint=PAINT)
    blocks = [
        Columns([drawn, Items([f"{arm}: {what}" for arm, what in WORDS["arms"].items()])]),
        Table(header, lines),
        Text(WORDS["marks"].format(**run.facts["marks"]), small=True),
        moved,
    ]
    return Section("What it needed", blocks, WORDS["same"])


def figures_of(row: dict[str, Any]) -> list[report.Cell]:
    """An arm's cells: its share with the interval, rallies, and what was written."""
    right = row["means"].get("precision", 0.0)
    return [Points.of(row), *(f"{row['means'][name]:.2f}" for name in MEANS), f"{right:.2f}" if right else ""]


def against(run: Finished, arm: str, control: str, metric: str = BALLS, study: str = "") -> list[report.Cell]:
    """A comparison's cells: the difference and its verdict; empty where there is none."""
    row = run.comparison(arm, control, study, metric)
    return ["", ""] if row is None else [Points.of(row), Mark(row["verdict"])]


def rallies(run: Finished) -> Section:
    """How long rallies are, and how the share of balls hit grew."""
    long, grown = {}, {}
    for name in (BEFORE, *WRITING):
        unit = run.units.load("naive" if name == BEFORE else name)
        values = loop.survival(unit["probe_hit"], unit["probe_missed"])
        long[name] = Curve.of_units(np.arange(values.shape[1]), values)
        if name != BEFORE:
            first = np.array(run.arms()[BEFORE]["values"])
            grown[name] = np.column_stack([first, unit["checks"]])
    points = np.linspace(0, run.facts["taught"], next(iter(grown.values())).shape[1]).round()
    look = {"x": "hits", "y": "rallies with at least so many (share)", "size": (HALF, 3.7)}
    survived = partial(figures.curves, long, paint=PAINT, **look)
    learned = partial(figures.learning, grown, points, x="ticks taught", y=BALLS, paint=PAINT)
    shown = [Figure(survived, WORDS["survival"]), Figure(learned, WORDS["grown"])]
    return Section("Rally by rally", [Columns(shown)])


def dishbrain(run: Finished) -> Section:
    """DishBrain's rule beside its published controls."""
    arms = {name: run.arms()[name] for name in (BEFORE_TOLD, *loop.KINDS, TOLD)}
    values = {name: np.array(row["values"]) for name, row in arms.items()}
    drawn = Figure(partial(figures.dots, values, x=f"{BALLS}, distance told", paint=PAINT, wide=True))
    header = ["arm", BALLS, "in the lesson", job.GAIN, f"{RULE} − it", ""]
    lines = []
    for name, row in arms.items():
        gain = run.comparison(name, BEFORE_TOLD, metric=job.GAIN)
        inside = row["means"].get("in the lesson") if name in loop.KINDS else None
        said = f"{inside:.2f}" if inside is not None else ""
        lines.append([name, Points.of(row), said, Points.of(gain), *against(run, RULE, name)])
    lead = WORDS["dishbrain"].format(minutes=run.facts["session"] * run.facts["tick_s"] / 60)
    return Section("DishBrain's rule", [drawn, Table(header, lines)], lead)


def breaks(run: Finished) -> Section:
    """What the run would have said with one thing taken away."""
    intact = "nothing"
    named = {intact: "gradient"} | {name: f"broken/{name}" for name in loop.PONG_BREAKS}
    judged = [row for row in run.comparisons if row["control"] in job.MUST_EXCEED]
    rows = {name: weakest([row for row in judged if row["arm"] == arm]) for name, arm in named.items()}
    shown = report.broken(rows, run.arms(), {BALLS: BALLS, "right electrodes": "precision"}, intact)
    return Section("Broken on purpose", [shown], WORDS["broken"])


def cost(run: Finished) -> Section:
    """A stream that was not heard before, taught after Pong and to naive tissue."""
    arms = run.arms(job.STREAM)
    values = {name: np.array(arms[name]["values"]) for name in job.ORIGINS}
    joined = partial(figures.joined, values, y=job.SHARE, zero=False, width=FULL)
    drawn = Figure(joined, "Lines are cultures.")
    header = ["tissue", "before the stream", "after it", "after Pong − it", "", "balls hit after the stream"]
    lines = []
    for name, row in arms.items():
        before, balls = (f"{row['means'][key]:.2f}" for key in ("share before", BALLS))
        cells = against(run, "after Pong", name, job.SHARE, job.STREAM)
        lines.append([name, before, Points.of(row), *cells, balls])
    kept = run.comparison("after Pong", "naive", job.STREAM, BALLS)
    said = Text([WORDS["kept"], f"{Points.of(kept)} ", Mark(kept["verdict"])] if kept else "", small=True)
    lead = WORDS["cost"].format(**run.facts["stream"])
    return Section("What Pong costs", [drawn, Table(header, lines), said], lead)
