"""Figures of what is measured on request: retention and the dose curve."""

from typing import TYPE_CHECKING

import numpy as np

from .finished import Finished
from .ink import ARM, HALF, SOFT, interval, mean_mark, panel, styled

if TYPE_CHECKING:
    from matplotlib.figure import Figure


@styled
def kept(run: Finished, rows: dict[str, list[float]]) -> "Figure":
    """Score right after teaching and after two minutes of silence, of the stream, of random symbols."""
    shown = {"right after": run.arms("full")["adaptive"]["share_after"]} | rows
    fig, axes = panel(HALF, 2.6)
    for x, values in enumerate(shown.values()):
        axes.plot(
            x + np.linspace(-0.15, 0.15, len(values)),
            values,
            "o",
            ms=3,
            color=ARM["adaptive"],
            alpha=0.55,
            mew=0,
        )
        mean_mark(axes, x, values, ARM["adaptive"])
    axes.axhline(float(np.mean(run.levels["before"])), color=SOFT, lw=0.8, ls=(0, (4, 3)), zorder=0)
    axes.text(-0.4, float(np.mean(run.levels["before"])), "before", fontsize=8, color=SOFT, va="bottom")
    axes.set_xticks(range(len(shown)), list(shown))
    axes.set(xlim=(-0.45, len(shown) - 0.55), ylim=(0, None), ylabel="score (share)")
    return fig


@styled
def dose(run: Finished, doses: list[int], scores: list[list[float]]) -> "Figure":
    """Score against the number of symbols taught with oracle writes."""
    fig, axes = panel(HALF, 2.6)
    table = np.array(scores)
    axes.plot(doses, table.T, color=ARM["oracle"], lw=0.6, alpha=0.4)
    bounds = np.array([interval(column) for column in table.T])
    mean = table.mean(axis=0)
    axes.errorbar(
        doses, mean, [mean - bounds[:, 0], bounds[:, 1] - mean], color=ARM["oracle"], fmt="D-", ms=5, lw=1.8
    )
    axes.axhline(float(np.mean(run.levels["before"])), color=SOFT, lw=0.8, ls=(0, (4, 3)), zorder=0)
    axes.text(
        doses[-1],
        float(np.mean(run.levels["before"])),
        "before",
        fontsize=8,
        color=SOFT,
        va="bottom",
        ha="right",
    )
    axes.set(xscale="log", xlabel="symbols taught (log scale)", ylabel="score (share)", ylim=(0, None))
    apart = [i == 0 or d / doses[i - 1] > 1.7 for i, d in enumerate(doses)]  # names that would touch
    axes.set_xticks(doses, [str(d) if far else "" for d, far in zip(doses, apart, strict=True)])
    axes.minorticks_off()
    return fig
