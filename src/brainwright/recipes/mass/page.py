"""The page of more brain: the matrix, the signal at the written units, recovery, mass and time."""

from functools import partial
from typing import Any

import numpy as np

from brainwright.loop.grafts import beside, larger, lasting
from brainwright.loop.grafts.task import N
from brainwright.report import Columns, Figure, Finished, Mark, Points, Section, Table, Text, figures
from brainwright.report.figures import Curve
from brainwright.report.style import FULL, HALF, interval

from . import outcomes as out
from .experiment import DENSE, LEFT, MASS, RECOVERED, TIME, WORDS

LIMITS = WORDS["limits"].strip()
STATES = {"frozen": "", "learns on": "plastic "}


def sections(run: Finished) -> list[Section]:
    """Those of which something is there."""
    parts = {matrix: out.EARLY, contexts: out.EARLY, signal: out.RECOVERY, recovery: out.RECOVERY}
    parts |= {augmented: out.LATE, more: MASS}
    made = [part(run) for part, study in parts.items() if run.arms(study)]
    made += [listed(run, study) for study in (out.LASTING, out.CULTURES) if run.arms(study)]
    return [*made, *([predictor(run)] if run.extra.get("predictor") else [])]


def matrix(run: Finished) -> Section:
    """Gains of every host rule with every graft rule, and means over rows."""
    arms, rules = run.arms(out.EARLY), list(run.facts["rules"])
    rules = [rule for rule in rules if f"{rule}: none" in arms]
    names = [name for name in beside.columns(True) if name not in ("none", "exact")] + ["exact"]
    values = np.array([[arms[f"{rule}: {name}"]["mean"] for name in names] for rule in rules])
    boxes = [(k - 0.5, k - 0.5, 1, 1) for k, rule in enumerate(rules) if rule in names[k : k + 1]]
    look: dict[str, Any] = {"x": "inside the graft", "y": "host", "key": "gain, R2", "write": True}
    drawn = partial(figures.matrix, values, columns=names, rows=rules, boxes=boxes, width=FULL, **look)
    lost = run.extra.get(out.EARLY, {}).get("void", [])
    header = ["host", "R2 alone", "own rule", "edge", "frozen", "native cells, same ports", "all ports"]
    header += ["R2 removed", ""]
    rows = [
        [
            rule,
            f"{arms[f'{rule}: none']['means']['R2']:.2f}",
            *(
                Points.of(arms[f"{rule}: {name}"], sign=True)
                for name in (rule, "edge", "frozen", out.NATIVE, "native, all ports")
            ),
            f"{arms[f'{rule}: BP, removed']['means']['R2']:.2f}",
            Mark("void") if rule in lost else "",
        ]
        for rule in rules
    ]
    return Section("The matrix", [Figure(drawn, WORDS["matrix"], wide=True), Table(header, rows)])


def contexts(run: Finished) -> Section:
    """The diagonal in every matrix there is, and what the own rule is compared with."""
    rows, others = [], []
    for study, word in out.MATRICES:
        about, arms = run.extra.get(f"{study} {word}".strip()), run.arms(study)
        row = run.comparison(word + out.OWN, word + out.OTHER, study)
        if about is None or row is None:
            continue
        name = WORDS["names"][f"{study} {word}".strip()]
        shares = [f"{100 * about[key]:.0f} %" for key in ("rows", "columns", "interaction")]
        rank = f"{100 * about['rank']:.0f} %"
        lists = [", ".join(about[key]) for key in ("rules", "void")]
        found = [Points.of(arms[word + out.OWN], digits=3), Points.of(row, digits=3), Mark(row["verdict"])]
        rows.append([name, *lists, *found, *shares, rank])
        pairs = {other: run.comparison(word + out.OWN, word + other, study) for other in out.POOLED}
        others.append([name, *(Points.of(pair, digits=3) if pair else "" for pair in pairs.values())])
    header = ["graft", "rules", "void", "own rule", "own − another", "", "rows", "columns", "pairs", "rank"]
    said = WORDS["contexts"].format(margin=out.MARGIN)
    second = Table(
        ["graft", *(f"own − {name}" for name in out.POOLED)], others, "R2, mean over rows that are not void."
    )
    return Section("Must the rule inside be the host's?", [Table(header, rows, said), second])


