"""Symbols in time: notes on a staff, and which electrodes were written for them."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike

from brainwright.untrusted import printable

from ..style import BLUE, FAINT, FULL, GREY, HALF, ORANGE, SMALL, panel, styled
from .tissue import group_axis, grouped

if TYPE_CHECKING:
    from matplotlib.figure import Figure


@styled
def staff(
    symbols: ArrayLike,
    names: Sequence[str],
    *,
    marked: ArrayLike | None = None,
    heights: Sequence[float] | None = None,
) -> "Figure":
    """Symbols as notes on a staff with a line for each.

    Args:
        symbols: [note].
        names: of the symbols.
        marked: which notes are blue, [note]; none by default.
        heights: of the symbols, such as MIDI notes, by which lines are sorted; in their order by default.
    """
    shown = np.asarray(symbols, np.int64)
    blue = np.zeros(len(shown), bool) if marked is None else np.asarray(marked, bool)
    order = np.argsort(np.arange(len(names)) if heights is None else heights, kind="stable")
    line = np.argsort(order)[shown]
    fig, axes = panel(FULL, 0.3 * len(names) + 0.35)
    axes.plot(np.arange(len(shown)), line, color=FAINT, lw=0.7, drawstyle="steps-mid", zorder=1)
    for chosen, colour in ((~blue, GREY), (blue, BLUE)):
        axes.scatter(np.flatnonzero(chosen), line[chosen], s=34, color=colour, zorder=2, linewidths=0)
    axes.set_yticks(range(len(order)), [printable(names[k]) for k in order])
    axes.set(xlim=(-0.8, len(shown) - 0.2), ylim=(-0.6, len(order) - 0.4), xticks=[])
    axes.spines["bottom"].set_visible(False)
    axes.grid(axis="y", lw=0.4, color=FAINT, alpha=0.5)
    axes.tick_params(length=0)
    return fig


@styled
def written(
    writes: ArrayLike,
    heard: ArrayLike,
    electrodes: ArrayLike,
    names: Sequence[str],
    channels: ArrayLike,
    *,
    first: int = 0,
    x: str = "symbol of the teaching",
    y: str = "electrodes, by the symbol they stand for",
) -> "Figure":
    """Electrodes written after each symbol: blue where they belong to the symbol that comes next.

    Args:
        writes: channels, -1 for none, [period, electrode].
        heard: symbols, one more than periods: the last comes after the last write.
        electrodes: channels of each symbol, [symbol, electrode].
        names: of the symbols.
        channels: all that are shown.
        first: number of periods that went before.
        x, y: what the axes are.
    """
    chosen, symbols = np.asarray(writes, np.int64), np.asarray(heard, np.int64)
    order, groups = grouped(electrodes, names, channels)
    n, each, place = len(chosen), np.asarray(electrodes).shape[1], np.argsort(order)
    fig, axes = panel(HALF, 4.2)
    for k, (write, now, coming) in enumerate(zip(chosen, symbols[:-1], symbols[1:], strict=True)):
        row, top = place[np.searchsorted(np.sort(order), write[write >= 0])], coming * each - 0.5
        right = row // each == coming
        axes.fill_between([k - 0.45, k + 0.45], top, top + each, color=BLUE, alpha=0.18, lw=0)
        for which, colour in ((right, BLUE), (~right, ORANGE)):
            axes.plot(np.full(which.sum(), k), row[which], "s", color=colour, ms=3.6, mew=0)
        axes.text(k, -1.2, printable(names[now]), ha="center", va="bottom", fontsize=SMALL)
    group_axis(axes, groups, "y")
    ticks = range(0, n, max(1, n // 4))
    axes.set_xticks(ticks, [str(first + 1 + k) for k in ticks])
    axes.set(xlim=(-0.7, n - 0.3), ylim=(len(order) - 0.5, -0.5), xlabel=printable(x), ylabel=printable(y))
    return fig
