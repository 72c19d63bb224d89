"""The body of the report, from the run folder alone."""

import json
from pathlib import Path
from typing import Any

from brainwright.report import checks, escape, figure, section, table, verdict_banner

from .figures import curves, draws
from .page_reservoirs import reservoirs
from .page_tables import ARM_WORDS, claim, condition, expansion, points

WORDS = {
    "supported": "The wiring helps.",
    "no difference": "The wiring makes no difference.",
    "against": "The wiring harms.",
    "cannot tell": "This run cannot tell whether the wiring helps.",
}
LEAD = (
    "The real wiring against nulls and floors at each number of samples. The deciding comparison was named "
    "before the run; all others are read beside it."
)


def body(folder: Path) -> str:
    """Verdict first, then how much at how many samples, the claim, each condition, reservoirs, checks."""
    result = json.loads((folder / "result.json").read_text("utf-8"))
    design, verdict = result["design"], result["primary"]["verdict"]
    overview = _overview(result) + figure(curves(result), _curve_words(result), wide=True)
    parts = [
        verdict_banner(verdict, WORDS[verdict], result["answer"]),
        section("Does the wiring matter, how much, at how many samples?", overview, LEAD),
        section("The deciding comparison", figure(draws(result), _draw_words(result)), design["primary"]),
        claim(result),
        *(condition(name, result) for name in design["conditions"]),
        expansion(result),
        reservoirs(result["reservoirs"]),
        checks(result["checks"]),
        section("What this run is not", _limits(design)),
    ]
    return "\n".join(part for part in parts if part)


OVERVIEW = [
    "protocol",
    "samples",
    "real, %",
    "real - degree",
    "real - block",
    "real - random",
    "best floor, %",
]


def _overview(result: dict[str, Any]) -> str:
    caption = "differences in points with 95 % intervals over graphs and training seeds"
    return table(OVERVIEW, overview_rows(result), caption)


def overview_rows(result: dict[str, Any]) -> list[list[str]]:
    """One row of `OVERVIEW` per condition: the real wiring against its nulls and the best floor."""
    rows = []
    for name in result["design"]["conditions"]:
        protocol, n = name.split("/")
        compared = [row for row in result["comparisons"] if row["arm"] == f"{name}/real"]
        nulls = {row["control"].rsplit("/", 1)[1]: row for row in compared if "percentile" in row}
        floors = {arm: row for arm, row in result["arms"].items() if arm.startswith(f"floors/{n}/")}
        wide = [points(nulls[kind]) if kind in nulls else "" for kind in ("degree", "block", "random")]
        mean = f"{100 * result['arms'][f'{name}/real']['mean']:.2f}"
        rows.append([protocol, f"{int(n):,}", mean, *wide, _best(floors)])
    return rows


def _best(floors: dict[str, Any]) -> str:
    if not floors:
        return ""
    best = max(floors, key=lambda arm: floors[arm]["mean"])
    return f"{ARM_WORDS[best.rsplit('/', 1)[1]]} {100 * floors[best]['mean']:.2f}"


def _curve_words(result: dict[str, Any]) -> str:
    return (
        "Above: test accuracy against training samples, bars 95 % intervals over training seeds (means over "
        "graphs). Below: the real wiring minus each null, bars 95 % intervals over graphs and seeds. "
        f"Task: {result['design']['task']}."
    )


def _draw_words(result: dict[str, Any]) -> str:
    return (
        "Each dot is one null graph (mean over training seeds), the line the real wiring, the band its "
        f"training seeds from lowest to highest. {result['primary']['why'].capitalize()}."
    )


def _limits(design: dict[str, Any]) -> str:
    passes = ", ".join(f"{escape(k)} over {int(n):,} samples" for n, k in design["passes"].items())
    return (
        f"<p>{escape(design['wiring'])} on {escape(design['task'])}, {design['steps']} steps; "
        f"passes: {passes}, the same in every arm, by Adam with rate 0.001; no tuning but of the echo-state "
        "network. Signs are drawn at random once, in all arms alike: no transmitter is used. The connectome "
        "is one graph: training seeds say nothing more about it, so a claim needs a rank among null graphs, "
        "and 39 graphs are the fewest that can give p &le; 0.05.</p>"
    )
