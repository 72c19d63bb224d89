"""Curves: learning over time, accuracy over samples, skill over horizons."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from brainwright.visible import visible

from ..style import FULL, INK, PALETTE, colours, interval, level, panel, panels, styled

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

STYLES = ("-", "--", ":")
"""Of the first, second and third line of one colour."""


class Curve(NamedTuple):
    """A line through points, with bars from `low` to `high` (or a `band` between them)."""

    x: ArrayLike
    y: ArrayLike
    low: ArrayLike | None = None
    high: ArrayLike | None = None
    style: str = ""
    band: bool = False

    @classmethod
    def of_units(cls, x: ArrayLike, values: ArrayLike, style: str = "o-") -> "Curve":
        """Mean over units with Student's 95 % interval, from values [unit, point]."""
        rows = np.asarray(values, np.float64)
        ends = np.array([interval(column) for column in rows.T])
        return cls(x, rows.mean(axis=0), ends[:, 0], ends[:, 1], style)


@styled
def curves(
    lines: Mapping[str, Curve],
    *,
    x: str,
    y: str,
    log_x: bool = False,
    levels: Mapping[str, float] | None = None,
    limits: tuple[float | None, float | None] | None = None,
    paint: Mapping[str, str] | None = None,
    size: tuple[float, float] | None = None,
) -> "Figure":
    """Several curves on one pair of axes; the legend stands outside, in the order given.

    Args:
        lines: name → curve.
        x, y: what the axes are.
        log_x: with a logarithmic axis.
        levels: name → height of a labelled line.
        limits: of the upright axis.
        paint: colours.
        size: inches; the page's width by default.
    """
    fig, axes = panel(*(size or (FULL, max(3.2, 0.19 * len(lines) + 0.8))))
    _draw(axes, lines, _styles(lines, paint))
    _frame(axes, x, y, log_x, levels)
    if limits is not None:
        axes.set_ylim(*limits)
    if len(lines) > 1:
        fig.legend(loc="outside right upper")
    return fig


@styled
def curve_panels(
    grid: Mapping[str, Mapping[str, Curve]],
    *,
    x: str,
    y: str,
    log_x: bool = False,
    share_y: bool = True,
    levels: Mapping[str, float] | None = None,
    paint: Mapping[str, str] | None = None,
    height: float = 3.2,
) -> "Figure":
    """Axes beside each other, one for each title, with one legend; a name has one colour in all.

    Args:
        grid: title → name → curve.
        x, y, log_x, levels, paint: as of `curves`.
        share_y: one scale of the upright axis for all.
        height: inches.
    """
    names = dict.fromkeys(name for lines in grid.values() for name in lines)
    drawn = _styles(names, paint)
    fig, axes = panels(1, len(grid), FULL, height, sharey=share_y)
    for cell, (title, lines) in zip(axes[0], grid.items(), strict=True):
        _draw(cell, lines, drawn)
        _frame(cell, x, y if cell is axes[0][0] or not share_y else "", log_x, levels)
        cell.set_title(visible(title))
    handles = {
        label: h for cell in axes[0] for h, label in zip(*cell.get_legend_handles_labels(), strict=True)
    }
    fig.legend(handles.values(), handles, loc="outside lower center", ncols=min(4, max(1, len(handles))))
    return fig


def _styles(names: Mapping[str, object], paint: Mapping[str, str] | None) -> dict[str, tuple[str, str]]:
    """Name → (colour, line): what has no colour of its own changes its line when the palette begins again."""
    free = [name for name in names if name not in (paint or {})]
    lines = {name: STYLES[k // len(PALETTE) % len(STYLES)] for k, name in enumerate(free)}
    return {name: (colour, lines.get(name, "-")) for name, colour in colours(names, paint).items()}


def _draw(axes: "Axes", lines: Mapping[str, Curve], drawn: Mapping[str, tuple[str, str]]) -> None:
    for name, line in lines.items():
        colour, dash = drawn[name]
        x, y = np.asarray(line.x, np.float64), np.asarray(line.y, np.float64)
        style = line.style or dash
        if line.low is None or line.high is None:
            axes.plot(x, y, style, color=colour, lw=1.5, ms=3.5, label=visible(name))
            continue
        low, high = np.asarray(line.low, np.float64), np.asarray(line.high, np.float64)
        if line.band:
            axes.fill_between(x, low, high, color=colour, alpha=0.16, lw=0)
            axes.plot(x, y, style, color=colour, lw=1.5, label=visible(name))
        else:
            ends = np.maximum([y - low, high - y], 0)
            axes.errorbar(
                x, y, ends, fmt=style, color=colour, lw=1.5, elinewidth=1, ms=3.5, label=visible(name)
            )


def _frame(axes: "Axes", x: str, y: str, log_x: bool, levels: Mapping[str, float] | None) -> None:
    for name, at in (levels or {}).items():
        level(axes, at, name, across=True)
    if log_x:
        axes.set_xscale("log")
        axes.xaxis.set_major_formatter(_power)  # the usual ones are formulas, here plain text
        axes.xaxis.set_minor_formatter("")
    axes.set(xlabel=visible(x), ylabel=visible(y))
    axes.tick_params(labelcolor=INK)


def _power(value: float, _: float) -> str:
    """A label of a logarithmic axis: 10,000 or 0.01 or 1e−06."""
    return (f"{value:,.0f}" if value >= 1 else f"{value:g}").replace("-", "−")
