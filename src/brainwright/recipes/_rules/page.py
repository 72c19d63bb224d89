"""The body of the report, from the run folder alone."""

import json
from pathlib import Path
from typing import Any

from brainwright.report import Html, badge, checks, escape, figure, section, table, verdict_banner

WORDS = {
    "supported": "Hidden cells learn without any error crossing a forward weight.",
    "no difference": "Without weight transport, hidden cells add nothing to the readout.",
    "against": "Without weight transport, hidden cells harm the readout.",
    "cannot tell": "This run cannot tell whether hidden cells learn without weight transport.",
}
GATE_TONES = {"met": "good", "missed": "bad", "void": "open"}
TITLES = {
    "narrow": ("Digits, 64-16-16-16-10", "Narrow layers: a readout alone cannot solve it."),
    "equilibrium": ("Digits, 64-100-10, at rest", "Layers joined both ways by equal weights, asked at rest."),
    "goodness": (
        "Digits with a label, 74-200-200-10",
        "Ten inputs hold a label; hidden layers send normalised activity.",
    ),
    "features": ("Digits, 64-20-10", "Unsupervised layers: the readout alone reads 20 random features."),
    "features-200": ("Digits, 64-200-10", "The readout alone reads 200 random features."),
    "spike-features": ("Digits as spike trains, 20 spiking cells", "The readout alone reads random cells."),
    "spike-features-200": ("Digits as spike trains, 200 spiking cells", "As above, with ten times as many."),
    "wide": ("Digits, 64-100-100-10", "Wide layers: random features nearly solve it, so it says little."),
    "rows": ("Digits row by row, 64 leaky cells", "A recurrent network: the class is asked at the last row."),
    "worm": ("Digits into the worm", "279 neurons, 2,194 synapses with cycles; each keeps its sign."),
    "spiking": (
        "Digits into the worm, spiking",
        "The same synapses between leaky integrate-and-fire cells.",
    ),
    "mnist": ("MNIST, 784-500-10", "The schedule of Akrout et al. 2019, ten passes."),
    "larva": ("Digits into the larva", "2,952 neurons, 110,140 synapses with cycles; each keeps its sign."),
}
FLOOR, EXACT = "readout only", "backpropagation"
NOT_DRAWN = (EXACT, "backpropagation, sigmoid cells", "three-factor, readout only")
"""Arms whose alignment says nothing: exact, or frozen."""
HEADER = [
    "rule",
    "accuracy, %",
    "earlier",
    "over the readout alone",
    "cosine",
    "angle",
    "gate",
    "",
    "passes",
    "kB",
]
COLUMNS = (
    "The tables below: mean accuracy on test samples, [95 % interval over seeds]. Earlier: an independent "
    "implementation in numpy. Over the readout alone: points, paired by seed. Cosine: of the update of "
    "hidden parameters with the exact gradient, in the middle and at the end of training. Angle: degrees "
    "between weights and feedback weights at the end. Gate: fixed before the run. Passes: measured time of "
    "an update over that of a forward pass. kB: held from the forward pass to the update, the rule's own "
    "state included."
)


def body(folder: Path) -> str:
    """Verdict first, then a board each, then what rules read, checks and limits."""
    result = json.loads((folder / "result.json").read_text("utf-8"))
    verdict = result["primary"]["verdict"]
    parts = [verdict_banner(verdict, WORDS[verdict], result["answer"])]
    parts += [_summary(result), *(_board(board, result) for board in result["design"]["boards"])]
    parts += [_locality(result["locality"]), checks(result["checks"])]
    parts += [section("What this run is not", _limits(result["design"]))]
    return "\n".join(parts)


def board_rows(board: str, result: dict[str, Any]) -> list[list[object]]:
    """The table of a board, best first; the verdict of a gate in the column before the last two."""
    arms = {name.split("/", 1)[1]: row for name, row in result["arms"].items() if _of(name, board)}
    over = {
        one["arm"].split("/", 1)[1]: one
        for one in result["comparisons"]
        if _of(one["arm"], board) and one["control"] == f"{board}/{FLOOR}"
    }
    judged = result["gates"].get(board, {"rows": {}})["rows"]
    earlier = result["earlier"].get(board, {})
    ranked = sorted(arms.items(), key=lambda item: -item[1]["mean"])
    return [_row(name, row, over.get(name), judged.get(name), earlier.get(name)) for name, row in ranked]


def _of(name: str, board: str) -> bool:
    return name.split("/", 1)[0] == board


def _row(
    name: str,
    row: dict[str, Any],
    over: dict[str, Any] | None,
    gate: dict[str, Any] | None,
    earlier: float | None,
) -> list[object]:
    accuracy = [100 * row[key] for key in ("mean", "ci_low", "ci_high")]
    lead = None if over is None else [100 * over[key] for key in ("effect_size", "ci_low", "ci_high")]
    angle = row.get("feedback_angle")
    return [
        name,
        f"{accuracy[0]:.1f} [{accuracy[1]:.1f}, {accuracy[2]:.1f}]",
        "" if earlier is None else f"{earlier:.1f}",
        "" if lead is None else f"{lead[0]:+.1f} [{lead[1]:+.1f}, {lead[2]:+.1f}]",
        f"{row['cosine_middle']:.2f} → {row['cosine_end']:.2f}" if "cosine" in row else "",
        "" if angle is None else f"{angle:.0f}",
        "" if gate is None else gate["asked"],
        "" if gate is None else gate["verdict"],
        f"{row['forward_passes']:.1f}",
        f"{row['held_bytes'] / 1e3:.0f}",
    ]


