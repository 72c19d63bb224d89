"""The page of evoking: what it needed, letters, breaks, how many trials, where a network is needed."""

from functools import partial
from typing import Any

import numpy as np

from brainwright import report
from brainwright.loop.evoke import names
from brainwright.loop.evoke.letters import FONT, letters
from brainwright.report import Columns, Figure, Finished, Items, Mark, Points, Section, Table, Text, figures
from brainwright.report.figures import Curve
from brainwright.report.style import GREY, PALETTE

from . import Config
from . import experiment as job
from .words import WORDS

LIMITS = WORDS["limits"]
COLOURED = (names.GRADIENT, names.NETWORK, names.RIDGE, *names.MUST_EXCEED[:-1])
PAINT = dict(zip(COLOURED, PALETTE, strict=False)) | dict.fromkeys(
    (names.RANDOM, names.CEILING, "yoked", "lookup"), GREY
)
METRICS = (job.R2, "correlation", "named")


def sections(run: Finished) -> list[Section]:
    """All sections of which something is there."""
    if run.primary is None:
        return []
    shown = [overview(run), models(run), drawn_letters(run), breaks(run)]
    shown += [curve(run)] if len(run.facts["curve"]) > 1 else []
    shown += [where(run)] if run.config["where"] or run.config["latent"] else []
    return [*shown, teaching(run)] if run.config["teach"] else shown


def cells(run: Finished, arm: str, name: str, study: str = "") -> list[report.Cell]:
    """An arm's name and its metrics."""
    row = run.arms(study)[arm]
    return [name, Points.of(row), *(f"{row['means'][metric]:.2f}" for metric in METRICS[1:])]


def over(run: Finished, arm: str, control: str, study: str = "", metric: str = job.R2) -> list[report.Cell]:
    """What an arm has over a control, and the verdict; empty where it was not compared."""
    row = run.comparison(arm, control, study, metric)
    return [Points.of(row, digits=3, sign=True), Mark(row["verdict"])] if row else ["", ""]


def overview(run: Finished) -> Section:
    """Every arm, and what the gradient has over it."""
    arms = run.arms()
    tiles = [(arm, f"{arms[arm]['mean']:.2f}", text) for arm, text in WORDS["tiles"].items()]
    tiles.append(("n", str(arms[names.GRADIENT]["n"]), "cultures, the same in all arms"))
    values = {arm: np.array(arms[arm]["values"]) for arm in WORDS["told"]}
    dots = partial(
        figures.dots, values, x="R2, cleared of noise", levels={"wanted": 1.0, "none": 0.0}, paint=PAINT
    )
    explained = Items([f"{arm}: {what}" for arm, what in WORDS["told"].items()])
    lines = [[*cells(run, arm, arm), *over(run, names.GRADIENT, arm)] for arm in WORDS["told"]]
    header = ["arm", *METRICS, "gradient − it", ""]
    blocks = [
        report.Tiles(tiles),
        Columns([Figure(dots, WORDS["unit"].format(n=arms[names.GRADIENT]["n"])), explained]),
        Table(header, lines, WORDS["table"].format(**run.facts)),
    ]
    return Section("The experiment", blocks, WORDS["experiment"].format(**run.facts))


def models(run: Finished) -> Section:
    """The network alone, against the ridge and against every rival."""
    lines = [[control, *over(run, names.NETWORK, control)] for control in (names.RIDGE, *names.MUST_EXCEED)]
    return Section("Which model", [Table(["control", "network − it", ""], lines)], WORDS["linear"])


