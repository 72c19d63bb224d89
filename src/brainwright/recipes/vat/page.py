"""The page of the vat: who predicts whom, what it needed, the group against its members."""

from functools import partial
from typing import Any

import numpy as np

from brainwright import report
from brainwright.loop.vats.scores import alike
from brainwright.report import Columns, Figure, Finished, Items, Points, Section, Table, Text, figures
from brainwright.report.figures import Curve
from brainwright.report.style import GREY, PALETTE

from .names import CHAIN, FOREIGN, NAIVE, NEGATIVE, ONE, OWN, PRIVATE, VOTE, WORDS, lesion_name

LIMITS = WORDS["limits"]
COLOURED = ("mutual", "self_grad", "ungraded", "relay", "tally", "oracle", "ring", "search")
STILL = (NAIVE, PRIVATE, "silent", "self", *NEGATIVE)
PAINT = dict(zip(COLOURED, PALETTE, strict=False)) | dict.fromkeys(STILL, GREY)


def sections(run: Finished) -> list[Section]:
    """All sections of which something is there."""
    shown = [overview(run), predicts(run), needed(run), together(run)]
    extras = {bandwidth: len(run.facts["bits"]) > 1, lesion: run.config["lesion"], chain: run.config["chain"]}
    return shown + [section(run) for section, there in extras.items() if there]


def of(run: Finished, arm: str, metric: str) -> np.ndarray:
    """One value per vat."""
    return np.array(run.arms()[arm]["metrics"][metric])


def overview(run: Finished) -> Section:
    """The figures behind the verdict."""
    n, vats = run.facts["brains"], run.facts["vats"]
    tiles = [(arm, f"{run.arms()[arm]['means'][FOREIGN]:.2f}", text) for arm, text in WORDS["tiles"].items()]
    tiles.append(("n", str(vats), f"vats of {n} brains"))
    blocks = [report.Tiles(tiles), Text(WORDS["claim"]), Text(WORDS["unit"].format(vats=vats), small=True)]
    return Section("The experiment", blocks, WORDS["experiment"].format(n=n))


