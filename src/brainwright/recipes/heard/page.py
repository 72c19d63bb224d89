"""What the page shows beside the verdict: what was learned, by what, and what changed in the tissue."""

from functools import partial
from typing import Any

import numpy as np

from brainwright import report
from brainwright.report import (
    Block,
    Columns,
    Culture,
    Figure,
    Finished,
    Mark,
    Points,
    Section,
    Strong,
    Text,
    figures,
    per_unit,
)
from brainwright.report.style import GREY, HALF, PALETTE
from brainwright.runs import of_prefix

from .names import BEFORE, CONDITIONS, CONTROLS, LOG_SCORE, MARGIN, METRIC, WORDS, arm_name

Row = dict[str, Any]
LIMITS = WORDS["limits"]
COLOURED = ("adaptive", "yoked", "oracle", "ungraded", "matched", "frozen", "saline")
PAINT = dict(zip(COLOURED, PALETTE, strict=False)) | {"silent": GREY, BEFORE: GREY}
"""An arm has one colour throughout."""


def sections(run: Finished) -> list[Section]:
    """All sections; none of a run that is not finished, since the dishes go through all steps together."""
    if run.primary is None:
        return []
    culture, levels = Culture.of(run), run.facts["levels"]
    tissue = Section(
        "What changed in the tissue", report.changed(culture), WORDS["tissue"].format(**culture.words)
    )
    heading = f"The {'tune' if levels['midi'] else 'stream'}, continued by the tissue"
    tune = Section(heading, report.continued(culture), WORDS["tune"].format(**culture.words))
    first = [overview(run), learned(run), gradient(run), controls(run), tissue]
    return [
        *first,
        report.writes(run, culture, arms(run), WORDS),
        emulator(run),
        stream(run),
        tune,
        *extras(run),
    ]


def arms(run: Finished, condition: str = "full") -> dict[str, dict[str, Any]]:
    """Arms of a condition by their own names."""
    every = run.arms()
    return {arm: every[name] for arm in CONTROLS if (name := arm_name(condition, arm)) in every}


def small(name: str, **filled: Any) -> Text:
    """A sentence of the page in small print."""
    return Text(WORDS[name].format(**filled), small=True)


def overview(run: Finished) -> Section:
    """The figures behind the verdict, and the experiment in a sentence and a drawing."""
    primary, rows = run.result["primary"], arms(run)
    gain, within = (Points.of(primary, digits=3, sign=True) or Points(None)).parts()
    scores = {
        arm: " → ".join(f"{per_unit(rows[arm], name).mean():.2f}" for name in ("share_before", "share_after"))
        for arm in ("adaptive", "ungraded", "yoked")
    }
    tiles = [
        ("adaptive", scores["adaptive"], "score before → after teaching"),
        ("ungraded", scores["ungraded"], "the plain forecast, no gradient steps"),
        ("yoked", scores["yoked"], "the same charge, not contingent"),
        ("adaptive − ungraded", gain, f"95 % interval {within}; counts beyond {MARGIN}"),
        ("n", str(run.n), "cultures per arm, the same in all"),
    ]
    return Section(
        "The experiment", [report.Tiles(tiles), report.schematic(WORDS["schematic"])], WORDS["experiment"]
    )


def learned(run: Finished) -> Section:
    """Every culture before and after per arm, beside the learning curves."""
    rows, levels, course = arms(run), run.facts["levels"], run.facts["conditions"]["full"]
    pairs = {arm: (per_unit(row, "share_before"), per_unit(row, "share_after")) for arm, row in rows.items()}
    marks = {"before": run.arms()[BEFORE]["means"]["share_before"]}
    marks |= {"best constant": levels["constant_answer"], "Bayes ceiling": levels["bayes_share"]}
    curves = {arm: np.column_stack([pairs[arm][0], run.extra["curves"][arm]]) for arm in rows}
    taught = np.minimum(np.arange(curves["adaptive"].shape[1]) * course["block"], course["taught"])
    captions = WORDS["dumbbells"].format(n=run.n), WORDS["curves"].format(n=run.n)
    look: dict[str, Any] = {"x": WORDS["share"], "levels": marks, "captions": captions, "paint": PAINT}
    explained = report.Items([f"{arm}: {what}" for arm, what in WORDS["arms"].items()])
    shown = report.before_and_after(pairs, curves, taught, **look)
    return Section(
        "What was learned", [shown, report.Details("What the arms are", [explained])], WORDS["score"]
    )


