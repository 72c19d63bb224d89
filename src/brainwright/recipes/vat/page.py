"""The page of the vat: who predicts whom, what it needed, the group against its members."""

from functools import partial
from typing import Any

import numpy as np

from brainwright import report
from brainwright.loop.vats.scores import alike
from brainwright.report import Columns, Figure, Finished, Items, Points, Section, Table, Text, figures
from brainwright.report.figures import Curve
from brainwright.report.style import GREY, PALETTE

from .names import FOREIGN, NAIVE, NEGATIVE, ONE, OWN, PRIVATE, VOTE, WORDS

LIMITS = WORDS["limits"]
COLOURED = ("mutual", "self_grad", "ungraded", "relay", "tally", "oracle", "ring")
PAINT = dict(zip(COLOURED, PALETTE, strict=False)) | dict.fromkeys(
    (NAIVE, PRIVATE, "silent", "self", *NEGATIVE), GREY
)
VARIATIONS = ("hard", "noisy copies")


def sections(run: Finished) -> list[Section]:
    """All sections of which something is there."""
    shown = [overview(run), predicts(run), needed(run), together(run)]
    if len(run.facts["bits"]) > 1:
        shown.append(bandwidth(run))
    if run.config["lesion"]:
        shown.append(lesion(run))
    if run.config["chain"]:
        shown.append(chain(run))
    return shown


def of(run: Finished, arm: str, metric: str) -> np.ndarray:
    """One value per vat."""
    return np.array(run.arms()[arm]["metrics"][metric])


def main_arms(run: Finished) -> list[str]:
    """Those of the first table, in the order in which they ran."""
    return [arm for arm in WORDS["told"] if arm in run.arms()]


def overview(run: Finished) -> Section:
    """The figures behind the verdict."""
    rows, n = run.arms(), run.facts["brains"]
    said = {
        PRIVATE: "where all arms start",
        "mutual": "trained to predict its partners",
        "self_grad": "its own answers alone",
        "ungraded": "without gradient steps",
        "relay": "copies the answer of the moment",
        "oracle": "true writes: the ceiling",
    }
    tiles = [(arm, f"{rows[arm]['means'][FOREIGN]:.2f}", text) for arm, text in said.items()]
    tiles.append(("n", str(run.facts["vats"]), f"vats of {n} brains"))
    unit = Text(WORDS["unit"].format(vats=run.facts["vats"]), small=True)
    return Section(
        "The experiment",
        [report.Tiles(tiles), Text(WORDS["claim"]), unit],
        WORDS["experiment"].format(n=n),
    )


