"""A row for each arm: every unit as a dot, the mean with its interval, and the marks between which it is
read.
"""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike

from brainwright.untrusted import label_text, printable

from ..numbers import number, within
from ..style import (
    FULL,
    GREY,
    HALF,
    INK,
    SMALL,
    SOFT,
    beside,
    colours,
    interval,
    level,
    mean_mark,
    name_rows,
    panel,
    styled,
)

if TYPE_CHECKING:
    from matplotlib.figure import Figure

HEAD_IN, ROW_IN = 0.85, 0.42
"""Inches above and below all rows, and of one row."""


@styled
def dots(
    rows: Mapping[str, ArrayLike],
    *,
    x: str,
    levels: Mapping[str, float] | None = None,
    band: tuple[float, float] | None = None,
    line: float | None = None,
    means: bool = True,
    paint: Mapping[str, str] | None = None,
    wide: bool = False,
) -> "Figure":
    """One dot per unit in each row.

    Args:
        rows: name → values [unit].
        x: what the values are.
        levels: name → where a labelled line stands, such as chance or a ceiling.
        band: from where to where a shaded band reaches, such as the seeds of the real graph.
        line: where a strong line stands, such as the real graph among its nulls.
        means: with a diamond for the mean and its 95 % interval.
        paint: colours of rows.
        wide: over the whole page.
    """
    fig, axes = panel(FULL if wide else HALF, HEAD_IN + ROW_IN * len(rows))
    shades = colours(rows, paint)
    if band is not None:
        axes.axvspan(*band, color=SOFT, alpha=0.2, lw=0)
    if line is not None:
        axes.axvline(line, color=INK, lw=1.4)
    for y, (name, given) in enumerate(rows.items()):
        values = np.asarray(given, np.float64)
        axes.plot(values, y + beside(len(values)), "o", ms=3.2, color=shades[name], alpha=0.6, mew=0)
        if means and len(values):
            mean_mark(axes, y, values, shades[name], across=True)
    for k, (name, at) in enumerate((levels or {}).items()):
        level(axes, at, name, side="right" if k % 2 else "left")
    name_rows(axes, rows, shades)
    axes.set(ylim=(len(rows) - 0.4, -0.9), xlabel=label_text(x))
    return fig


@styled
def dumbbells(
    rows: Mapping[str, tuple[ArrayLike, ArrayLike]],
    *,
    x: str,
    levels: Mapping[str, float] | None = None,
    limits: tuple[float, float] | None = None,
    paint: Mapping[str, str] | None = None,
    digits: int = 2,
) -> "Figure":
    """Every unit before (hollow) and after (full), and the mean change with its 95 % interval as text.

    Args:
        rows: name → (values before, values after), [unit] each.
        x, levels, paint: as of `dots`.
        limits: of the values' axis.
        digits: of the mean change.
    """
    fig, axes = panel(HALF, 0.55 + 0.52 * len(rows))
    shades = colours(rows, paint)
    for y, (name, (first, last)) in enumerate(rows.items()):
        before, after = np.asarray(first, np.float64), np.asarray(last, np.float64)
        height = y + beside(len(after))[np.argsort(np.argsort(after, kind="stable"), kind="stable")]
        axes.hlines(height, before, after, color=shades[name], lw=0.8, alpha=0.45)
        axes.plot(before, height, "o", ms=2.4, mfc="none", mec=GREY, mew=0.7)
        axes.plot(after, height, "o", ms=3, color=shades[name], mew=0)
        mean_mark(axes, y, after, shades[name], across=True, ms=6)
        change = after - before
        mean = number(float(change.mean()), digits=digits, sign=True)
        text = f"{mean} {within(*interval(change), digits=digits, sign=True)}"
        axes.text(1.03, y, text, transform=axes.get_yaxis_transform(), va="center", fontsize=SMALL)
    name_rows(axes, rows, shades)
    small: Any = {"fontsize": SMALL, "color": SOFT, "va": "top", "linespacing": 1.05}
    axes.text(1.03, -0.95, "mean change\n[95 % interval]", transform=axes.get_yaxis_transform(), **small)
    for k, (name, at) in enumerate((levels or {}).items()):
        level(axes, at, name, side="left" if k % 2 else "right")
    axes.set(ylim=(len(rows) - 0.4, -1.0), xlabel=label_text(x))
    if limits is not None:
        axes.set_xlim(*limits)
    return fig


