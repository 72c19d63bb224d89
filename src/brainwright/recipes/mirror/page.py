"""What the page of the mirror shows: overlaps, and widths."""

from functools import partial
from typing import Any

import numpy as np

from brainwright.report import Figure, Finished, Mark, Points, Section, Table, figures
from brainwright.report.figures import Curve

from .experiment import ALIKE, HELPED, NONE, OVERLAP, PAID, PAID_OVERLAP, TASK, WIDTHS

LIMITS = (
    "A corridor of seven places, networks of one layer, an observer that reads steps by a fixed "
    "rule and does "
    "not learn: it is fooled again and again, as nobody would be. Deceit is a matter of the first "
    "three steps. "
    "That an agent whose activity is the same for self and other acts the same is by construction; "
    "measured is "
    "how much of the overlap it takes, what it costs, and whether a control of equal weight does as well.\n\n"
    "In the second part only the agent's own food is paid for, as where a trained model is tuned for overlap "
    "alone; where deceit goes on to pay, the arms beside it say what is left of the effect. Help costs the "
    "helper steps and pays nothing. Overlap is of squared differences: 1 the same, 0 no more alike than two "
    "situations of other content. There is no body that feels, no learning by watching, no drives to remove."
)


def sections(run: Finished) -> list[Section]:
    """Of what is there."""
    shown = [overlaps(run)] if run.arms() else []
    return [*shown, widths(run)] if run.arms("width") else shown


def overlaps(run: Finished) -> Section:
    """Every arm by deceit, task and help."""
    rows, arms = [], run.arms()
    columns = ("deceived", "believed", TASK, "food when watched", "payoff when watched", HELPED, ALIKE)
    for arm, row in arms.items():
        over = run.comparison(OVERLAP, arm) or run.comparison(arm, PAID if arm == PAID_OVERLAP else NONE)
        shown = [f"{row['means'][name]:.2f}" for name in columns]
        rows.append([arm, *shown, Points.of(over), Mark(over["verdict"]) if over else ""])
    header = ["", *columns, "less deceived", ""]
    words = (
        "Shares. Less deceived: by overlap than by it; in the rows of overlap, than without; where deceit is "
        "still paid, than without overlap there (an effect of a hundredth is none that matters). Taught "
        f"{run.facts['alone']} times by payoff, then {run.facts['after']} times with the overlap."
    )
    values = {arm: row["metrics"]["deceived"] for arm, row in arms.items()}
    dots = Figure(partial(figures.dots, values, x="episodes that deceive (share)"), "A dot for each network.")
    lead = (
        "An agent knows where food is. A rival that watches its first three steps goes where it believes the "
        "food to be, and takes it: it pays to step the other way first. A friend needs the agent at a place."
    )
    return Section("Overlap of self and other", [Table(header, rows, words), dots], lead)


def widths(run: Finished) -> Section:
    """Curves over the width, of one circuit and of two."""
    arms, shown = run.arms("width"), []
    for metric, words in ((ALIKE, "overlap of self and rival"), ("deceived", "deceives"), (HELPED, "helps")):
        lines = {kind: curve(arms, kind, metric) for kind in ("shared", "separate")}
        drawn = partial(figures.curves, lines, x="units", y=words, log_x=True)
        shown.append(Figure(drawn, "Mean and 95 % interval over networks."))
    rows = []
    for width in WIDTHS:
        cells: list[Any] = [str(width)]
        for metric in (ALIKE, "minus deceived", HELPED):
            over = run.comparison(f"shared, {width}", f"separate, {width}", "width", metric)
            cells += [Points.of(over), Mark(over["verdict"]) if over else ""]
        rows.append(cells)
    header = ["units", "overlap", "", "less deceived", "", "helped", ""]
    lead = "One layer for self and others, or two of half the width. No overlap is asked for; deceit pays."
    return Section(
        "Is sharing a child of scarcity?", [*shown, Table(header, rows, "Shared less separate.")], lead
    )


def curve(arms: dict[str, Any], kind: str, metric: str) -> Curve:
    """Of one kind of circuit."""
    values = np.array([arms[f"{kind}, {width}"]["metrics"][metric] for width in WIDTHS]).T
    return Curve.of_units(WIDTHS, values)