def gradient(run: Finished) -> Section:
    """Adaptive against ungraded and oracle in every condition."""
    every = np.concatenate([row["values"] for name in CONDITIONS for row in arms(run, name).values()])
    limits = (min(-0.05, float(every.min()) - 0.03), float(every.max()) + 0.05)  # room around the dots
    where: dict[str, list[str]] = {}
    for name in CONDITIONS:
        row = run.comparison(arm_name(name, "adaptive"), arm_name(name, "ungraded"))
        where.setdefault(row["verdict"] if row else "", []).append(WORDS["titles"][name].lower())
    said = [way.format("; ".join(where[word])) for word, way in WORDS["steps"].items() if word in where]
    cards = [condition(run, name, limits) for name in CONDITIONS]
    lead = " ".join([WORDS["gradient"], *said])
    return Section("What the gradient adds", [Columns(cards), small("joined", n=run.n)], lead)


def condition(run: Finished, name: str, limits: tuple[float, float]) -> Section:
    """One condition: its cultures joined across the arms, and what that says."""
    facts, rows = run.facts["conditions"][name], arms(run, name)
    shown = {arm: rows[arm]["values"] for arm in ("yoked", "ungraded", "adaptive", "oracle") if arm in rows}
    drawn = partial(figures.joined, shown, y="change of the score (share)", limits=limits, paint=PAINT)
    precise = [f"{arm} {rows[arm]['means']['write_precision']:.0%}" for arm in ("ungraded", "adaptive")]
    refitted = "fitted again after every block" if facts["refit"] else "fitted once"
    blocks: list[Block] = [Figure(drawn), small("condition", **facts, refitted=refitted)]
    blocks.append(small("precise", shares=", ".join(precise)))
    for control in ("ungraded", "oracle", "yoked"):
        row = run.comparison(arm_name(name, "adaptive"), arm_name(name, control), metric=METRIC)
        if row is not None:
            said = [Mark(row["verdict"]), Strong(f"vs {control}"), compared(control, row)]
            blocks.append(Text(said, small=True))
    return Section(WORDS["titles"][name], blocks)


def compared(control: str, row: Row) -> str:
    """A comparison in words, with its figures."""
    gain = Points.of(row["difference"], digits=3, sign=True)
    return f"{WORDS[control][row['verdict']].format(margin=MARGIN)}: {gain}, d_z {Points.of(row['d_z'])}."


def controls(run: Finished) -> Section:
    """Arms in which nothing should happen."""
    caption = WORDS["equivalence"].format(n=run.n, margin="{margin:.3f}")
    shown = report.same(run.against(BEFORE), x="change from before (share)", caption=caption, paint=PAINT)
    return Section("Negative controls", [shown], WORDS["nothing"])


def emulator(run: Finished) -> Section:
    """Forecast skill of the emulator against the trivial forecasts."""
    skill = of_prefix("skill_", run.units.load("naive"))
    rows = {text: skill[name] for name, text in WORDS["forecasts"].items() if name in skill}
    shown = report.forecasts(rows, WORDS["dots"].format(n=run.n))
    return Section("The emulator", [shown, small("skill")], WORDS["emulator"])


def stream(run: Finished) -> Section:
    """Log score of the next symbol on the stream itself."""
    levels, gain = run.facts["levels"], run.against("yoked", metric=LOG_SCORE)["adaptive"]
    shown = {BEFORE: run.arms()[BEFORE]} | arms(run)
    bits = {arm: per_unit(row, "log_score_bits") for arm, row in shown.items()}
    marks = {"chance": levels["chance_bits"], "Bayes ceiling": levels["bayes_bits"]}
    x = "log score of the next symbol (bits; higher is better)"
    draw = partial(figures.dots, bits, x=x, levels=marks, paint=PAINT)
    drawn = Figure(draw, WORDS["dots"].format(n=run.n))
    d_z, more = Points.of(gain["d_z"]), Points.of(gain["difference"], digits=3, sign=True)
    said = f"Adaptive − yoked: {more} bits, d_z {d_z}."
    ends = {f"{name}_level": report.number(levels[f"{name}_bits"]) for name in ("chance", "bayes")}
    words = small("bits", **ends, **levels)
    blocks = [Columns([drawn, words]), Text([Mark(gain["verdict"]), said])]
    return Section("On the stream itself", blocks, WORDS["stream"])


def extras(run: Finished) -> list[Section]:
    """The dose curve, where the run measured it."""
    curve = run.extra.get("dose")
    if not curve:
        return []
    naive = {"before": run.arms()[BEFORE]["means"]["share_before"]}
    line = {"oracle": figures.Curve.of_units(curve["dose"], np.array(curve["scores"]), "D-")}
    look = {"log_x": True, "levels": naive, "limits": (0, None), "paint": PAINT, "size": (HALF, 2.6)}
    shown = partial(figures.curves, line, x="symbols taught (log scale)", y="score (share)", **look)
    return [Section("Dose curve", [Columns([Figure(shown), small("dose", n=run.n)])])]
