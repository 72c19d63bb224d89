"""What the page of the mirror shows: overlaps and their weights, drives, widths, learning by watching."""

from collections.abc import Sequence
from functools import partial
from typing import Any

import numpy as np

from brainwright.loop.mirror import DRIVES, lineup
from brainwright.report import Figure, Finished, Mark, Points, Section, Table, figures
from brainwright.report.figures import Curve

from .experiment import ALIKE, FOUND, HELPED, HONEST, MARGIN, TASK

LIMITS = (
    "A corridor of seven places, networks of one layer. But in two arms the observer reads steps by a fixed "
    "rule and does not learn: it is fooled again and again, as nobody would be. One that learns remembers "
    "places, not paths, and about fifty occasions. Deceit is a matter of the first three steps. That an "
    "agent whose activity is the same for self and other acts the same is by construction; measured is how "
    "much of the overlap it takes, what it costs, and whether a control of equal weight does as well.\n\nIn "
    "the second part only the agent's own food is paid for, as where a trained model is tuned for overlap "
    "alone; where deceit goes on to pay, the arms beside it say what is left of the effect. Help costs the "
    "helper steps and pays nothing but what sympathy makes of it, which is what the agent's own assessor of "
    "food says of the friend's situation. That it takes one circuit for both is by construction; measured "
    "is whether one is enough, and what it costs the agent itself. Overlap is of squared differences: 1 the "
    "same, 0 no more alike than two situations of other content. Whose ways are watched never errs. There "
    "is no body that feels."
)


def sections(run: Finished) -> list[Section]:
    """Of what is there."""
    parts = {"": overlaps, "weight": weights, "drives": drives, "width": widths, "watching": watching}
    return [shown(run) for study, shown in parts.items() if run.arms(study)]


def overlaps(run: Finished) -> Section:
    """Every arm by deceit, task and help."""
    rows, arms = [], run.arms()
    columns = ("deceived", "believed", TASK, "food when watched", "payoff when watched", HELPED, ALIKE)
    for arm, row in arms.items():
        other = lineup.COMPARED.get(arm, lineup.NONE)
        over = run.comparison(lineup.OVERLAP, arm) or run.comparison(arm, other)
        shown = [f"{row['means'][name]:.2f}" for name in columns]
        rows.append([arm, *shown, *marked(over)])
    words = (
        "Shares. Less deceived: by overlap than by it; in the rows of overlap, than without; where deceit is "
        "still paid, than without overlap there; where the observer learns, than where it does not, and than "
        f"without overlap there. A claim must clear {MARGIN:g}. Taught {run.facts['alone']} times by payoff, "
        f"then {run.facts['after']} times with the overlap."
    )
    values = {arm: row["metrics"]["deceived"] for arm, row in arms.items()}
    dots = Figure(partial(figures.dots, values, x="episodes that deceive (share)"), "A dot for each network.")
    lead = (
        "An agent knows where food is. A rival that watches its first three steps goes where it believes the "
        "food to be, and takes it: it pays to step the other way first. A friend needs the agent at a place."
    )
    header = ["", *columns, "less deceived", ""]
    return Section("Overlap of self and other", [Table(header, rows, words), dots], lead)


def marked(over: dict[str, Any] | None) -> list[Any]:
    """A difference and its verdict; empty where it was not asked."""
    return [Points.of(over), Mark(over["verdict"]) if over else ""]


def weights(run: Finished) -> Section:
    """Deceit and task over the weight of the overlap, paired and not."""
    arms, kinds = run.arms("weight"), ("paired", "unpaired")
    shown = [
        curves(arms, kinds, lineup.WEIGHTS, "weight of the overlap", name) for name in ("deceived", TASK)
    ]
    rows = [
        [f"{weight:g}"]
        + [
            f"{arms[f'{kind}, {weight:g}']['means'][name]:.2f}"
            for name in ("deceived", TASK)
            for kind in kinds
        ]
        + marked(run.comparison(f"paired, {weight:g}", f"unpaired, {weight:g}", "weight", HONEST))
        for weight in lineup.WEIGHTS
    ]
    header = ["weight", "deceived, paired", "unpaired", "food found, paired", "unpaired", "less deceived", ""]
    lead = "The same weight on the activity for unrelated situations is the control at every point."
    return Section("How much overlap?", [*shown, Table(header, rows, "Paired less unpaired.")], lead)