def predicts(run: Finished) -> Section:
    """Who predicts whom, before and after, in the median vat."""
    n, foreign = run.facts["brains"], of(run, "mutual", FOREIGN)
    vat = int(np.argsort(foreign, kind="stable")[len(foreign) // 2])
    part = np.arange(n) % 3
    groups = {f"part {p + 1}": int((part == p).sum()) for p in range(3)}
    options: dict[str, Any] = {"columns": groups, "rows": groups, "reach": 1.0, "from_zero": True}
    shown = []
    for unit, caption in ((PRIVATE, "Before they met."), ("mutual", "After.")):
        answers = run.units.load(unit)["answers"][vat * n : (vat + 1) * n]
        values = alike(answers[np.argsort(part, kind="stable")])
        np.fill_diagonal(values, np.nan)
        drawn = partial(figures.matrix, values, x="brain", y="brain", key="same answer", **options)
        shown.append(Figure(drawn, caption))
    return Section("Who predicts whom", [Columns(shown)], WORDS["predicts"].format(vat=vat + 1))


def needed(run: Finished) -> Section:
    """Every arm, and the controls that must not move."""
    rows = {arm: run.arms()[arm] for arm in WORDS["told"] if arm in run.arms()}
    shown = {arm: of(run, arm, FOREIGN) for arm in rows}
    drawn = Figure(partial(figures.dots, shown, x=FOREIGN, paint=PAINT), WORDS["arms"])
    lines = []
    for arm, row in rows.items():
        means, over = row["means"], run.comparison("mutual", arm, metric=FOREIGN)
        cells = [f"{means[m]:.2f}" for m in (FOREIGN, OWN, "all", "worst", "best", VOTE)]
        right = f"{means['precision']:.2f}" if means["precision"] else ""
        lines.append([arm, *cells, right, Points.of(over, digits=3), *mark(over)])
    header = ["arm", "foreign", "own", "all", "worst", "best", "vote", "right writes", "mutual − it", ""]
    explained = Items([f"{arm}: {WORDS['told'][arm]}" for arm in rows])
    blocks: list[report.Block] = [Columns([drawn, explained]), Table(header, lines, WORDS["table"])]
    if still := {arm: row for arm, row in run.against(PRIVATE).items() if arm in NEGATIVE}:
        caption = WORDS["still"].format(vats=run.facts["vats"], margin="{margin:.2f}")
        blocks.append(report.same(still, x="change of the foreign share", caption=caption, paint=PAINT))
        blocks.append(Text(WORDS["controls"], small=True))
    return Section("What it needed", blocks)


def mark(row: dict[str, Any] | None) -> list[report.Mark | str]:
    """The verdict of a comparison, if there is one."""
    return [report.Mark(row["verdict"]) if row else ""]


def together(run: Finished) -> Section:
    """A vote against a vote, a brain against a brain, and one brain of all cells."""
    lines = []
    for arm in (PRIVATE, "silent", "mutual", ONE):
        if arm in run.arms():
            means = run.arms()[arm]["means"]
            over = (Points.of(run.comparison("mutual", arm, metric=m), digits=2) for m in (VOTE, "all"))
            lines.append(
                [arm, *(f"{means[m]:.2f}" for m in (VOTE, "majority", "all", "worst", "best")), *over]
            )
    header = ["", "vote", "majority", "a brain", "worst", "best", "vote: mutual − it", "a brain: mutual − it"]
    one = [Text(WORDS["one"], small=True)] if ONE in run.arms() else []
    return Section("A group and its members", [Table(header, lines), *one], WORDS["like"])


def bandwidth(run: Finished) -> Section:
    """What coarser messages, and other changes, cost."""
    sizes = dict(sorted(run.facts["bits"].items(), key=lambda item: item[1]))
    curve = Curve.of_units(list(sizes.values()), np.stack([of(run, arm, FOREIGN) for arm in sizes], axis=1))
    levels = {PRIVATE: float(of(run, PRIVATE, FOREIGN).mean())}
    axes: dict[str, Any] = {"x": "bits per message", "y": FOREIGN, "log_x": True, "levels": levels}
    drawn = Figure(partial(figures.curves, {"mutual": curve}, **axes), wide=True)
    lines = []
    for arm in (*sizes, "hard", "noisy copies", "symbols only"):
        over, size = run.comparison("mutual", arm), f"{sizes[arm]:.1f}" if arm in sizes else ""
        lines.append(
            [arm, size, Points.of(run.arms()[arm], digits=3), Points.of(over, digits=3), *mark(over)]
        )
    table = Table(["messages", "bits", "foreign share", "mutual − it", ""], lines)
    blocks = [drawn, table, Text(WORDS["varied"], small=True)]
    return Section("How much has to be said", blocks, WORDS["bandwidth"])


def lesion(run: Finished) -> Section:
    """What comes back to lesioned brains, and what the intact ones keep."""
    kinds = [f"{who}, {when}" for who in ("lesioned", "intact") for when in ("before", "lesion", "end")]
    lines = []
    for name in ("mutual", "self_grad", "silent"):
        means, full = run.arms()[lesion_name(name)]["means"], lesion_name(name)
        over = [run.comparison(lesion_name("mutual"), full, metric=m) for m in (FOREIGN, "intact, end")]
        lines.append([name, *(f"{means[k]:.2f}" for k in kinds), *(Points.of(row, digits=2) for row in over)])
    lost = run.arms()[lesion_name("no teachers")]["means"]
    said = (
        f"No teachers: right in {lost['lost part']:.2f} of the lost part, {lost['taught parts']:.2f} of the"
    )
    said += " others"
    if chance := run.comparison(lesion_name("no teachers"), NAIVE):
        said += f"; the lost part less naive brains: {Points.of(chance, digits=3)}, {chance['verdict']}"
    header = ["then", *kinds, "lesioned: mutual − it", "intact: mutual − it"]
    blocks = [Table(header, lines), Text(f"{said}.")]
    return Section("Brains that lose what they know", blocks, WORDS["lesion"])


def chain(run: Finished) -> Section:
    """What is left of the truth from one generation to the next."""
    rows: dict[str, list[list[float]]] = {}
    for name, row in run.arms(CHAIN).items():
        rows.setdefault(name.rpartition(", ")[0], []).append(row["values"])
    lines = {way: Curve.of_units(range(len(each)), np.array(each).T) for way, each in rows.items()}
    axes: dict[str, Any] = {"x": "generation", "y": "share of right answers", "levels": {"chance": 0.2}}
    drawn = Figure(partial(figures.curves, lines, **axes), wide=True)
    return Section("From teacher to teacher", [drawn], WORDS["chain"])
