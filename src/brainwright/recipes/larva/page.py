"""What the page shows beside the verdict, all comparisons, checks and origin, which every page has."""

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

from brainwright.report import Figure, Finished, Mark, Points, Section, Table, figures
from brainwright.report.figures import Curve
from brainwright.report.style import GREY, INK, PALETTE, SOFT

from .lineup import DECIDING, FLOORS, NULL_KINDS, arm_of
from .reservoirs import JUDGED_ALPHA, MEASURES, NAME, RANDOM_BOTH, RANDOM_WEIGHTS, TWO_BY_TWO

Row = Mapping[str, Any]
LIMITS = """\
Every arm is trained alike, by Adam with rate 0.001; nothing is tuned but the echo-state network. Signs are \
drawn at random once (30 % of the cells inhibit), in all arms alike: no transmitter is used.

The connectome is one graph: training seeds say nothing more about it, so a claim needs a rank among null \
graphs, and 39 graphs are the fewest that can give p ≤ 0.05."""
WORDS = {
    "real": "real wiring", "degree": "degrees kept", "block": "degrees and classes kept",
    "weights": "weights shuffled", "signs": "signs shuffled", "both": "weights and signs shuffled",
    "random": "edges at random", "encoder_only": "core bypassed",
    "readout_only": "real wiring, only the read-out fitted", "linear": "linear, no hidden layer",
    "mlp": "one hidden layer, as many trained values", "echo_state": "tuned echo-state network",
}  # fmt: skip
DRAWN = ("encoder_only", "linear", "mlp", "echo_state")  # the fitted read-out would stretch the scale
SHADES = dict(zip((*NULL_KINDS, *DRAWN), (*PALETTE[:6], GREY, *PALETTE[6:], SOFT), strict=True))
PAINT = {WORDS[kind]: shade for kind, shade in SHADES.items()} | {WORDS["real"]: INK}
PAINT |= {RANDOM_WEIGHTS: PALETTE[6], RANDOM_BOTH: PALETTE[7]}
percent = partial(Points.of, scale=100)  # an accuracy in per cent, or a difference in points
RANKED = ["percentile", "p (Holm)", ""]
OVER_BOTH, OVER_SEEDS = (f"95 % intervals over {units}training seeds" for units in ("graphs and ", ""))


def sections(run: Finished) -> list[Section]:
    """How much at how many samples, what decides, the claim, every condition, expansion, reservoirs."""
    conditions = [(p, n) for p, n in run.facts["conditions"] if reached(run, p, n, "real")]
    shown = [
        overview(run, conditions) if conditions else None,
        deciding(run, run.primary) if run.primary else None,
        claim(run),
        *(condition(run, protocol, n) for protocol, n in conditions),
        expansion(run),
        *(reservoirs(run) if run.extra else ()),
    ]
    return [section for section in shown if section is not None]


def reached(run: Finished, protocol: str, n: int, kind: str) -> Row | None:
    """The row of an arm; None where it was not run."""
    return run.arms().get(str(arm_of(protocol, n, kind)))


def gap(run: Finished, protocol: str, n: int, kind: str) -> Row | None:
    """The real wiring against an arm; None where they are not compared."""
    return run.comparison(str(arm_of(protocol, n, "real")), str(arm_of(protocol, n, kind)))


def judged(row: Row | None) -> list[Any]:
    """Percentile, corrected p and verdict of a comparison; empty where there is none."""
    ranked = row is not None and "p_holm" in row
    rank, p = (f"{row['percentile']:.0f}", f"{row['p_holm']:.2g}") if ranked else ("", "")
    return [rank, p, "" if row is None else Mark(row["verdict"])]


def overview(run: Finished, conditions: Sequence[tuple[str, int]]) -> Section:
    """The real wiring against nulls and the best floor, at each number of samples."""
    facts, rows = run.facts, []
    for protocol, n in conditions:
        floors = {WORDS[kind]: row["mean"] for kind in FLOORS if (row := reached(run, protocol, n, kind))}
        best = max(floors, key=lambda words: floors[words], default="")
        floor = f"{best} {100 * floors[best]:.2f}" if best else ""
        gaps = [percent(gap(run, protocol, n, kind)) for kind in ("degree", "block", "random")]
        mean = run.arms()[str(arm_of(protocol, n, "real"))]["mean"]
        rows.append([protocol, n, f"{100 * mean:.2f}", *gaps, floor])
    passes = ", ".join(f"{k} over {int(n):,}" for n, k in facts["passes"].items())
    lead = (
        f"{facts['wiring']} on {facts['task']}, {facts['steps']} steps, passes: {passes} samples, tested on "
        f"{facts['test_samples']:,}. The deciding comparison was named before the run; all others are read "
        "beside it."
    )
    header = ["protocol", "samples", "real, %", *(f"real − {kind}" for kind in ("degree", "block", "random"))]
    table = Table([*header, "best floor, %"], rows, f"differences in points, {OVER_BOTH}")
    heading = "Does the wiring matter, how much, at how many samples?"
    return Section(heading, [table, *accuracy_figures(run, [p for p, _ in conditions])], lead)


