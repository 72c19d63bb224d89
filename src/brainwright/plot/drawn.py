"""Axes that a reader handed in, or new ones."""

from typing import TYPE_CHECKING

from brainwright.figures import pyplot

if TYPE_CHECKING:
    from matplotlib.axes import Axes


def axes_or_new(axes: "Axes | None") -> "Axes":
    """It returns the axes, those of a new pyplot figure where None."""
    return pyplot().subplots(layout="constrained")[1] if axes is None else axes
