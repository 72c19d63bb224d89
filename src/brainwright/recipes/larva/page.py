"""What the page shows beside the verdict, all comparisons, checks and origin, which every page has."""

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

from brainwright.report import Figure, Finished, Mark, Points, Section, Table, figures
from brainwright.report.figures import Curve
from brainwright.report.style import GREY, INK, PALETTE, SOFT

from .lineup import DECIDING, FACTORS, FLOORS, GROWN, NO_CORE, NULL_KINDS, Arm
from .reservoirs import AHEAD, JUDGED_ALPHA, MEASURES, NAME, TWO_BY_TWO

Row = Mapping[str, Any]
LIMITS = """\
Every arm is trained alike, by Adam with rate 0.001; nothing is tuned but the echo-state network. Signs are \
drawn at random once (30 % of the cells inhibit), in all arms alike: no transmitter is used.

The connectome is one graph: training seeds say nothing more about it, so a claim needs a rank among null \
graphs, and 39 graphs are the fewest that can give p ≤ 0.05."""
WORDS = {
    "real": "real wiring",
    "degree": "degrees kept",
    "block": "degrees and classes kept",
    "weights": "weights shuffled",
    "signs": "signs shuffled",
    "both": "weights and signs shuffled",
    "random": "edges at random",
    "encoder_only": "core bypassed",
    "readout_only": "real wiring, only the read-out fitted",
    "linear": "linear, no hidden layer",
    "mlp": "one hidden layer, as many trained values",
    "echo_state": "tuned echo-state network",
}
GROWN_WORDS = dict(zip(GROWN, ("block model", "cells copied", "block model of a null"), strict=True))
DRAWN = ("encoder_only", "linear", "mlp", "echo_state")
"""Floors in the figure; the read-out alone would stretch its scale."""
PAINT = {
    **{"real wiring": INK, "random weights": SOFT, "random wiring and weights": GREY},
    **{WORDS[kind]: colour for kind, colour in zip(NULL_KINDS, PALETTE, strict=False)},
    **{WORDS[kind]: colour for kind, colour in zip(DRAWN, (GREY, PALETTE[6], PALETTE[7], SOFT), strict=True)},
}


def sections(run: Finished) -> list[Section]:
    """How much at how many samples, what decides, the claim, every condition, expansion, reservoirs."""
    conditions = [(p, n) for p, n in run.facts["conditions"] if str(Arm(p, n, "real")) in run.arms()]
    shown = [
        overview(run, conditions) if conditions else None,
        deciding(run) if run.primary else None,
        claim(run),
        *(condition(run, protocol, n) for protocol, n in conditions),
        expansion(run),
        *(reservoirs(run) if run.extra else ()),
    ]
    return [section for section in shown if section is not None]


def overview(run: Finished, conditions: Sequence[tuple[str, int]]) -> Section:
    """The real wiring against nulls and floors, at each number of samples."""
    arms, facts = run.arms(), run.facts
    rows = []
    for protocol, n in conditions:
        real = str(Arm(protocol, n, "real"))
        nulls = [run.comparison(real, str(Arm(protocol, n, kind))) for kind in ("degree", "block", "random")]
        floors = {
            kind: arms[str(Arm(NO_CORE, n, kind))] for kind in FLOORS if str(Arm(NO_CORE, n, kind)) in arms
        }
        best = max(floors, key=lambda kind: floors[kind]["mean"], default=None)
        floor = "" if best is None else f"{WORDS[best]} {100 * floors[best]['mean']:.2f}"
        mean = f"{100 * arms[real]['mean']:.2f}"
        rows.append([protocol, n, mean, *(_points(row) for row in nulls), floor])
    passes = ", ".join(f"{k} over {int(n):,}" for n, k in facts["passes"].items())
    lead = (
        f"{facts['wiring']} on {facts['task']}, {facts['steps']} steps, passes {passes} samples, tested on "
        f"{facts['test_samples']:,}. The deciding comparison was named before the run; all others are read "
        "beside it."
    )
    header = [
        "protocol",
        "samples",
        "real, %",
        "real − degree",
        "real − block",
        "real − random",
        "best floor, %",
    ]
    caption = "differences in points with 95 % intervals over graphs and training seeds"
    heading = "Does the wiring matter, how much, at how many samples?"
    return Section(heading, [Table(header, rows, caption), *accuracy_figures(run, conditions)], lead)