def drawn_letters(run: Finished) -> Section:
    """Letters, as they were wanted and as they came."""
    units = [f"letters/{arm}" for arm in names.LETTERS]
    values = np.array(run.arms()[units[0]]["metrics"]["correlation"])
    dish = int(np.argsort(values, kind="stable")[len(values) // 2])
    options: dict[str, Any] = run.config | {"trials": tuple(run.config["trials"])}
    work = job.work_of(Config(**options))
    rows = {"wanted": letters().reshape(-1, 5, 5)}
    for arm, unit in zip(names.LETTERS, units, strict=True):
        rows[arm] = work.drawn(unit, run.units, dish).reshape(-1, 5, 5)
    drawn = Figure(partial(figures.patterns, rows, list(FONT)), WORDS["letters"], wide=True)
    lines: list[list[Any]] = []
    for arm, name in zip(names.LETTERS, units, strict=True):
        means = run.arms()[name]["means"]
        lines.append([arm, f"{means['correlation']:.2f}", f"{means['named']:.2f}"])
        lines[-1] += over(run, units[0], name, metric="correlation")
    header = ["arm", "correlation", "letters named by one trial", "gradient − it", ""]
    return Section("Letters where nothing is stimulated", [drawn, Table(header, lines)])


def breaks(run: Finished) -> Section:
    """What is chosen with one thing taken away."""
    lines = [
        [*cells(run, f"broken/{name}", name), *over(run, f"broken/{name}", names.RANDOM)]
        for name in names.BREAKS
    ]
    lines.append([*cells(run, names.GRADIENT, "nothing"), *over(run, names.GRADIENT, names.RANDOM)])
    header = ["taken away", *METRICS, "it − random", ""]
    return Section("Broken on purpose", [Table(header, lines)], WORDS["broken"])


def curve(run: Finished) -> Section:
    """R2 over the trials that a model sees."""
    arms, first = run.arms(), run.facts["trials"]
    trials = sorted(run.facts["curve"])

    def name(n: int, arm: str) -> str:
        return arm if n == first else f"{n:,} trials/{arm}"

    lines = {
        arm: Curve.of_units(trials, np.column_stack([arms[name(n, arm)]["values"] for n in trials]))
        for arm in names.CURVE
    }
    drawn = partial(figures.curves, lines, x="random writes recorded", y="R2", log_x=True, paint=PAINT)
    rows: list[list[Any]] = []
    for n in trials:
        shown = [Points.of(arms[name(n, arm)]) for arm in names.CURVE]
        against = over(run, name(n, names.NETWORK), name(n, names.RIDGE))
        rows.append(
            [f"{n:,}", *shown, *against, *over(run, name(n, names.GRADIENT), name(n, names.SMOOTHED))]
        )
    header = ["trials", *names.CURVE, "network − ridge", "", "gradient − smoothed", ""]
    blocks = [Figure(drawn, "Mean and 95 % interval over cultures.", wide=True), Table(header, rows)]
    return Section("How many trials", blocks, WORDS["curve"].format(**run.facts))


def where(run: Finished) -> Section:
    """Tasks beyond one linear map, and latent diffusion."""
    rows: list[list[Any]] = []
    for study in run.facts["extras"]:
        if study == job.TEACHING:
            continue
        for arm in run.arms(study):
            rows.append([study, *cells(run, arm, arm, study), *over(run, arm, names.RIDGE, study)])
            rows[-1] += over(run, arm, names.WITH_STATE, study) + over(run, arm, names.OWN_CONTEXT, study)
    if run.config["latent"]:
        arm = f"{job.LATENT}/{job.LATENT}"
        rows.append(["as recorded", *cells(run, arm, "latent diffusion"), *over(run, arm, names.RIDGE)])
        rows[-1] += [""] * 4
    header = ["task", "arm", *METRICS, "it − ridge", ""]
    header += ["it − ridge with the state", "", "it − ridge of each context", ""]
    return Section("Where is a network needed?", [Table(header, rows)], WORDS["where"])


def teaching(run: Finished) -> Section:
    """What cues alone evoke after they were paired with evoked patterns."""
    arms = run.arms(job.TEACHING)
    values = {arm: np.array(row["values"]) for arm, row in arms.items()}
    drawn = Figure(partial(figures.dots, values, x="answers of map A", levels={"chance": 1 / 6}))
    rows = []
    for arm, row in arms.items():
        twin = f"{row['means']['answers of map B']:.3f}"
        gain = over(run, job.TAUGHT, arm, job.TEACHING, "answers of map A")
        rows.append([arm, Points.of(row, digits=3), twin, *gain])
    header = ["lesson", "answers of map A", "of map B", f"{job.TAUGHT} − it", ""]
    return Section("Teaching by evoking", [drawn, Table(header, rows), Text(WORDS["teaching"])])