def signal(run: Finished) -> Section:
    """The alignment curve: what becomes of a graft whose feedback weights are more or less the host's."""
    grid = {}
    for title, study, word, metric in (
        ("of what was lost, 6 ports", out.RECOVERY, "", out.SHARE),
        ("beside an intact host, 6 ports", out.LATE, "", out.GAIN),
        ("intact, all ports", out.LATE, "all ports, ", out.GAIN),
    ):
        arms, lines = run.arms(study), {}
        for state, plastic in STATES.items():
            keys = [f"BP: {word}{plastic}rho {rho:g}" for rho in beside.RHOS]
            if keys[0] in arms:
                values = [
                    arms[k]["metrics"][out.SHARE] if metric == out.SHARE else arms[k]["values"] for k in keys
                ]
                lines[f"host {state}"] = Curve.of_units(beside.RHOS, np.array(values).T)
        if lines:
            grid[title] = lines
    look: dict[str, Any] = {"x": "share of the host's own weights", "y": "recovered, or gain (R2)"}
    drawn = Figure(
        partial(figures.curve_panels, grid, levels={"nothing": 0.0}, share_y=False, **look), wide=True
    )
    rows = []
    for study, word in ((out.RECOVERY, ""), (out.LATE, ""), (out.LATE, "all ports, ")):
        metric = out.SHARE if study == out.RECOVERY else out.GAIN
        for name in (*(f"rho {rho:g}" for rho in beside.RHOS), "flipped"):
            found = [run.arms(study).get(f"BP: {word}{plastic}{name}") for plastic in STATES.values()]
            if found[0] is not None and found[1] is not None:
                compared = [
                    run.comparison("BP: " + word + p + "rho 1", f"BP: {word}{p}{name}", study)
                    for p in STATES.values()
                ]
                rows.append([f"{study} {word}".strip(" ,"), name, f"{found[0]['means'][out.FIRST]:.2f}",
                             *(scored(row, metric) for row in found),
                             *(Mark(row["verdict"]) if row else "" for row in compared)])  # fmt: skip
    header = ["study", "feedback", "cosine before", "host frozen", "host learns on"]
    header += ["rho 1 better? frozen", "learns on"]
    return Section(
        "Must the signal at the written units be right?", [drawn, Table(header, rows)], WORDS["signal"]
    )


def scored(row: dict[str, Any] | None, metric: str = out.GAIN) -> Points | str:
    """Mean and Student's interval of an arm in a metric."""
    if row is None:
        return ""
    values = row["values"] if metric == out.GAIN else row["metrics"][metric]
    return Points(float(np.mean(values)), *interval(values), digits=2, sign=metric == out.GAIN)


def recovery(run: Finished) -> Section:
    """What a graft does in place of cells that were deleted."""
    arms, gates = run.arms(out.RECOVERY), {row["arm"]: row for row in run.result["gates"]}
    hosts = [rule for rule in ("BP", "FA", "DFA") if f"{rule}: teacher" in arms]
    shown = ["teacher", "lesion", "compensated", "BP", "FA", "DFA", "KP", "PC", "NP", "edge", "exact"]
    shown += ["mimicry", "direct to output", *beside.CONTROLS, "wrong write sites", "flipped", "Hebb"]
    shown += [f"plastic {name}" for name in beside.BESIDE]
    shown += [f"from the mean, {name}" for name in ("BP", "edge", *beside.CONTROLS, "wrong write sites")]
    rows = []
    for name in (name for name in shown if f"BP: {name}" in arms):
        gate = gates.get(f"BP: {name}")
        cells = [scored(arms.get(f"{rule}: {name}"), out.SHARE) for rule in hosts]
        cosines = [arms[f"{rule}: {name}"]["means"][out.FIRST] for rule in hosts]
        said = ", ".join(f"{value:.2f}" for value in cosines)
        rows.append([name, *cells, said, Mark(gate["verdict"], gate["asked"]) if gate else ""])
    header = ["graft", *(f"host of {rule}" for rule in hosts), "cosine before", ""]
    lead = WORDS["recovery"].format(recovered=RECOVERED, left=LEFT)
    lines = {
        "stale by correlation": line(arms, {1.0: "BP", **{s: f"stale {s:g}" for s in beside.STALE}}),
        "noise on what is read": line(arms, {0.0: "BP", **{n: f"noise {n:g}" for n in beside.NOISE}}),
        "ports": line(arms, {float(n): f"ports {n}" for n in beside.PORTS[:-1]}),
    }
    panels = {name: {"recovered": curve} for name, curve in lines.items()}
    look: dict[str, Any] = {"x": "see title", "y": "recovered share", "levels": {"asked": RECOVERED}}
    drawn = Figure(
        partial(figures.curve_panels, panels, **look), "Host of backpropagation, frozen.", wide=True
    )
    dense = run.arms(DENSE)
    blocks: list[Any] = [Table(header, rows), drawn]
    if dense:
        raw = {n: raw_share(dense, f"BP: own, ports {n}") for n in beside.PORTS}
        cells = [[n, scored(dense[f"BP: own, ports {n}"], out.SHARE), f"{raw[n]:.2f}",
                  scored(dense[f"BP: shuffled, ports {n}"], out.SHARE)] for n in beside.PORTS]  # fmt: skip
        said = WORDS["dense"].format(raw=raw_share(dense, "BP: compensated"))
        blocks.append(Table(["ports of the graft", "recovered", "raw", "shuffled"], cells, said))
    return Section("Recovery", blocks, lead)


def line(arms: dict[str, Any], points: dict[float, str]) -> Curve:
    """Recovered shares over something, of a host of backpropagation."""
    values = [arms[f"BP: {name}"]["metrics"][out.SHARE] for name in points.values()]
    return Curve.of_units(list(points), np.array(values).T)


def raw_share(arms: dict[str, Any], name: str) -> float:
    """Recovery against the lesion without compensation."""
    whole, lesion, own = (arms[key]["means"]["R2"] for key in ("BP: teacher", "BP: lesion", name))
    return (own - lesion) / (whole - lesion)