@styled
def joined(
    rows: Mapping[str, ArrayLike],
    *,
    y: str,
    limits: tuple[float, float] | None = None,
    zero: bool = True,
    paint: Mapping[str, str] | None = None,
    width: float = HALF,
) -> "Figure":
    """Units joined across arms: what one arm adds to another in the same unit.

    Args:
        rows: name → values [unit], the same units in all.
        y: what the values are.
        limits: of the values' axis, so that several figures share it.
        zero: with a line at 0.
        paint: colours of arms.
        width: in inches.
    """
    values = np.array([np.asarray(given, np.float64) for given in rows.values()])
    fig, axes = panel(width, 2.6)
    shades = colours(rows, paint)
    axes.plot(np.arange(len(rows)), values, color=GREY, lw=0.7, alpha=0.55)
    for k, (name, row) in enumerate(zip(rows, values, strict=True)):
        axes.plot(np.full(len(row), k), row, "o", ms=3, color=shades[name], alpha=0.7, mew=0)
        mean_mark(axes, k + 0.14, row, shades[name])
    if zero:
        level(axes, 0, "", across=True)
    axes.set_xticks(range(len(rows)), [printable(name) for name in rows])
    for label, name in zip(axes.get_xticklabels(), rows, strict=True):
        label.set(color=shades[name], fontweight="bold")
    axes.tick_params(axis="x", length=0)
    axes.set(xlim=(-0.35, len(rows) - 0.55), ylabel=label_text(y))
    if limits is not None:
        axes.set_ylim(*limits)
    return fig


@styled
def forest(
    rows: Sequence[tuple[str, float, float | None, float | None]],
    *,
    x: str,
    margin: float | None = None,
    paint: Mapping[str, str] | None = None,
    wide: bool = False,
) -> "Figure":
    """Effects with their intervals beside zero, and the margin within which they count as none.

    Args:
        rows: (name, effect, low, high); a bound that is None is drawn to the edge.
        x: what the effects are.
        margin: half width of the shaded band.
        paint: colours of rows.
        wide: over the whole page.
    """
    fig, axes = panel(FULL if wide else HALF, HEAD_IN + ROW_IN * len(rows))
    shades = colours((name for name, *_ in rows), paint)
    finite = [abs(v) for _, *ends in rows for v in ends if v is not None and np.isfinite(v)]
    reach = 1.15 * max([*finite, margin or 0.0, 1e-12])
    if margin is not None:
        axes.axvspan(-margin, margin, color=SOFT, alpha=0.14, lw=0)
        text = f"counts as nothing: ±{margin:.3g}"
        axes.text(0, -0.85, text, ha="center", va="top", fontsize=SMALL, color=SOFT)
    axes.axvline(0, color=SOFT, lw=0.7)
    for y, (name, effect, low, high) in enumerate(rows):
        ends = [-reach if low is None else max(low, -reach), reach if high is None else min(high, reach)]
        axes.plot(ends, [y, y], color=shades[name], lw=2.4)
        axes.plot(effect, y, "D", color=shades[name], ms=6.5, mec="#ffffff", mew=0.8)
    name_rows(axes, (name for name, *_ in rows), shades)
    axes.set(xlim=(-reach, reach), ylim=(len(rows) - 0.4, -0.9), xlabel=label_text(x))
    axes.locator_params(axis="x", nbins=5)  # small effects have long numbers
    return fig


@styled
def histogram(
    rows: Mapping[str, ArrayLike],
    *,
    x: str,
    bins: int = 20,
    limits: tuple[float, float] = (0.0, 1.0),
    flat: float | None = None,
    paint: Mapping[str, str] | None = None,
) -> "Figure":
    """Densities of several sets of values.

    Args:
        rows: name → values.
        x: what the values are.
        bins, limits: of the values' axis.
        flat: where a line stands for the density that is wanted.
        paint: colours.
    """
    fig, axes = panel(HALF, 2.6)
    shades = colours(rows, paint)
    for name, values in rows.items():
        density, edges = np.histogram(np.asarray(values), bins=bins, range=limits, density=True)
        axes.stairs(density, edges, color=shades[name], label=label_text(name), lw=1.4)
    if flat is not None:
        level(axes, flat, "", across=True)
    axes.set(ylim=(0, None), xlabel=label_text(x), ylabel="density")
    axes.legend()
    return fig
