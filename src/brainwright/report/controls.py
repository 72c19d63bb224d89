"""Arms in which nothing should happen."""

from collections.abc import Mapping
from functools import partial

from .figures import forest
from .finished import Row
from .page import Columns, Figure, Mark, Points, Table

GOOD = {"no difference": "good", "supported": "bad"}
"""Tones of verdicts where no difference is what a sound experiment should give."""


def same(rows: Mapping[str, Row], *, x: str, caption: str, paint: Mapping[str, str] | None = None) -> Columns:
    """Negative controls: 90 % intervals against the margin within which they count as nothing.

    Args:
        rows: arm → its claim "same", as `Finished.against` gives them; one margin for all.
        x: what is compared.
        caption: of the figure; `{margin}` in it is filled in.
        paint: colours of arms.
    """
    ninety, margin = {}, 0.0
    for arm, row in rows.items():
        equal = row["equivalence"]
        margin = equal["margin"]
        ninety[arm] = Points(row["difference"]["value"], equal["ci90_low"], equal["ci90_high"], 3, True)
    effects = [(arm, p.value, p.low, p.high) for arm, p in ninety.items()]
    drawn = Figure(partial(forest, effects, x=x, margin=margin, paint=paint), caption.format(margin=margin))
    lines = [[arm, *p.parts(), wanted(rows[arm])] for arm, p in ninety.items()]
    return Columns([drawn, Table(["arm", "change", "90 % interval", "verdict"], lines)])


def broken(
    rows: Mapping[str, Row], arms: Mapping[str, Row], metrics: Mapping[str, str], intact: str
) -> Table:
    """What would have been said with one thing taken away: only what is intact may be supported.

    Args:
        rows: what was broken → its weakest comparison.
        arms: by the names of the comparisons.
        metrics: column → whose mean stands in it.
        intact: the row in which nothing is broken; where there is none, no verdict is good or bad.
    """
    lines = []
    for name, row in rows.items():
        good = "good" if (row["verdict"] == "supported") == (name == intact) else "bad"
        verdict = Mark(row["verdict"], tone=good if intact in rows else "")
        means = [f"{arms[row['arm']]['means'][metric]:.2f}" for metric in metrics.values()]
        control, gain = row["control"].rpartition("/")[2], Points.of(row, digits=2, sign=True)
        lines.append([name, *means, control, gain, verdict])
    return Table(["broken", *metrics, "weakest against", "difference", "verdict"], lines)


def wanted(row: Row) -> Mark:
    """A verdict, green where it is "no difference"."""
    return Mark(row["verdict"], tone=GOOD.get(row["verdict"], ""))
