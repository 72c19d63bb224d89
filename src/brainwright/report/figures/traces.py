"""Traces over time: what was expected beside what was, and paths through a plane."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from brainwright.untrusted import label_text, printable

from ..style import FULL, GREY, INK, PALETTE, SOFT, panels, styled

if TYPE_CHECKING:
    from matplotlib.figure import Figure


class Trace(NamedTuple):
    """A line over time, with a band from `low` to `high`; what is not known is NaN."""

    y: ArrayLike
    low: ArrayLike | None = None
    high: ArrayLike | None = None


@styled
def bands(
    rows: Mapping[str, Mapping[str, Trace]],
    *,
    x: str,
    y: str,
    ticks: Mapping[str, ArrayLike] | None = None,
    line: float | None = None,
    paint: Mapping[str, str] | None = None,
) -> "Figure":
    """A row for each unit with several traces.

    Args:
        rows: name of a unit → name of a trace → the trace, over steps 0, 1, ...
        x, y: what the axes are.
        ticks: name of a unit → steps of its spikes.
        line: step at which an upright line stands, such as the end of what was seen.
        paint: colours of traces.
    """
    fig, axes = panels(len(rows), 1, FULL, 1.3 * len(rows) + 0.9, sharex=True)
    names = dict.fromkeys(name for traces in rows.values() for name in traces)
    shades = dict(zip(names, (INK, GREY, *PALETTE), strict=False)) | dict(paint or {})
    for cell, (unit, traces) in zip(axes[:, 0], rows.items(), strict=True):
        for name, trace in traces.items():
            steps = np.arange(len(np.asarray(trace.y)))
            if trace.low is not None and trace.high is not None:
                cell.fill_between(steps, trace.low, trace.high, color=shades[name], alpha=0.25, lw=0)
            cell.plot(steps, np.asarray(trace.y), color=shades[name], lw=1.3, label=label_text(name))
        when = np.asarray((ticks or {}).get(unit, ()))
        cell.plot(when, np.zeros(len(when)), "|", color=INK, ms=7)
        if line is not None:
            cell.axvline(line, color=SOFT, ls=":", lw=1)
        cell.set_ylabel(printable(unit))
    handles, labels = axes[0, 0].get_legend_handles_labels()
    fig.legend(handles, labels, loc="outside upper center", ncols=max(1, len(labels)))
    axes[-1, 0].set_xlabel(printable(x))
    fig.supylabel(printable(y), fontsize=10)
    return fig


@styled
def paths(grid: Mapping[str, Sequence[ArrayLike]], *, x: str, y: str, split: int | None = None) -> "Figure":
    """Paths through a plane, axes beside each other on one scale.

    Args:
        grid: title → paths, each [step, 2].
        x, y: what the axes are.
        split: step up to which a path is drawn solid and after which dotted; a dot stands there.
    """
    fig, axes = panels(1, len(grid), FULL, 3.6, sharex=True, sharey=True)
    for cell, (title, lines) in zip(axes[0], grid.items(), strict=True):
        for k, given in enumerate(lines):
            path, colour = np.asarray(given, np.float64), PALETTE[k % len(PALETTE)]
            end = len(path) if split is None else split
            cell.plot(*path[:end].T, lw=0.8, alpha=0.7, color=colour)
            if split is not None:
                cell.plot(*path[end - 1 :].T, lw=0.8, ls=":", color=colour)
                cell.plot(*path[end - 1], ".", ms=5, color=colour)
        cell.set(title=printable(title), xlabel=label_text(x))
    axes[0][0].set_ylabel(printable(y))
    return fig