def predicts(run: Finished) -> Section:
    """Who predicts whom, before and after, in the median vat."""
    n = run.facts["brains"]
    foreign = of(run, "mutual", FOREIGN)
    vat = int(np.argsort(foreign, kind="stable")[len(foreign) // 2])
    order = np.argsort(np.arange(n) % 3, kind="stable")
    groups = {f"part {part + 1}": int((np.arange(n) % 3 == part).sum()) for part in range(3)}
    shown = []
    for unit, caption in ((PRIVATE, "Before they met."), ("mutual", "After.")):
        answers = run.units.load(unit)["answers"][vat * n : (vat + 1) * n][order]
        values = alike(answers)
        np.fill_diagonal(values, np.nan)
        options: dict[str, Any] = {"columns": groups, "rows": groups, "reach": 1.0, "from_zero": True}
        drawn = partial(figures.matrix, values, x="brain", y="brain", key="same answer", **options)
        shown.append(Figure(drawn, caption))
    return Section("Who predicts whom", [Columns(shown)], WORDS["predicts"].format(vat=vat + 1))


def needed(run: Finished) -> Section:
    """Every arm, and the controls that must not move."""
    names, rows = main_arms(run), run.arms()
    drawn = partial(figures.dots, {arm: of(run, arm, FOREIGN) for arm in names}, x=FOREIGN, paint=PAINT)
    explained = Items([f"{arm}: {WORDS['told'][arm]}" for arm in names])
    lines = []
    for arm in names:
        means, against = rows[arm]["means"], run.comparison("mutual", arm, metric=FOREIGN)
        cells = [f"{means[m]:.2f}" for m in (FOREIGN, OWN, "all", "worst", "best", VOTE)]
        right = f"{means['precision']:.2f}" if means["precision"] else ""
        verdict = report.Mark(against["verdict"]) if against else ""
        lines.append([arm, *cells, right, Points.of(against, digits=3), verdict])
    header = [
        "arm",
        "foreign",
        "own",
        "all",
        "worst",
        "best",
        "vote",
        "right writes",
        "mutual − it",
        "",
    ]
    table = Table(header, lines, WORDS["table"])
    blocks: list[report.Block] = [Columns([Figure(drawn, WORDS["arms"]), explained]), table]
    still = {arm: row for arm, row in run.against(PRIVATE).items() if arm in NEGATIVE}
    if still:
        caption = WORDS["still"].format(vats=run.facts["vats"], margin="{margin:.2f}")
        blocks.append(report.same(still, x="change of the foreign share", caption=caption, paint=PAINT))
    return Section("What it needed", blocks)


def together(run: Finished) -> Section:
    """A vote against a vote, a brain against a brain, and one brain of all cells."""
    lines = []
    for arm in (PRIVATE, "silent", "mutual", ONE):
        if arm not in run.arms():
            continue
        means = run.arms()[arm]["means"]
        vote, single = (run.comparison("mutual", arm, metric=m) for m in (VOTE, "all"))
        cells = [f"{means[m]:.2f}" for m in (VOTE, "majority", "all", "worst", "best")]
        lines.append([arm, *cells, Points.of(vote, digits=2), Points.of(single, digits=2)])
    header = [
        "",
        "vote",
        "majority",
        "a brain, mean",
        "worst",
        "best",
        "vote: mutual − it",
        "a brain: mutual − it",
    ]
    return Section("A group and its members", [Table(header, lines)], WORDS["like"])


def bandwidth(run: Finished) -> Section:
    """What coarser messages, and other changes, cost."""
    sizes = dict(sorted(run.facts["bits"].items(), key=lambda item: item[1]))
    values = np.stack([of(run, arm, FOREIGN) for arm in sizes], axis=1)
    levels = {PRIVATE: float(of(run, PRIVATE, FOREIGN).mean())}
    drawn = partial(
        figures.curves,
        {"mutual": Curve.of_units(list(sizes.values()), values)},
        x="bits per message",
        y=FOREIGN,
        log_x=True,
        levels=levels,
    )
    lines = []
    for arm in (*sizes, *VARIATIONS):
        if arm in run.arms():
            row = run.comparison("mutual", arm)
            size = f"{sizes[arm]:.1f}" if arm in sizes else ""
            mark = report.Mark(row["verdict"]) if row else ""
            lines.append([arm, size, Points.of(run.arms()[arm], digits=3), Points.of(row, digits=3), mark])
    table = Table(["messages", "bits", "foreign share", "mutual − it", ""], lines)
    return Section(
        "How much has to be said",
        [Columns([Figure(drawn), table]), Text(WORDS["varied"], small=True)],
        WORDS["bandwidth"],
    )


def lesion(run: Finished) -> Section:
    """What comes back to lesioned brains, and what the intact ones keep."""
    kinds = [f"{who}, {when}" for who in ("lesioned", "intact") for when in ("before", "lesion", "end")]
    rows = {
        name.removeprefix("lesion/"): row for name, row in run.arms().items() if name.startswith("lesion/")
    }
    lines = [
        [name, *(f"{row['means'][kind]:.2f}" for kind in kinds)]
        for name, row in rows.items()
        if kinds[0] in row["means"]
    ]
    lost = rows["no teachers"]["means"]
    said = f"No teachers: {lost['lost part']:.2f} of the lost part, {lost['taught parts']:.2f} of the others."
    compared = [row for row in run.comparisons if row["arm"] == "lesion/mutual"]
    tests = [
        [row["control"].removeprefix("lesion/"), row["metric"], Points.of(row, digits=3)] for row in compared
    ]
    return Section(
        "Brains that lose what they know",
        [
            Table(["then", *kinds], lines),
            Text(said),
            Table(["mutual over", "of", "difference"], tests),
        ],
        WORDS["lesion"],
    )


def chain(run: Finished) -> Section:
    """What is left of the truth from one generation to the next."""
    rows: dict[str, dict[int, list[float]]] = {}
    for name, row in run.arms("chain").items():
        way, _, generation = name.rpartition(", ")
        rows.setdefault(way, {})[int(generation)] = row["values"]
    lines = {
        way: Curve.of_units(list(values), np.array(list(values.values())).T) for way, values in rows.items()
    }
    drawn = partial(figures.curves, lines, x="generation", y="share of right answers", levels={"chance": 0.2})
    return Section("From teacher to teacher", [Figure(drawn, wide=True)], WORDS["chain"])
