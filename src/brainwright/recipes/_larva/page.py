"""The body of the report, from the run folder alone."""

import json
from pathlib import Path
from typing import Any

from brainwright.report import Html, badge, escape, figure, section, table, verdict_banner

WORDS = {
    "supported": "The wiring helps.",
    "no difference": "The wiring makes no difference.",
    "against": "The wiring harms.",
    "cannot tell": "This run cannot tell whether the wiring helps.",
}
TONES = {"supported": "good", "no difference": "even", "against": "bad", "cannot tell": "open"}


def body(folder: Path) -> str:
    """Verdict first, then one section per condition, then the checks."""
    result = json.loads((folder / "result.json").read_text("utf-8"))
    verdict = result["primary"]["verdict"]
    parts = [verdict_banner(verdict, WORDS[verdict], result["answer"])]
    for condition in result["design"]["conditions"]:
        parts.append(_condition(condition, result))
    parts.append(_checks(result["checks"]))
    parts.append(section("What this run is not", _limits(result["design"])))
    return "\n".join(parts)


def _condition(condition: str, result: dict[str, Any]) -> str:
    protocol, n = condition.split("/")
    arms = {
        arm.rsplit("/", 1)[1]: row
        for arm, row in result["arms"].items()
        if arm.startswith((f"{condition}/", f"floors/{n}/")) and " " not in arm
    }
    compared = {
        row["control"].rsplit("/", 1)[1]: row
        for row in result["comparisons"]
        if row["arm"] == f"{condition}/real"
    }
    rows = [_row(name, row, compared.get(name)) for name, row in arms.items()]
    header = [
        "arm",
        "accuracy %",
        "graphs",
        "trained values",
        "real - arm, points",
        "percentile",
        "p (Holm)",
        "",
    ]
    content = table(header, rows, "intervals: 95 %, over graphs and training seeds") + _plot(arms)
    return section(f"{protocol}, {int(n):,} samples", content, result["design"]["protocols"][protocol])


def _row(name: str, row: dict[str, Any], compared: dict[str, Any] | None) -> list[object]:
    own = [name, f"{100 * row['mean']:.2f}", row["n_draws"], round(row["parameters"])]
    if compared is None:
        return [*own, "", "", "", ""]
    ends = [100 * compared[key] for key in ("effect_size", "ci_low", "ci_high")]
    rank, p = compared.get("percentile"), compared.get("p_holm")
    return [
        *own,
        f"{ends[0]:+.2f} [{ends[1]:+.2f}, {ends[2]:+.2f}]",
        "" if rank is None else f"{rank:.0f}",
        "" if p is None else f"{p:.2g}",
        Html(badge(compared["verdict"], TONES[compared["verdict"]])),
    ]


def _plot(arms: dict[str, dict[str, Any]]) -> str:
    from matplotlib.figure import Figure

    fig = Figure(figsize=(6, 0.3 * len(arms) + 0.8), layout="constrained")
    axes = fig.subplots()
    for k, row in enumerate(arms.values()):
        axes.plot([100 * value for value in row["values"]], [k] * len(row["values"]), "o", ms=4, color="C0")
        axes.plot([100 * row["mean"]], [k], "|", ms=14, color="C1")
    axes.set_yticks(range(len(arms)), list(arms))
    axes.invert_yaxis()
    axes.set_xlabel("test accuracy, %: training seeds (dots) and their mean (bar)")
    return figure(fig)


def _checks(checks: list[dict[str, Any]]) -> str:
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
    return (
        f"<p>{escape(design['wiring'])} on {escape(design['task'])}, {design['steps']} steps, "
        "the same passes in every arm, no tuning but of the echo-state network. Signs are drawn at random "
        "once, in all arms alike: no transmitter is used. The connectome is one graph: training seeds say "
        "nothing more "
        "about it, so a claim needs a rank among null graphs, and 39 graphs are the fewest that can give "
        "p &le; 0.05.</p>"
    )
