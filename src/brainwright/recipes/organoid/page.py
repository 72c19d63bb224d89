"""What the page shows beside the verdict: what was learned, by what, and what changed in the tissue."""

from collections.abc import Mapping
from functools import partial
from importlib import resources
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from brainwright.evidence import Arm, compare
from brainwright.report import (
    Block,
    Columns,
    Details,
    Figure,
    Finished,
    Items,
    Mark,
    Picture,
    Points,
    Section,
    Strong,
    Table,
    Text,
    Tiles,
    dose,
    figures,
    number,
    same,
)
from brainwright.report.figures import Curve
from brainwright.report.style import GREY, HALF, PALETTE
from brainwright.runs import of_prefix

from .conditions import BEFORE, CONDITIONS, CONTROLS, LOG_SCORE, ORACLE_MARGIN, WORDS, arm_name
from .culture import Culture, plan, small, tissue, tune

if TYPE_CHECKING:
    from matplotlib.figure import Figure as Drawing

LIMITS = WORDS["limits"]
COLOURED = ("adaptive", "yoked", "oracle", "ungraded", "matched", "frozen", "saline")
PAINT = dict(zip(COLOURED, PALETTE, strict=False)) | {"silent": GREY, BEFORE: GREY}
"""An arm has one colour throughout."""
STRETCH = 20  # symbols per picture of writes
Row = Mapping[str, Any]


def sections(run: Finished) -> list[Section]:
    """All sections; none of a run that is not finished, since the dishes go through all steps together."""
    if run.primary is None:
        return []
    culture = Culture.of(run)
    first = [overview(run), learned(run), gradient(run), controls(run), tissue(culture)]
    return [*first, writes(run, culture), emulator(run), stream(run), tune(culture), *extras(run)]


def arms(run: Finished, condition: str = "full") -> dict[str, dict[str, Any]]:
    """Arms of a condition by their own names."""
    every = run.arms()
    return {arm: every[name] for arm in CONTROLS if (name := arm_name(condition, arm)) in every}


def metric(row: Row, name: str) -> NDArray[np.float64]:
    """One value per culture."""
    return np.array(row["metrics"][name])


def points(row: Row, digits: int = 2, sign: bool = False) -> Points:
    """A value with its interval."""
    return Points(row["value"], row["ci_low"], row["ci_high"], digits, sign)


def mark(row: Row) -> Mark:
    """A verdict; green where it is what a sound experiment should give."""
    oracle = row["control"].rpartition("/")[2] == "oracle"
    return Mark(row["verdict"], tone="good" if oracle and row["verdict"] == "no difference" else "")


def cultures(run: Finished) -> int:
    """How many there are in each arm."""
    return run.result["primary"]["n"]


def overview(run: Finished) -> Section:
    """The figures behind the verdict, and the experiment in a sentence and a drawing."""
    primary, rows = run.result["primary"], arms(run)
    d_z, effect = points(primary["d_z"]).parts(), Points.of(primary) or Points(None)
    scores = {
        arm: " → ".join(f"{metric(rows[arm], name).mean():.2f}" for name in ("share_before", "share_after"))
        for arm in ("adaptive", "yoked")
    }
    tiles = [
        ("adaptive", scores["adaptive"], "score before → after teaching"),
        ("yoked", scores["yoked"], "the same charge, not contingent"),
        (primary["effect"], effect.parts()[0], f"95 % interval {effect.parts()[1]}"),
        ("paired d_z", d_z[0], f"95 % interval {d_z[1]}"),
        ("n", str(primary["n"]), "cultures per arm, the same in all"),
    ]
    drawing = resources.files("brainwright.recipes.organoid").joinpath("schematic.svg").read_text("utf-8")
    picture = Picture(drawing, WORDS["schematic"], wide=True)
    return Section("The experiment", [Tiles(tiles), picture], WORDS["experiment"])


def learned(run: Finished) -> Section:
    """Every culture before and after per arm, beside the learning curves."""
    rows, levels = arms(run), run.facts["levels"]
    pairs = {arm: (metric(row, "share_before"), metric(row, "share_after")) for arm, row in rows.items()}
    marks = {"before": run.arms()[BEFORE]["means"]["share_before"]}
    marks |= {"best constant": levels["constant_answer"], "Bayes ceiling": levels["bayes_share"]}
    options: dict[str, Any] = {"x": WORDS["share"], "levels": marks, "limits": (0, 1.02), "paint": PAINT}
    before_after = partial(figures.dumbbells, pairs, **options)
    drawn = {"dumbbells": before_after, "curves": partial(curves, run)}
    shown = [Figure(draw, WORDS[name].format(n=cultures(run))) for name, draw in drawn.items()]
    explained = [Items([f"{arm}: {what}" for arm, what in WORDS["arms"].items()])]
    blocks = [Columns(shown), Details("What the arms are", explained)]
    return Section("What was learned", blocks, WORDS["score"])