def augmented(run: Finished) -> Section:
    """Grafts beside intact hosts that have finished, and how much of it is the host's."""
    arms, rows = run.arms(out.LATE), []
    for rule in run.facts["late"]:
        if f"{rule}: none" not in arms:
            continue
        for word, ports in (("", "6"), ("all ports, ", "64")):
            base = f"{rule}: {word}"
            alone, with_it, untaught = (
                arms[base + name]["means"]["R2"] for name in ("none", "BP", "untaught host")
            )
            cosine = arms[f"{base}BP"]["means"][out.FIRST]
            names = ("BP", "exact", "frozen", "plastic BP", "plastic frozen")
            gains = [scored(arms.get(f"{rule}: {word}{name}")) for name in names]
            figures_of = [f"{value:.2f}" for value in (untaught, 1 - untaught / with_it, cosine)]
            rows.append([rule, ports, f"{alone:.2f}", *gains, *figures_of])
    header = ["host", "ports", "R2 alone", "frozen host", "exact signal", "as drawn", "host learns on"]
    header += ["as drawn", "R2 on an untaught host", "host dependence", "cosine before"]
    whole = {rule: arms[f"{rule}: direct to output"] for rule in run.facts["late"] if f"{rule}: none" in arms}
    said = ", ".join(f"{rule} {row['means']['R2']:.2f}" for rule, row in whole.items())
    blocks = [Table(header, rows), Text(f"R2 where it writes to the output itself: {said}.")]
    return Section("Augmentation", blocks, WORDS["augmented"])


def predictor(run: Finished) -> Section:
    """Does the cosine before learning say what will come of it?"""
    about = run.extra["predictor"]
    rows = []
    for name in ("all", "other hosts"):
        row = about[name]
        said = [f"{100 * row[key]:.0f} %" if key in row else "" for key in ("area", "right")]
        rows.append([name, row["n"], row["helped"], *said])
    header = ["cases", "networks", "helped", "pairs in the right order", f"right calls at {out.CUT:g}"]
    found = [[name, f"{cosine:.2f}", f"{gain:+.3f}"] for name, (cosine, gain) in about["cases"].items()]
    lead = WORDS["predictor"].format(cut=out.CUT)
    blocks = [Table(header, rows), Table(["case, mean over networks", "cosine before", "gain, R2"], found)]
    return Section("The cosine as a predictor", blocks, lead)


def more(run: Finished) -> Section:
    """Ever more cells, and more time in their place."""
    arms, times = run.arms(MASS), run.arms(TIME)
    lines = {}
    for name, word in {"6 ports": "", "all ports": "all ports, "}.items():
        values = [arms[f"{word}BP, {n} cells"]["values"] for n in larger.MASSES]
        base = np.array(arms[f"{word}none, {larger.MASSES[0]} cells"]["values"])
        lines[name] = Curve.of_units([n / N for n in larger.MASSES], np.array(values).T - base[:, None])
    frozen = [arms[f"frozen, {n} cells"]["values"] for n in larger.MASSES]
    lines["as drawn, 6 ports"] = Curve.of_units([n / N for n in larger.MASSES], np.array(frozen).T)
    look: dict[str, Any] = {"y": "gain, R2", "log_x": True, "size": (HALF, 3.4)}
    drawn = partial(figures.curves, lines, x="cells of the graft / of the host", **look)
    blocks: list[Any] = [Figure(drawn, "One layer beside hosts of backpropagation.")]
    if times:
        grown = {
            n: np.array([times[f"{n}, {k}"]["metrics"]["R2"] for k in larger.PASSES]).T
            for n in ("time", "mass")
        }
        over = {name: Curve.of_units(larger.PASSES, values) for name, values in grown.items()}
        thought = partial(figures.curves, over, x="operations, multiples", **look | {"y": "R2"})
        said = "A recurrent network thinks in more steps, or is larger."
        blocks = [Columns([*blocks, Figure(thought, said)])]
    return Section("More mass, more time", blocks)


def listed(run: Finished, study: str) -> Section:
    """Every arm of a question that has no figure of its own."""
    rows = []
    arms = run.arms(study)
    for name, row in ((name, arms[name]) for name in arms if " moved, " not in name):
        share = scored(row, out.SHARE) if out.SHARE in row["metrics"] else ""
        rows.append([name, f"{row['means']['R2']:.2f}", scored(row), share])
    header = ["arm", "score", "over none", "share of what was lost"]
    blocks: list[Any] = [Table(header, rows)]
    if study == out.LASTING:
        values = {name: row["metrics"]["R2"] for name, row in arms.items()}
        panels = lasting.drifts(values).items()
        grid = {t: {n: Curve.of_units(lasting.MOVES, v) for n, v in lines.items()} for t, lines in panels}
        drawn = partial(figures.curve_panels, grid, x="written units that moved", y="R2")
        blocks.insert(0, Figure(drawn, "One written unit after another becomes another.", wide=True))
    return Section(study.capitalize(), blocks, WORDS[study])