def accuracy_figures(run: Finished, conditions: Sequence[tuple[str, int]]) -> list[Figure]:
    """Accuracy against samples, and how far the real wiring is above each null."""
    arms = run.arms()
    reached: dict[str, dict[str, Curve]] = {}
    above: dict[str, dict[str, Curve]] = {}
    for protocol in dict.fromkeys(protocol for protocol, _ in conditions):
        for k, kind in enumerate(("real", *NULL_KINDS, *DRAWN)):
            style = "o-" if kind == "real" else "o:" if kind in DRAWN else "o--"
            home = NO_CORE if kind in DRAWN else protocol
            rows = {n: arms.get(str(Arm(home, n, kind))) for n in run.facts["sizes"]}
            reached.setdefault(protocol, {})[WORDS[kind]] = _curve(rows, "mean", style)
            real = {n: str(Arm(protocol, n, "real")) for n in rows}
            gaps = {n: run.comparison(real[n], str(Arm(protocol, n, kind))) for n in rows}
            # moved sideways, so that intervals of the same samples do not hide one another
            shifted = {n * (1 + 0.06 * (k - 3.5)): row for n, row in gaps.items()}
            if kind in NULL_KINDS:
                above.setdefault(protocol, {})[WORDS[kind]] = _curve(shifted, "effect_size", "o-")
    draw = partial(figures.curve_panels, x="training samples", log_x=True, paint=PAINT)
    words = "Bars: 95 % intervals over training seeds (means over graphs)."
    gap_words = "The real wiring minus each null; bars: 95 % intervals over graphs and training seeds."
    gap = partial(draw, _filled(above), y="real − null, points", share_y=False, levels={"": 0.0})
    return [
        Figure(partial(draw, _filled(reached), y="test accuracy, %", height=4.2), words, wide=True),
        Figure(gap, gap_words, wide=True),
    ]


def deciding(run: Finished) -> Section:
    """Null graphs of the deciding condition beside the real wiring."""
    arms, n, primary = run.arms(), run.facts["decides_at"], run.primary or {}
    there = {kind: arms.get(str(Arm("normalised", n, kind))) for kind in ("real", *NULL_KINDS)}
    real, nulls = there.pop("real"), {kind: row for kind, row in there.items() if row is not None}
    names = {kind: f"{WORDS[kind]} ({row['n_draws']})" for kind, row in nulls.items()}
    draws = {names[kind]: [100 * value for value in _draws(row)] for kind, row in nulls.items()}
    values = [100 * value for value in real["values"]]
    draw = partial(
        figures.dots,
        draws,
        x="test accuracy, %",
        band=(min(values), max(values)),
        line=100 * real["mean"],
        means=False,
        paint={names[kind]: PAINT[WORDS[kind]] for kind in nulls},
        wide=True,
    )
    words = (
        "Each dot is one null graph (mean over training seeds), the line the real wiring, the band its "
        f"training seeds from lowest to highest. {primary['why'].capitalize()}."
    )
    lead = f"The normalised protocol with {n:,} samples, against the null with {WORDS[DECIDING]}."
    return Section("The deciding comparison", [Figure(draw, words, wide=True)], lead)


def claim(run: Finished) -> Section | None:
    """The paper's protocol with most samples beside the figure of the paper; None where none is claimed."""
    arms, n, claimed = run.arms(), run.facts["sizes"][-1], run.facts["claimed"]
    shown = {
        Arm("paper", n, "real"): WORDS["real"],
        Arm("rescaled", n, "real"): "real wiring, counts scaled to radius 0.95",
        **{Arm("paper", n, kind): WORDS[kind] for kind in NULL_KINDS},
        **{Arm(NO_CORE, n, kind): WORDS[kind] for kind in FLOORS},
        Arm("normalised", n, "real"): "real wiring, normalised protocol",
    }
    if claimed is None or str(Arm("paper", n, "real")) not in arms:
        return None
    rows = [[words, _points(arms[str(arm)])] for arm, words in shown.items() if str(arm) in arms]
    lead = f"Yu et al. 2025 report {100 * claimed:g} %. Their protocol here, {n:,} samples:"
    return Section("The claim", [Table(["arm", "accuracy, % [95 %, over seeds]"], rows)], lead)


def condition(run: Finished, protocol: str, n: int) -> Section:
    """Every arm of a condition against the real wiring."""
    arms, real = run.arms(), str(Arm(protocol, n, "real"))
    rows = []
    for kind, words in WORDS.items():
        name = str(Arm(NO_CORE if kind in FLOORS else protocol, n, kind))
        if name in arms:
            row, values = arms[name], round(arms[name]["means"]["parameters"])
            rows.append([words, _points(row), row["n_draws"], values, *_compared(run.comparison(real, name))])
    header = [
        "arm",
        "accuracy, %",
        "graphs",
        "trained values",
        "real − arm, points",
        "percentile",
        "p (Holm)",
        "",
    ]
    table = Table(header, rows, "intervals: 95 %, over graphs and training seeds")
    return Section(f"{protocol}, {n:,} samples", [table], run.facts["protocols"][protocol].capitalize() + ".")