def drives(run: Finished) -> Section:
    """Capability against helping, as innate drives are removed."""
    arms, numbers = run.arms("drives"), range(len(DRIVES) + 1)
    lines = {
        words: Curve.of_units(numbers, np.array([arms[f"{n} removed"]["metrics"][name] for n in numbers]).T)
        for words, name in (("food found", TASK), ("helps", HELPED), ("deceives", "deceived"))
    }
    drawn = partial(figures.curves, lines, x="drives removed", y="share", limits=(0, 1))
    rows = []
    for arm in (
        lineup.ALL_DRIVES,
        *(lineup.without(tuple(set(DRIVES) - {drive})) for drive in DRIVES),
        lineup.APART,
    ):
        cells = [f"{arms[arm]['means'][name]:.2f}" for name in (TASK, HELPED, "deceived")]
        over = [run.comparison(lineup.ALL_DRIVES, arm, "drives", name) for name in (TASK, HELPED)]
        rows.append([arm, *cells, *marked(over[0]), *marked(over[1])])
    header = [
        "",
        "food found",
        "helps",
        "deceives",
        "food: lost without it",
        "",
        "help: lost without it",
        "",
    ]
    lead = (
        "Hunger, thrift (steps cost), rivalry (what a rival takes hurts), sympathy (what the agent's own "
        "assessor of food says of a friend's situation is felt): removed in every order."
    )
    curve = Figure(drawn, "Mean over all sets of drives that lack as many; 95 % interval over networks.")
    return Section("Without innate drives", [curve, Table(header, rows)], lead)


def widths(run: Finished) -> Section:
    """Curves over the width, of one circuit and of two."""
    arms, kinds = run.arms("width"), ("shared", "separate")
    shown = [curves(arms, kinds, lineup.WIDTHS, "units", name) for name in (ALIKE, "deceived", HELPED)]
    rows = [
        [str(width)]
        + [
            cell
            for metric in (ALIKE, HONEST, HELPED)
            for cell in marked(run.comparison(f"shared, {width}", f"separate, {width}", "width", metric))
        ]
        for width in lineup.WIDTHS
    ]
    header = ["units", "overlap", "", "less deceived", "", "helped", ""]
    lead = "One layer for self and others, or two of half the width. No overlap is asked for; deceit pays."
    return Section(
        "Is sharing a child of scarcity?", [*shown, Table(header, rows, "Shared less separate.")], lead
    )


def curves(arms: dict[str, Any], kinds: Sequence[str], points: Sequence[float], x: str, name: str) -> Figure:
    """A metric of two kinds of arms over a number that both have."""
    lines = {
        kind: Curve.of_units(
            points, np.array([arms[f"{kind}, {point:g}"]["metrics"][name] for point in points]).T
        )
        for kind in kinds
    }
    drawn = partial(figures.curves, lines, x=x, y=name, log_x=True)
    return Figure(drawn, "Mean and 95 % interval over networks.")


def watching(run: Finished) -> Section:
    """What one finds oneself that another was seen to find."""
    arms = run.arms("watching")
    columns = (FOUND, "found, left", "foretold", ALIKE)
    rows = [
        [arm, *(f"{row['means'][name]:.2f}" for name in columns), *marked(over)]
        for arm, row in arms.items()
        for over in [
            run.comparison(lineup.SEEN_OVERLAP, arm, "watching")
            or run.comparison(lineup.SEEN, arm, "watching")
        ]
    ]
    words = (
        "Found: food on the right, where the agent never found any itself. Foretold: chance that it gave to "
        "what the other one did. More found: by who watched than by it; in the first row, by overlap "
        "than without."
    )
    lead = "The agent is paid for food on the left alone. It watches another one go to food on both sides."
    return Section("Learning by watching", [Table(["", *columns, "more found", ""], rows, words)], lead)
