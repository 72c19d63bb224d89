"""Wiring as pictures: degrees, and where the real wiring stands among its nulls."""

from typing import TYPE_CHECKING

from brainwright.connectome import Connectome, ConnectomeError
from brainwright.connectome.nulls.ensemble import Ensemble
from brainwright.connectome.plot import draw_degrees
from brainwright.report.style import GREY, INK
from brainwright.untrusted import figure_text

from .drawn import axes_or_new

if TYPE_CHECKING:
    from matplotlib.axes import Axes


def degrees(connectome: Connectome, axes: "Axes | None" = None) -> "Axes":
    """It draws the share of cells that have at least so many partners, out and in, on logarithmic axes; cells
    without any are in the denominator alone.

    Args:
        connectome: any.
        axes: to draw into; new ones where None.

    Raises:
        ConnectomeError: no cells.
    """
    if connectome.n_cells == 0:
        raise ConnectomeError("degrees: there are no cells to plot")
    axes = axes_or_new(axes)
    draw_degrees(axes, connectome)
    axes.set_title(figure_text(connectome.source.name), fontsize="medium")
    return axes


def ensemble(nulls: Ensemble, axes: "Axes | None" = None, *, name: str = "statistic") -> "Axes":
    """It draws the nulls' values as a histogram, the real wiring's as a line, its percentile as title.

    Args:
        nulls: what `connectome.nulls.ensemble` returned.
        axes: to draw into; new ones where None.
        name: of the statistic.
    """
    axes = axes_or_new(axes)
    axes.hist(nulls.values, bins="auto", color=GREY, alpha=0.7, label=f"{nulls.values.size} nulls")
    axes.axvline(nulls.real, color=INK, lw=1.6, label="real")
    axes.set(xlabel=figure_text(name), ylabel="nulls")
    axes.set_title(f"percentile {nulls.percentile:.1f}, p = {nulls.p_two_sided:.3g}", fontsize="medium")
    axes.legend(frameon=False)
    return axes