def accuracy_figures(run: Finished, protocols: Sequence[str]) -> list[Figure]:
    """Accuracy against samples, and how far the real wiring is above each null."""
    sizes, levels, gaps = run.facts["sizes"], {}, {}
    for protocol in dict.fromkeys(protocols):
        levels[protocol], gaps[protocol] = {}, {}
        for kind in ("real", *SHADES):
            style = "o-" if kind == "real" else "o:" if kind in FLOORS else "o--"
            rows = {n: row for n in sizes if (row := reached(run, protocol, n, kind))}
            levels[protocol] |= {WORDS[kind]: curve(rows, "mean", style)} if rows else {}
        for k, kind in enumerate(NULL_KINDS):
            # moved sideways, so that intervals at the same number of samples do not hide one another
            rows = {n * (1 + 0.06 * (k - 2.5)): row for n in sizes if (row := gap(run, protocol, n, kind))}
            gaps[protocol] |= {WORDS[kind]: curve(rows, "effect_size", "o-")} if rows else {}
    draw = partial(figures.curve_panels, x="training samples", log_x=True, paint=PAINT)
    gaps = {protocol: lines for protocol, lines in gaps.items() if lines}
    above = partial(draw, gaps, y="real − null, points", share_y=False, levels={"": 0.0})
    reach = partial(draw, levels, y="test accuracy, %", height=4.2)
    accuracy = Figure(reach, f"Bars: {OVER_SEEDS} (means over graphs).", wide=True)
    words = f"The real wiring minus each null; bars: {OVER_BOTH}."
    return [accuracy, *([Figure(above, words, wide=True)] if gaps else [])]


def curve(rows: Mapping[float, Row], key: str, style: str) -> Curve:
    """Per cent or points with their intervals, where there are any."""
    y, low, high = (
        [100 * (row[key] if row[end] is None else row[end]) for row in rows.values()]
        for end in (key, "ci_low", "ci_high")
    )
    return Curve(list(rows), y, low, high, style)


def deciding(run: Finished, primary: Row) -> Section:
    """Null graphs of the deciding condition beside the real wiring."""
    place = protocol, n = "normalised", run.facts["decides_at"]
    real = run.arms()[str(arm_of(*place, "real"))]
    nulls = {kind: row for kind in NULL_KINDS if (row := reached(run, *place, kind))}
    names = {kind: f"{WORDS[kind]} ({row['n_draws']})" for kind, row in nulls.items()}
    draws = {names[k]: [100 * v for v in row.get("draws", [row["mean"]])] for k, row in nulls.items()}
    band = 100 * min(real["values"]), 100 * max(real["values"])
    paint = {names[kind]: SHADES[kind] for kind in nulls}
    options = {"band": band, "line": 100 * real["mean"], "means": False, "paint": paint, "wide": True}
    words = (
        "Each dot is one null graph (mean over training seeds), the line the real wiring, the band its "
        f"training seeds from lowest to highest. {primary['why'].capitalize()}."
    )
    lead = f"The {protocol} protocol with {n:,} samples, against the null with {WORDS[DECIDING]}."
    drawn = Figure(partial(figures.dots, draws, x="test accuracy, %", **options), words, wide=True)
    return Section("The deciding comparison", [drawn], lead)


def claim(run: Finished) -> Section | None:
    """The paper's protocol with most samples beside the figure of the paper; None where none is claimed."""
    n, claimed = run.facts["sizes"][-1], run.facts["claimed"]
    if claimed is None or not reached(run, "paper", n, "real"):
        return None
    scaled, best = "real wiring, counts scaled to radius 0.95", "real wiring, normalised protocol"
    shown = [("paper", kind, words) for kind, words in WORDS.items()]
    shown = [shown[0], ("rescaled", "real", scaled), *shown[1:], ("normalised", "real", best)]
    rows = [[words, percent(row)] for p, kind, words in shown if (row := reached(run, p, n, kind))]
    lead = f"Yu et al. 2025 report {100 * claimed:g} %. Their protocol here, {n:,} samples:"
    return Section("The claim", [Table(["arm", "accuracy, % [95 %, over seeds]"], rows)], lead)