def curves(run: Finished) -> "Drawing":
    """Score against symbols taught, per arm."""
    rows, taught, lines = arms(run), run.facts["conditions"]["full"]["taught"], {}
    for k, (arm, row) in enumerate(rows.items()):
        values = np.column_stack([metric(row, "share_before"), np.array(run.extra["curves"][arm])])
        block = -(-taught // (values.shape[1] - 1))
        x = np.minimum(np.arange(values.shape[1]) * block, taught)
        beside = (k - len(rows) / 2) * taught * 0.006  # so that bars do not hide one another
        lines[arm] = Curve.of_units(x + beside, values)
    constant = {"best constant answer": run.facts["levels"]["constant_answer"]}
    options: dict[str, Any] = {
        "levels": constant,
        "limits": (0, None),
        "size": (HALF, 0.55 + 0.52 * len(rows)),
    }
    return figures.curves(lines, x="symbols taught", y=WORDS["share"], paint=PAINT, **options)


def gradient(run: Finished) -> Section:
    """Adaptive against ungraded and oracle in every condition."""
    every = np.concatenate([row["values"] for name in CONDITIONS for row in arms(run, name).values()])
    limits = (min(-0.05, float(every.min()) - 0.03), float(every.max()) + 0.05)  # room around the dots
    where: dict[str, list[str]] = {}
    for name in CONDITIONS:
        where.setdefault(asked(run, name, "ungraded")["verdict"], []).append(WORDS["titles"][name].lower())
    said = [way.format("; ".join(where[word])) for word, way in WORDS["steps"].items() if word in where]
    cards = [condition(run, name, limits) for name in CONDITIONS]
    lead = " ".join([WORDS["gradient"], *said])
    return Section("What the gradient adds", [Columns(cards), small("joined", n=cultures(run))], lead)


def condition(run: Finished, name: str, limits: tuple[float, float]) -> Section:
    """One condition: its cultures joined across the arms, and what that says."""
    facts, rows = run.facts["conditions"][name], arms(run, name)
    shown = {arm: rows[arm]["values"] for arm in ("yoked", "ungraded", "adaptive", "oracle") if arm in rows}
    drawn = partial(figures.joined, shown, y="change of the score (share)", limits=limits, paint=PAINT)
    precise = [f"{arm} {rows[arm]['means']['write_precision']:.0%}" for arm in ("ungraded", "adaptive")]
    steering = WORDS["steered"] if facts["steered"] else ""
    refitted = "fitted again after every block" if facts["refit"] else "fitted once"
    blocks: list[Block] = [Figure(drawn), small("condition", **facts, refitted=refitted, steering=steering)]
    blocks.append(small("precise", shares=", ".join(precise)))
    for control in ("ungraded", "oracle", "yoked"):
        if control in rows:
            row = asked(run, name, control)
            blocks.append(Text([mark(row), Strong(f"vs {control}"), compared(control, row)], small=True))
    return Section(WORDS["titles"][name], blocks)


def asked(run: Finished, name: str, control: str) -> dict[str, Any]:
    """A comparison of adaptive in a condition: as it was named before the run, or made by the same rule."""
    named = run.comparison(arm_name(name, "adaptive"), arm_name(name, control))
    if named is not None:
        return named
    pair = [Arm(arm, np.array(arms(run, name)[arm]["values"])) for arm in ("adaptive", control)]
    kind, margin = ("difference", ORACLE_MARGIN) if control == "oracle" else ("d_z", None)
    return compare(*pair, "successor share", kind=kind, margin=margin).as_dict()


def compared(control: str, row: Row) -> str:
    """A comparison in words, with its figures."""
    margin = f" (within ±{row['equivalence']['margin']:.3f})" if row["equivalence"] else ""
    said = WORDS[control][row["verdict"]].format(margin=margin)
    return f"{said}: {points(row['difference'], 3, True)}, d_z {points(row['d_z'])}."


def controls(run: Finished) -> Section:
    """Arms in which nothing should happen."""
    caption = WORDS["equivalence"].format(n=cultures(run), margin="{margin:.3f}")
    shown = same(run.against(BEFORE), x="change from before (share)", caption=caption, paint=PAINT)
    return Section("Negative controls", [shown], WORDS["nothing"])


def writes(run: Finished, culture: Culture) -> Section:
    """Which electrodes were written when, and what the ledger counts."""
    taught, delay_ms = run.facts["conditions"]["full"]["taught"], 1000 * float(culture.display["write_at_s"])
    stretch = min(STRETCH, (taught - 1) // 2)
    first = {"first": 0, "last": taught - 1 - stretch}
    ends = {f"The {name} {stretch} symbols of the teaching.": start for name, start in first.items()}
    pictures = Columns([Figure(partial(plan, culture, start, stretch), text) for text, start in ends.items()])
    right = small("plan", right=culture.taught["precision"].mean())
    where = {"each": culture.electrodes.shape[1], "dish": culture.dish + 1, "key": culture.key}
    minute, pulses = (of_prefix(prefix, culture.taught) for prefix in ("minute_", "ledger_"))
    ledger = dose(pulses, minute, run.facts["limits"], "Dose ledger of the adaptive arm")
    lead = WORDS["written"].format(delay=delay_ms, **where)
    return Section("The plan of writes", [pictures, right, per_arm(run), ledger], lead)


def per_arm(run: Finished) -> Table:
    """What each arm wrote, per culture."""
    rows, lines = arms(run), []
    heard = metric(rows["silent"], "charge_nC").mean()
    for arm, row in rows.items():
        charge, pulses = metric(row, "charge_nC").mean(), round(float(metric(row, "pulses").mean()))
        precise = "–" if arm == "silent" else f"{row['means']['write_precision']:.1%}"
        rate = f"{run.extra['rates_hz'][arm]['teaching']:.2f}"
        lines.append([arm, precise, pulses, f"{charge / 1000:.2f}", f"{(charge - heard) / 1000:.2f}", rate])
    charges = ["charge (µC)", "of it written (µC)"]
    header = ["arm", "on the wanted symbol", "pulses", *charges, "rate (Hz per neuron)"]
    return Table(header, lines, "Per culture and arm")


def emulator(run: Finished) -> Section:
    """Forecast skill of the emulator against the trivial forecasts."""
    skill = of_prefix("skill_", run.units.load("naive"))
    rows = {text: skill[name] for name, text in WORDS["forecasts"].items() if name in skill}
    shown = partial(figures.dots, rows, x="skill on held-out responses (bits per spike)", levels={"": 0.0})
    lines = [[name, f"{values.mean():.3f}", f"{values.std(ddof=1):.3f}"] for name, values in rows.items()]
    table = Table(["forecast", "bits per spike", "sd over cultures"], lines)
    drawn = Figure(shown, WORDS["dots"].format(n=cultures(run)))
    return Section("The emulator", [Columns([drawn, table]), small("skill")], WORDS["emulator"])


def stream(run: Finished) -> Section:
    """Log score of the next symbol on the stream itself."""
    levels, gain = run.facts["levels"], run.against("yoked", metric=LOG_SCORE)["adaptive"]
    shown = {BEFORE: run.arms()[BEFORE]} | arms(run)
    bits = {arm: metric(row, "log_score_bits") for arm, row in shown.items()}
    marks = {"chance": levels["chance_bits"], "Bayes ceiling": levels["bayes_bits"]}
    x = "log score of the next symbol (bits; higher is better)"
    draw = partial(figures.dots, bits, x=x, levels=marks, paint=PAINT)
    drawn = Figure(draw, WORDS["dots"].format(n=cultures(run)))
    said = f"Adaptive − yoked: {points(gain['difference'], 3, True)} bits, d_z {points(gain['d_z'])}."
    ends = {f"{name}_level": number(levels[f"{name}_bits"]) for name in ("chance", "bayes")}
    words = small("bits", **ends, **levels)
    blocks = [Columns([drawn, words]), Text([mark(gain), said])]
    return Section("On the stream itself", blocks, WORDS["stream"])


def extras(run: Finished) -> list[Section]:
    """Retention and dose curve, where the run measured them."""
    blocks, naive = [], {"before": run.arms()[BEFORE]["means"]["share_before"]}
    if kept := run.extra.get("retention"):
        rows = {"right after": metric(arms(run)["adaptive"], "share_after")} | kept
        paint = dict.fromkeys(rows, PAINT["adaptive"])
        shown = partial(figures.dots, rows, x="score (share)", levels=naive, paint=paint)
        parts = [Figure(shown), small("kept", n=cultures(run))]
        blocks.append(Section("What is left after two minutes", [Columns(parts)]))
    if curve := run.extra.get("dose"):
        line = {"oracle": Curve.of_units(curve["dose"], np.array(curve["scores"]), "D-")}
        look = {"log_x": True, "levels": naive, "limits": (0, None), "paint": PAINT, "size": (HALF, 2.6)}
        shown = partial(figures.curves, line, x="symbols taught (log scale)", y="score (share)", **look)
        blocks.append(Section("Dose curve", [Columns([Figure(shown), small("dose", n=cultures(run))])]))
    return [Section("Extras", blocks)] if blocks else []