def expansion(run: Finished) -> Section | None:
    """Larger wirings; None where none were made."""
    kinds = {f"{kind} {factor:g}": words for factor in FACTORS for kind, words in GROWN_WORDS.items()}
    arms = run.arms()
    rows = [
        [
            f"{row['factor']:g}",
            kinds[arms[row["arm"]]["kind"]["kind"]],
            kinds.get(arms[row["control"]]["kind"]["kind"], "original"),
            f"{100 * arms[row['arm']]['mean']:.2f}",
            _points(row),
            Mark(row["verdict"]),
        ]
        for row in run.comparisons
        if "factor" in row
    ]
    lead = (
        "Larger wirings that hold the original as an exact subgraph, driven and read at the original's "
        "cells; only their biases add trained values."
    )
    header = ["size", "wiring", "against", "accuracy, %", "difference, points", ""]
    return (
        Section("Expansion", [Table(header, rows, "intervals over training seeds")], lead) if rows else None
    )


def reservoirs(run: Finished) -> list[Section]:
    """Sweep of the radius, comparisons at one, and the two by two."""
    words = "Lines: means; bands: the middle 95 % of graphs (of seeds for the real wiring)."
    compared = [
        [MEASURES[row["measure"]], WORDS[row["control"].removeprefix(f"{NAME}/")], row["n"], Points.of(row)]
        + [f"{row['percentile']:.0f}", f"{row['p_holm']:.2g}", Mark(row["verdict"])]
        for row in run.comparisons
        if row["study"] == NAME
    ]
    header = ["measure", "real wiring against", "graphs", "difference", "percentile", "p (Holm)", ""]
    first = Section(
        "As a reservoir",
        [
            _sweep(run.extra["radius"], "spectral radius", words),
            Table(header, compared, "intervals: 95 %, over graphs and seeds"),
        ],
        "Nothing is trained but ridge read-outs: remembering a random input, predicting the Lorenz system. "
        f"Compared at spectral radius {JUDGED_ALPHA:g}, named before the run.",
    )
    rows = [
        [MEASURES[measure], *(f"{part['cells'][arm]:.2f}" for arm in TWO_BY_TWO.values())]
        + [Points(e["value"], e["ci_low"], e["ci_high"], sign=True) for e in part["effects"].values()]
        for measure, part in run.extra["two_by_two"].items()
    ]
    sides = {True: "connectome", False: "random"}
    cells = [f"{sides[wiring]} wiring, {sides[weights]} weights" for wiring, weights in TWO_BY_TWO]
    table = Table(
        ["measure", *cells, "wiring", "weights", "interaction"],
        rows,
        "effects: connectome minus random, 95 % intervals over graphs and seeds",
    )
    lead = (
        "Connectome or random wiring, with connectome or random weights (after Costi et al. 2025): precision "
        "against the strength of the ridge, and what each is worth."
    )
    four = Section(
        "Wiring and weights, two by two", [_sweep(run.extra["ridge"], "ridge", words), table], lead
    )
    return [first, four] if rows else [first]


def _sweep(part: Mapping[str, Mapping[str, Sequence[Row]]], axis: str, words: str) -> Figure:
    """Measures against spectral radius or ridge, a panel for each."""
    grid = {
        MEASURES[measure]: {
            WORDS.get(arm, arm): Curve(
                *(_column(rows, key) for key in ("at", "mean", "low", "high")), "-", True
            )
            for arm, rows in arms.items()
        }
        for measure, arms in part.items()
    }
    draw = partial(figures.curve_panels, grid, x=axis, y="", log_x=axis == "ridge", share_y=False)
    return Figure(partial(draw, paint=PAINT, height=3.9), words, wide=True)


def _column(rows: Sequence[Row], key: str) -> list[float]:
    return [row[key] for row in rows]


def _curve(rows: Mapping[float, Row | None], key: str, style: str) -> Curve:
    """Per cent or points of the rows that there are, with their intervals where they have some."""
    there = {x: row for x, row in rows.items() if row is not None}
    ends = [
        [100 * (row[key] if row[end] is None else row[end]) for row in there.values()]
        for end in ("ci_low", "ci_high")
    ]
    return Curve(list(there), [100 * row[key] for row in there.values()], *ends, style)


def _filled(grid: Mapping[str, Mapping[str, Curve]]) -> dict[str, dict[str, Curve]]:
    """Without curves that have no point."""
    return {title: {name: c for name, c in lines.items() if c.x} for title, lines in grid.items()}


def _points(row: Row | None) -> Points | None:
    """Per cent, or points."""
    return Points.of(row, scale=100)


def _compared(row: Row | None) -> list[Any]:
    """Difference, percentile, corrected p and verdict; empty for an arm that is compared with nothing."""
    if row is None:
        return [None, "", "", ""]
    ranked = "percentile" in row
    rank, p = (f"{row['percentile']:.0f}", f"{row['p_holm']:.2g}") if ranked else ("", "")
    return [_points(row), rank, p, Mark(row["verdict"])]


def _draws(row: Row) -> list[float]:
    """Mean of each graph."""
    return row.get("draws", [row["mean"]])
