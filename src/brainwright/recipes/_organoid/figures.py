"""Figures of scores: every culture, the mean, its interval, and the marks between which it is read."""

from typing import TYPE_CHECKING, Any

import numpy as np

from . import words
from .finished import Finished
from .ink import ARM, BEFORE, HALF, SOFT, THIRD, interval, mean_mark, panel, spread, styled

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

SMALL: Any = {"fontsize": 8, "color": SOFT, "va": "top", "linespacing": 1.05}
SHARE = "answers that are the taught successor (share)"


@styled
def arms(run: Finished) -> "Figure":
    """Every culture before and after, per arm of condition full."""
    fig, axes = panel(HALF, 0.55 + 0.52 * len(run.arms("full")))
    draw_arms(axes, run)
    return fig


def draw_arms(axes: "Axes", run: Finished) -> None:
    """See `arms`."""
    rows = run.arms("full")
    for y, (name, arm) in enumerate(rows.items()):
        _dumbbells(axes, y, arm, ARM[name])
    axes.set_yticks(range(len(rows)), list(rows))
    for label, name in zip(axes.get_yticklabels(), rows, strict=True):
        label.set(color=ARM[name], fontweight="bold")
    axes.tick_params(axis="y", length=0)
    axes.set(ylim=(len(rows) - 0.4, -1.0), xlim=(0, 1.02), xlabel=SHARE)
    axes.spines["left"].set_visible(False)
    axes.text(1.03, -0.95, "mean change\n[95 % interval]", transform=axes.get_yaxis_transform(), **SMALL)
    _marks(axes, run)


def _dumbbells(axes: "Axes", y: int, arm: dict[str, Any], colour: str) -> None:
    before, after = np.array(arm["share_before"]), np.array(arm["share_after"])
    height = y + (np.linspace(-0.27, 0.27, len(after)) if len(after) > 1 else np.zeros(1))
    height = height[np.argsort(np.argsort(after, kind="stable"), kind="stable")]
    axes.hlines(height, before, after, color=colour, lw=0.8, alpha=0.45)
    axes.plot(before, height, "o", ms=2.4, mfc="none", mec=BEFORE, mew=0.7)
    axes.plot(after, height, "o", ms=3, color=colour, mew=0)
    mean_mark(axes, y, after, colour, across=True, ms=6)
    mean, low, high = (words.number(x, sign=True) for x in (arm["mean"], *interval(arm["values"])))
    text = f"{mean} [{low}, {high}]"
    axes.text(1.03, y, text, transform=axes.get_yaxis_transform(), va="center", fontsize=8)


def _marks(axes: "Axes", run: Finished) -> None:
    """Before, constant answer and Bayes ceiling as labelled lines."""
    levels = run.levels
    marks = (
        (float(np.mean(levels["before"])), "before", "right"),
        (levels["constant_answer"], "best constant\nanswer", "left"),
        (levels["bayes_share"], "Bayes\nceiling", "right"),
    )
    for x, name, side in marks:
        axes.axvline(x, color=SOFT, lw=0.8, ls=(0, (4, 3)), zorder=0)
        shift = 0.012 if side == "left" else -0.012
        axes.text(x + shift, -0.95, name, ha=side, **SMALL)


@styled
def learning(run: Finished) -> "Figure":
    """Score against symbols taught, per arm of condition full."""
    fig, axes = panel(HALF, 0.55 + 0.52 * len(run.arms("full")))
    draw_learning(axes, run)
    return fig


