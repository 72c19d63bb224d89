"""Figures of what was written, and of the tune that the tissue goes on with."""

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from .dose import Writes, writes
from .finished import Finished
from .ink import ARM, BEFORE, FAINT, FULL, HALF, panel, styled
from .pictures import by_symbol, rectangle, symbol_axis

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure


@styled
def plan(run: Finished, first: int, symbols: int) -> "Figure":
    """Electrodes written in a stretch of teaching, by the symbol they stand for."""
    found = writes(run)
    place = np.empty(64)
    place[by_symbol(run)] = np.arange(64)
    each = run.electrodes.shape[1]
    fig, axes = panel(HALF, 4.2)
    for column in range(symbols):
        _column(axes, found, found.recorded + first + column, column, place, each)
    symbol_axis(axes, run, extra=64 - run.electrodes.size)
    heard = found.heard[found.recorded + first :][:symbols]
    for column, symbol in enumerate(heard):
        axes.text(column, -1.2, run.marks[symbol], ha="center", va="bottom", fontsize=8)
    step = max(1, symbols // 4)
    axes.set_xticks(range(0, symbols, step), [str(first + 1 + i) for i in range(0, symbols, step)])
    axes.set(
        xlim=(-0.7, symbols - 0.3),
        ylim=(63.5, -0.5),
        xlabel="symbol of the teaching",
        ylabel="electrodes, by the symbol they stand for",
    )
    return fig


def _column(axes: "Axes", found: Writes, period: int, x: int, place: NDArray[np.float64], each: int) -> None:
    """One period: the wanted symbol's band, the electrodes written in it and those written outside."""
    channels = found.written[period - found.recorded]
    channels = channels[channels >= 0]
    wanted = found.heard[period + 1] if period + 1 < len(found.heard) else None
    if wanted is not None:
        box = (x - 0.45, wanted * each - 0.5, 0.9, each)
        axes.add_patch(rectangle(box, facecolor=ARM["adaptive"], alpha=0.18, lw=0))
    right = found.owner[channels] == wanted
    style: dict[str, Any] = {"ms": 3.6, "mew": 0, "ls": ""}
    axes.plot(np.full(right.sum(), x), place[channels[right]], "s", color=ARM["adaptive"], **style)
    axes.plot(np.full((~right).sum(), x), place[channels[~right]], "s", color=ARM["yoked"], **style)


@styled
def tune(run: Finished, symbols: NDArray[np.int64]) -> "Figure":
    """Notes as steps on a staff of the stream's symbols; filled where a note is the taught successor."""
    order = np.argsort(run.levels["midi"] or np.arange(len(run.marks)), kind="stable")
    height = np.argsort(order)[symbols]
    right = np.append(False, run.successor[symbols[:-1]] == symbols[1:])
    fig, axes = panel(FULL, 0.3 * len(run.marks) + 0.35)
    axes.plot(np.arange(len(symbols)), height, color=FAINT, lw=0.7, drawstyle="steps-mid", zorder=1)
    for chosen, colour in ((~right, BEFORE), (right, ARM["adaptive"])):
        axes.scatter(np.flatnonzero(chosen), height[chosen], s=34, color=colour, zorder=2, linewidths=0)
    axes.set_yticks(range(len(order)), [run.marks[i] for i in order])
    axes.set(xlim=(-0.8, len(symbols) - 0.2), ylim=(-0.6, len(order) - 0.4), xticks=[])
    axes.spines["bottom"].set_visible(False)
    axes.grid(axis="y", lw=0.4, color=FAINT, alpha=0.5)
    axes.tick_params(length=0)
    return fig
