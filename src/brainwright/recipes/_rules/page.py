"""The body of the report, from the run folder alone."""

import json
from pathlib import Path
from typing import Any

from brainwright.report import Html, badge, escape, figure, section, table, verdict_banner

WORDS = {
    "supported": "Hidden cells learn without any error crossing a forward weight.",
    "no difference": "Without weight transport, hidden cells add nothing to the readout.",
    "against": "Without weight transport, hidden cells harm the readout.",
    "cannot tell": "This run cannot tell whether hidden cells learn without weight transport.",
}
TONES = {"supported": "good", "no difference": "even", "against": "bad", "cannot tell": "open"}
TITLES = {
    "narrow": ("Digits, 64-16-16-16-10", "Narrow layers: a readout alone cannot solve it."),
    "equilibrium": ("Digits, 64-100-10, at rest", "Layers joined both ways by equal weights, asked at rest."),
    "goodness": (
        "Digits, 64-200-200-10, normalised",
        "The input has room for a label.",
    ),
    "features": ("Digits, 64-20-10", "Unsupervised layers: the readout alone is 20 random features."),
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


def body(folder: Path) -> str:
    """Verdict first, then a board each, then checks and limits."""
    result = json.loads((folder / "result.json").read_text("utf-8"))
    verdict = result["primary"]["verdict"]
    parts = [verdict_banner(verdict, WORDS[verdict], result["answer"])]
    parts += [_board(board, result) for board in result["design"]["boards"]]
    parts += [_checks(result["checks"]), section("What this run is not", _limits(result["design"]))]
    return "\n".join(parts)


def _board(board: str, result: dict[str, Any]) -> str:
    arms = {
        name.split("/", 1)[1]: row for name, row in result["arms"].items() if name.split("/", 1)[0] == board
    }
    ranked = sorted(arms.items(), key=lambda item: -item[1]["mean"])
    over = {
        row["arm"].split("/", 1)[1]: row
        for row in result["comparisons"]
        if row["arm"].split("/", 1)[0] == board and row["control"] == f"{board}/{FLOOR}"
    }
    rows = [_row(name, row, over.get(name), result["locality"][name], arms) for name, row in ranked]
    header = [
        "rule",
        "accuracy %",
        "over the readout alone, points",
        "cosine with the gradient, middle and end",
        "reads, beside pre and post",
        "update, forward passes",
        "held, kB",
        "",
    ]
    schedule = result["design"]["boards"][board]
    note = (
        f"{len(result['design']['seeds'])} seeds, {schedule['epochs']} epochs of batch {schedule['batch']}, "
        f"{schedule['optimiser']}; intervals: 95 %, over seeds; update: its measured time over that of a "
        "forward pass; held: memory from the forward pass to the update, the rule's own state included"
    )
    content = table(header, rows, note) + _curves(arms) + _absent(result["unsupported"].get(board, {}))
    title, text = TITLES[board]
    return section(title, content, text)


def _row(
    name: str, row: dict[str, Any], over: dict[str, Any] | None, locality: dict[str, Any], arms: dict
) -> list[object]:
    lead, tone = "", Html("")
    if over is not None:
        ends = [100 * over[key] for key in ("effect_size", "ci_low", "ci_high")]
        lead = f"{ends[0]:+.1f} [{ends[1]:+.1f}, {ends[2]:+.1f}]"
        tone = Html(badge(over["verdict"], TONES[over["verdict"]]))
    accuracy = [100 * row[key] for key in ("mean", "ci_low", "ci_high")]
    aligned = f"{row['cosine_middle']:.2f}, {row['cosine_end']:.2f}" if "cosine" in row else ""
    reads = ["weights elsewhere" if one == "transposed weights" else one for one in locality["reads"]]
    return [
        name,
        f"{accuracy[0]:.1f} [{accuracy[1]:.1f}, {accuracy[2]:.1f}]",
        lead,
        aligned,
        "" if name == FLOOR else ", ".join(reads) or "nothing",
        f"{row['forward_passes']:.1f}",
        f"{row['held_bytes'] / 1e3:.0f}",
        tone,
    ]


def _curves(arms: dict[str, dict[str, Any]]) -> str:
    from matplotlib.figure import Figure

    shown = {name: row for name, row in arms.items() if "cosine" in row and name != EXACT}
    if not shown:
        return ""
    fig = Figure(figsize=(7, 3.6), layout="constrained")
    axes = fig.subplots()
    for k, (name, row) in enumerate(shown.items()):
        moments = [100 * m / (len(row["cosine"]) - 1) for m in range(len(row["cosine"]))]
        axes.plot(moments, row["cosine"], label=name, color=f"C{k % 10}", ls=["-", "--", ":"][k // 10 % 3])
    axes.axhline(0, color="0.7", lw=0.8)
    axes.set_xlabel("training, %")
    axes.set_ylabel("cosine with the gradient")
    axes.set_ylim(-0.25, 1.05)
    fig.legend(loc="outside right upper", fontsize=7, frameon=False)
    return figure(fig)


def _absent(reasons: dict[str, str]) -> str:
    if not reasons:
        return ""
    rows = [(name, reason) for name, reason in reasons.items()]
    return table(["cannot teach this network", "why"], rows)


def _checks(checks: list[dict[str, Any]]) -> str:
    if not checks:
        return section("Checks", "<p>A quick run is too short for gates.</p>")
    rows = [
        (
            one["name"],
            Html(badge("holds" if one["holds"] else "does not hold", "good" if one["holds"] else "bad")),
            one["detail"],
        )
        for one in checks
    ]
    return section("Checks", table(["check", "", "detail"], rows))


def _limits(design: dict[str, Any]) -> str:
    seeds = escape(", ".join(map(str, design["seeds"])))
    return (
        f"<p>Training seeds: {seeds}. Learning rates were searched, on a fifth of the training samples and "
        "with other seeds, for some arms of the boards narrow and rows only; the others are published values "
        "or first guesses (recipes/_rules/lineup.py says which), so a low place may be a poor rate. Small "
        "networks and digits: an order of rules here is no order of rules in brains. "
        "<em>Backpropagation</em>, <em>readout only</em> (hidden synapses frozen) and <em>random "
        "direction</em> are controls. What each rule reads is declared by it and tested by intervention. "
        "Times were measured while other trials ran.</p>"
    )
