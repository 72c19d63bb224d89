"""Small pictures of activity on an array, in rows and columns."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike

from brainwright.figures import new_figure

from ..style import FULL, diverging, styled

if TYPE_CHECKING:
    from matplotlib.figure import Figure

TILE_IN = 0.56
"""Of a picture: sixteen in a row fill the page."""


@styled
def patterns(rows: Mapping[str, ArrayLike], columns: Sequence[str] = (), reach: float = 2.0) -> "Figure":
    """Pictures side by side, orange above the usual and blue below it.

    Args:
        rows: name → pictures [n, height, width].
        columns: a name for each of the n.
        reach: value of the strongest colour, in sds.
    """
    shown = {name: np.asarray(pictures, np.float64) for name, pictures in rows.items()}
    n = max(len(pictures) for pictures in shown.values())
    fig = new_figure(figsize=(FULL, (TILE_IN + 0.08) * len(shown) + 0.3))
    grid = fig.subplots(len(shown), n, squeeze=False, gridspec_kw={"wspace": 0.12, "hspace": 0.12})
    for row, (name, pictures) in zip(grid, shown.items(), strict=True):
        for k, axes in enumerate(row):
            axes.set_xticks([])
            axes.set_yticks([])
            if k < len(pictures):
                axes.imshow(pictures[k], cmap=diverging(), vmin=-reach, vmax=reach, interpolation="none")
        row[0].set_ylabel(name, rotation=0, ha="right", va="center")
    for axes, name in zip(grid[0], columns, strict=False):
        axes.set_title(name, fontsize=8.5, pad=2)
    return fig