def condition(run: Finished, protocol: str, n: int) -> Section:
    """Every arm of a condition against the real wiring."""
    rows = [
        [words, percent(row), row["n_draws"], round(row["means"]["parameters"]), percent(over), *judged(over)]
        for kind, words in WORDS.items()
        if (row := reached(run, protocol, n, kind))
        for over in [gap(run, protocol, n, kind)]
    ]
    header = ["arm", "accuracy, %", "graphs", "trained values", "real − arm, points", *RANKED]
    words = run.facts["protocols"][protocol]
    return Section(f"{protocol}, {n:,} samples", [Table(header, rows, OVER_BOTH)], f"{words.capitalize()}.")


def expansion(run: Finished) -> Section | None:
    """Larger wirings; None where none were made."""
    grown = {row["arm"]: f"{100 * run.result['arms'][row['arm']]['mean']:.2f}" for row in run.comparisons}
    rows = [
        [f"{r['factor']:g}", r["wiring"], r["against"], grown[r["arm"]], percent(r), Mark(r["verdict"])]
        for r in run.comparisons
        if "factor" in r
    ]
    lead = (
        "Larger wirings that hold the original as an exact subgraph, driven and read at the original's "
        "cells; only their biases add trained values."
    )
    table = Table(["size", "wiring", "against", "accuracy, %", "difference, points", ""], rows, OVER_SEEDS)
    return Section("Expansion", [table], lead) if rows else None


def reservoirs(run: Finished) -> list[Section]:
    """Sweep of the radius, comparisons at one, and the two by two."""
    controls = {f"{NAME}/{kind}": words for kind, words in WORDS.items()}
    compared = [
        [MEASURES[r["measure"]], controls[r["control"]], r["n"], Points.of(r), *judged(r)]
        for r in run.comparisons
        if r["study"] == NAME
    ]
    lead = (
        "Nothing is trained but ridge read-outs: remembering a random input, predicting the Lorenz system. "
        f"Compared at spectral radius {JUDGED_ALPHA:g}, named before the run."
    )
    table = Table(["measure", "real wiring against", "graphs", "difference", *RANKED], compared, OVER_BOTH)
    first = Section("As a reservoir", [sweep(run, "radius", "spectral radius"), table], lead)
    rows = [
        [
            MEASURES[measure],
            *(f"{part['cells'][arm]:.2f}" for arm in TWO_BY_TWO.values()),
            *(Points(e["value"], e["ci_low"], e["ci_high"], sign=True) for e in part["effects"].values()),
        ]
        for measure, part in run.extra["two_by_two"].items()
    ]
    sides = {True: "connectome", False: "random"}
    cells = [f"{sides[wiring]} wiring, {sides[weights]} weights" for wiring, weights in TWO_BY_TWO]
    caption = f"effects: connectome minus random, {OVER_BOTH}"
    table = Table(["measure", *cells, "wiring", "weights", "interaction"], rows, caption)
    lead = (
        "Connectome or random wiring, with connectome or random weights (after Costi et al. 2025): precision "
        "against the strength of the ridge, and what each is worth."
    )
    four = Section("Wiring and weights, two by two", [sweep(run, "ridge", "ridge"), table], lead)
    return [first, four] if rows else [first]


def sweep(run: Finished, part: str, x: str) -> Figure:
    """Measures against spectral radius or ridge, a panel for each."""
    grid: dict[str, dict[str, Curve]] = {MEASURES[measure]: {} for measure in run.extra[part]}
    for measure, arms in run.extra[part].items():
        for arm, rows in arms.items():
            at, mean, low, high = ([row[key] for row in rows] for key in ("at", "mean", "low", "high"))
            grid[MEASURES[measure]][WORDS.get(arm, arm)] = Curve(at, mean, low, high, band=True)
    words = "Lines: means; bands: the middle 95 % of graphs (of seeds for the real wiring)."
    options = {"log_x": part == "ridge", "share_y": False, "paint": PAINT, "height": 3.9}
    return Figure(partial(figures.curve_panels, grid, x=x, y="", **options), words, wide=True)