def draw_learning(axes: "Axes", run: Finished) -> None:
    """See `learning`."""
    rows = run.arms("full")
    taught = run.conditions["full"]["taught"]
    ends = {}
    for i, (name, arm) in enumerate(rows.items()):
        curve = np.column_stack([arm["share_before"], arm["curve"]])
        block = -(-taught // (curve.shape[1] - 1))
        x = np.minimum(np.arange(curve.shape[1]) * block, taught)
        x = x + (i - len(rows) / 2) * taught * 0.006  # bars beside each other
        mean, bounds = curve.mean(axis=0), np.array([interval(column) for column in curve.T])
        axes.errorbar(
            x,
            mean,
            [mean - bounds[:, 0], bounds[:, 1] - mean],
            color=ARM[name],
            lw=1.6,
            elinewidth=1,
            fmt="o-",
            ms=3.5,
        )
        ends[name] = mean[-1]
    top = max(0.55, *(max(map(max, arm["curve"])) for arm in rows.values())) * 1.02
    for (name, end), y in zip(ends.items(), spread(list(ends.values()), top * 0.052), strict=True):
        axes.annotate(
            name,
            (taught * 1.03, end),
            (taught * 1.09, y),
            color=ARM[name],
            va="center",
            fontweight="bold",
            fontsize=8.5,
            annotation_clip=False,
            arrowprops={
                "arrowstyle": "-",
                "color": ARM[name],
                "lw": 0.6,
                "shrinkA": 2,
                "shrinkB": 0,
                "relpos": (0, 0.5),
            },
        )
    axes.axhline(run.levels["constant_answer"], color=SOFT, lw=0.8, ls=(0, (4, 3)), zorder=0)
    axes.text(
        taught,
        run.levels["constant_answer"] + 0.006,
        "best constant answer",
        fontsize=8,
        color=SOFT,
        ha="right",
    )
    axes.set(xlim=(-0.04 * taught, 1.04 * taught), ylim=(0, None), xlabel="symbols taught", ylabel=SHARE)


@styled
def gradient(run: Finished, condition: str, limits: tuple[float, float], *, wide: bool = False) -> "Figure":
    """Cultures joined across the arms of a condition: what the gradient adds to writing."""
    names = [name for name in ("yoked", "ungraded", "adaptive", "oracle") if name in run.arms(condition)]
    values = np.array([run.change(condition, name) for name in names])
    fig, axes = panel(HALF if wide else THIRD, 2.6)
    axes.plot(np.arange(len(names)), values, color=BEFORE, lw=0.7, alpha=0.55)
    for x, (name, row) in enumerate(zip(names, values, strict=True)):
        axes.plot(np.full(len(row), x), row, "o", ms=3, color=ARM[name], alpha=0.7, mew=0)
        mean_mark(axes, x + 0.14, row, ARM[name])
    axes.axhline(0, color=SOFT, lw=0.7, ls=(0, (4, 3)), zorder=0)
    axes.set_xticks(range(len(names)), names)
    for label, name in zip(axes.get_xticklabels(), names, strict=True):
        label.set(color=ARM[name], fontweight="bold")
    axes.tick_params(axis="x", length=0)
    axes.set(xlim=(-0.35, len(names) - 0.55), ylim=limits, ylabel="change of the score (share)")
    return fig


@styled
def equivalence(rows: list[dict[str, Any]]) -> "Figure":
    """90 % intervals of the negative controls against the margin."""
    margin = rows[0]["equivalence"]["margin"]
    fig, axes = panel(HALF, 0.75 + 0.4 * len(rows))
    axes.axvspan(-margin, margin, color=SOFT, alpha=0.14, lw=0)
    axes.axvline(0, color=SOFT, lw=0.7)
    for y, row in enumerate(rows):
        same = row["equivalence"]
        axes.plot([same["ci90_low"], same["ci90_high"]], [y, y], color=ARM[row["arm"]], lw=2.4)
        axes.plot(row["difference"]["value"], y, "D", color=ARM[row["arm"]], ms=6.5, mec="#ffffff", mew=0.8)
    axes.set_yticks(range(len(rows)), [row["arm"] for row in rows])
    for label, row in zip(axes.get_yticklabels(), rows, strict=True):
        label.set(color=ARM[row["arm"]], fontweight="bold")
    reach = 1.15 * max(
        margin, *(abs(row["equivalence"][end]) for row in rows for end in ("ci90_low", "ci90_high"))
    )
    axes.set(xlim=(-reach, reach), ylim=(len(rows) - 0.4, -0.9), xlabel="change from before (share)")
    axes.text(0, -0.85, f"counts as nothing: ±{margin:.3f}", ha="center", va="top", fontsize=8, color=SOFT)
    axes.tick_params(axis="y", length=0)
    axes.spines["left"].set_visible(False)
    return fig


@styled
def log_scores(run: Finished) -> "Figure":
    """Next-symbol log score on the stream, between chance and the Bayes ceiling."""
    rows = run.arms("full")
    fig, axes = panel(HALF, 0.6 + 0.36 * (len(rows) + 1))
    shown = {"before": run.levels["before_bits"]} | {
        name: arm["log_score_bits"] for name, arm in rows.items()
    }
    for y, (name, values) in enumerate(shown.items()):
        colour = ARM.get(name, BEFORE)
        height = y + np.linspace(-0.22, 0.22, len(values))
        axes.plot(values, height, "o", ms=3, color=colour, alpha=0.55, mew=0)
        mean_mark(axes, y, values, colour, across=True)
    axes.set_yticks(range(len(shown)), list(shown))
    for label, name in zip(axes.get_yticklabels(), shown, strict=True):
        label.set(color=ARM.get(name, SOFT), fontweight="bold")
    for x, name in ((run.levels["chance_bits"], "chance"), (run.levels["bayes_bits"], "Bayes ceiling")):
        axes.axvline(x, color=SOFT, lw=0.8, ls=(0, (4, 3)), zorder=0)
        axes.annotate(
            name, (x, -0.9), (-4, 0), textcoords="offset points", ha="right", va="top", fontsize=8, color=SOFT
        )
    axes.set(ylim=(len(shown) - 0.4, -1.0), xlabel="log score of the next symbol (bits; higher is better)")
    axes.tick_params(axis="y", length=0)
    axes.spines["left"].set_visible(False)
    return fig


@styled
def skill(rows: dict[str, np.ndarray]) -> "Figure":
    """Forecast skill of the emulator and of the trivial forecasts, one dot per culture."""
    colours = {"emulator": ARM["adaptive"]}
    names = {"mean": "mean rate", "persistence": "persistence", "emulator": "emulator"}
    order = [name for name in names if name in rows]
    fig, axes = panel(HALF, 0.6 + 0.42 * len(order))
    for y, name in enumerate(order):
        height = y + np.linspace(-0.2, 0.2, len(rows[name]))
        axes.plot(rows[name], height, "o", ms=3.5, color=colours.get(name, BEFORE), alpha=0.6, mew=0)
        mean_mark(axes, y, rows[name], colours.get(name, BEFORE), across=True)
    axes.set_yticks(range(len(order)), [names[name] for name in order])
    axes.axvline(0, color=SOFT, lw=0.8, ls=(0, (4, 3)), zorder=0)
    axes.set(ylim=(len(order) - 0.5, -0.5), xlabel="skill on held-out responses (bits per spike)")
    axes.tick_params(axis="y", length=0)
    axes.spines["left"].set_visible(False)
    return fig