def _summary(result: dict[str, Any]) -> str:
    """One line per board: what the gradient and the readout alone reach, and how many gates were met."""
    rows = []
    for board in result["design"]["boards"]:
        exact, floor = (result["arms"][f"{board}/{name}"]["mean"] for name in (EXACT, FLOOR))
        rules = {name: row["mean"] for name, row in result["arms"].items() if _of(name, board)}
        judged = result["gates"].get(board, {"rows": {}})["rows"]
        missed = [name for name, row in judged.items() if row["verdict"] != "met"]
        met = f"{len(judged) - len(missed)} of {len(judged)} met" if judged else "none"
        met += f"; not: {'; '.join(missed)}" if missed else ""
        rows.append(
            [_unbroken(TITLES[board][0]), f"{100 * exact:.1f}", f"{100 * floor:.1f}", len(rules), met]
        )
    header = ["network", "gradient, %", "floor, %", "arms", "gates"]
    return section("Overview", table(header, rows) + f'<p class="small">{escape(COLUMNS)}</p>')


def _board(board: str, result: dict[str, Any]) -> str:
    rows = [_shown(row) for row in board_rows(board, result)]
    header = [*HEADER[:7], *HEADER[8:]]
    used = [k for k in range(len(header)) if any(str(row[k]) for row in rows)]
    note = f"{len(result['design']['seeds'])} seeds, {result['design']['boards'][board]['schedule']}."
    words = result["gates"].get(board, {"words": ""})["words"]
    shown = table([header[k] for k in used], [[row[k] for k in used] for row in rows], note)
    arms = {name.split("/", 1)[1]: row for name, row in result["arms"].items() if _of(name, board)}
    content = (f"<p>{escape(words)}</p>" if words else "") + shown + _curves(arms)
    title, text = TITLES[board]
    return section(title, content + _absent(result["unsupported"].get(board, {})), text)


def _shown(row: list[object]) -> list[object]:
    """As HTML: figures do not break, what a gate asks follows its verdict."""
    asked, verdict = str(row[6]), str(row[7])
    held = [_unbroken(str(cell)) if k in (1, 3, 4) else cell for k, cell in enumerate(row)]
    asked_html = escape(asked) if asked.startswith(">") else _unbroken(asked)
    mark = f"{badge(verdict, GATE_TONES[verdict])} {asked_html}" if verdict else ""
    return [*held[:6], Html(mark), *held[8:]]


def _unbroken(text: str) -> Html:
    """Breaks before an interval alone."""
    parts = text.replace(" [", "\n[").split("\n")
    return Html(" ".join(f'<span class="unbroken">{escape(part)}</span>' for part in parts if part))


def _curves(arms: dict[str, dict[str, Any]]) -> str:
    from matplotlib.figure import Figure

    shown = {name: row for name, row in arms.items() if "cosine" in row and name not in NOT_DRAWN}
    if not shown:
        return ""
    ranked = sorted(shown.items(), key=lambda item: -item[1]["cosine_end"])
    fig = Figure(figsize=(8, max(3.2, 0.2 * len(ranked) + 0.6)), layout="constrained")
    axes = fig.subplots()
    for k, (name, row) in enumerate(ranked):
        moments = [100 * m / (len(row["cosine"]) - 1) for m in range(len(row["cosine"]))]
        axes.plot(moments, row["cosine"], label=name, color=f"C{k % 10}", ls=["-", "--", ":"][k // 10 % 3])
    axes.axhline(0, color="0.7", lw=0.8)
    axes.set_xlabel("training, %")
    axes.set_ylabel("cosine with the gradient")
    fig.legend(loc="outside right upper", fontsize=7, frameon=False)
    words = "Alignment over training, mean over seeds; the legend in the order of the end."
    return figure(fig, words, wide=True)


def _absent(reasons: dict[str, str]) -> str:
    if not reasons:
        return ""
    rows = [(name, reason) for name, reason in reasons.items()]
    return table(["cannot teach this network", "why"], rows)


def _locality(rules: dict[str, dict[str, Any]]) -> str:
    rows = []
    for name, own in rules.items():
        if name == FLOOR:
            continue
        reads = ["weights elsewhere" if one == "transposed weights" else one for one in own["reads"]]
        transport = "yes" if own["weight_transport"] else "no"
        rows.append([name, ", ".join(reads) or "nothing", transport, own["waits"]])
    lead = "Declared by each rule and tested by intervention: all else was changed, and the update stayed."
    header = ["rule", "reads, beside pre and post", "weight transport", "waits for"]
    return section("What a synapse reads", table(header, rows), lead)


def _limits(design: dict[str, Any]) -> str:
    seeds = escape(", ".join(map(str, design["seeds"])))
    quick = "<p>A quick run is too short for gates and for rates.</p>" if design["quick"] else ""
    return (
        f"{quick}<p>Training seeds: {seeds}. Learning rates were searched on a fifth of the training samples "
        "and with other seeds (docs/rules_rates.md). Small "
        "networks and digits: an order of rules here is no order of rules in brains. "
        "<em>Backpropagation</em>, <em>readout only</em> (hidden synapses frozen) and <em>random "
        "direction</em> are controls. Times were measured while other trials ran.</p>"
    )
