"""Sections that keep the claim honest: negative controls, all comparisons, the audit."""

from typing import Any

from brainwright.report import escape, figure, holds_badge, section, table

from . import figures, words
from .finished import Finished


def columns(*parts: str) -> str:
    """Parts beside each other (four of them two by two), below each other on a telephone."""
    kind = "columns pairs" if len(parts) == 4 else "columns"
    return f'<div class="{kind}">{"".join(f"<div>{part}</div>" for part in parts)}</div>'


def controls(run: Finished) -> str:
    """Arms in which nothing should happen, and the charge that they received."""
    rows = [row for row in run.result["comparisons"] if row["control"] == "before" and row["equivalence"]]
    if not rows:
        return ""
    lines = [
        (
            row["arm"],
            words.number(row["difference"]["value"], sign=True, digits=3),
            words.unbroken(words.within(_ninety(row), sign=True, digits=3)),
            words.verdict_badge(row["verdict"], nothing_wanted=True),
        )
        for row in rows
    ]
    margin = rows[0]["equivalence"]["margin"]
    caption = (
        f"Two one-sided tests over {run.n} cultures: a control counts as nothing when its 90 % interval "
        f"lies within ±{margin:.3f}, a third of the difference between adaptive and yoked."
    )
    charge = run.check("same charge in all writing arms")
    same = (
        f"<p>{holds_badge(charge['holds'])} Same charge in all writing arms: {escape(charge['detail'])}.</p>"
        if charge
        else ""
    )
    return section(
        "Negative controls",
        columns(
            figure(figures.equivalence(rows), caption),
            table(("arm", "change", "90 % interval", "verdict"), lines) + same,
        ),
        "Without plasticity, without cells and with random writes the score should stay where it was: "
        "here “no difference” is the good answer.",
    )


def _ninety(row: dict[str, Any]) -> dict[str, Any]:
    return {"ci_low": row["equivalence"]["ci90_low"], "ci_high": row["equivalence"]["ci90_high"]}


def comparisons(run: Finished) -> str:
    """Every comparison of the run with its verdict, a table for each metric."""
    rows = [run.result["primary"], *run.result["comparisons"]]
    tables = [
        table(
            ("arm", "against", "decides", "effect", "d_z", "n", "verdict"),
            [_comparison(row) for row in rows if row["metric"] == metric],
            caption=f"Metric: {metric}",
        )
        for metric in dict.fromkeys(row["metric"] for row in rows)
    ]
    return "<h3>All comparisons, named before the run; the primary one first</h3>" + "".join(tables)


def _comparison(row: dict[str, Any]) -> tuple[object, ...]:
    return (
        row["arm"],
        row["control"],
        row["effect"],
        words.unbroken(words.effect(row)),
        words.unbroken(words.triple(row["d_z"])),
        row["n"],
        words.oracle_badge(row["verdict"])
        if row["control"] == "oracle"
        else words.verdict_badge(row["verdict"], nothing_wanted=row["control"] == "before"),
    )


def audit(run: Finished) -> str:
    """The checks: could the score come from anything but what the tissue learned?"""
    rows = [(row["name"], holds_badge(row["holds"]), row["detail"]) for row in run.result["checks"]]
    return section(
        "Audit",
        table(("check", "", "found"), rows),
        "Could the score come from anything but what the tissue learned? Each leak check feeds the "
        "scoring something that holds no learned answer and asks for the level expected then.",
    )
