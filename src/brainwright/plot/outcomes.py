"""Outcomes as pictures: how training went, and what the comparisons say."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from brainwright.evidence import Comparison
from brainwright.evidence.nulls import NullComparison
from brainwright.report.style import BLUE, DASHED, GREEN, GREY, ORANGE, PALETTE, SOFT
from brainwright.untrusted import figure_text

from .drawn import axes_or_new

if TYPE_CHECKING:
    from matplotlib.axes import Axes

COLOURS = {"supported": GREEN, "against": ORANGE, "no difference": BLUE, "cannot tell": GREY}


def learning_curves(
    history: Sequence[Mapping[str, float]], axes: "Axes | None" = None, *, names: Sequence[str] = ()
) -> "Axes":
    """It draws the rows of `loop.fit(...).history` over epochs.

    Args:
        history: a row per epoch, with its `epoch`; a value that a row lacks leaves a gap.
        axes: to draw into; new ones where None.
        names: which values; all whose name ends in `total` or, where there is none, all.

    Raises:
        ValueError: no rows, or a name that no row has.
    """
    have = list(dict.fromkeys(name for row in history for name in row if name != "epoch"))
    wanted = list(names) or [name for name in have if name.endswith("total")] or have
    missing = sorted(set(wanted) - set(have))
    if not have or missing:
        raise ValueError(f"learning_curves: expected some of {have}, got {missing or 'an empty history'}")
    axes = axes_or_new(axes)
    epochs = [row.get("epoch", k + 1) for k, row in enumerate(history)]
    for k, name in enumerate(wanted):
        values = [row.get(name, np.nan) for row in history]
        colour = PALETTE[k % len(PALETTE)]
        axes.plot(epochs, values, ".-", lw=1.2, color=colour, label=figure_text(name))
    one = "loss" if all(name.endswith(("loss", "total")) for name in wanted) else "value"
    axes.set(xlabel="epoch", ylabel=one if len(wanted) > 1 else figure_text(wanted[0]))
    axes.legend(frameon=False)
    return axes


def forest(
    comparisons: "Sequence[Comparison | NullComparison | Mapping[str, Any]]", axes: "Axes | None" = None
) -> "Axes":
    """It draws every comparison's effect with its interval in a row, coloured by its verdict.

    Args:
        comparisons: what `evidence.compare` or `against_nulls` returned, or rows of a `result.json`.
        axes: to draw into; new ones where None.

    Raises:
        ValueError: no comparisons.
    """
    rows = [row if isinstance(row, Mapping) else row.as_dict() for row in comparisons]
    if not rows:
        raise ValueError("forest: expected at least one comparison, got none")
    axes = axes_or_new(axes)
    axes.axvline(0, color=SOFT, lw=0.8, ls=DASHED, zorder=0)
    for k, row in enumerate(rows):
        low, high = (np.nan if row[end] is None else row[end] for end in ("ci_low", "ci_high"))
        middle = np.nan if row["effect_size"] is None else row["effect_size"]
        colour = COLOURS[row["verdict"]]
        axes.hlines(k, low, high, color=colour, lw=1.8)
        axes.plot(middle, k, "D", color=colour, ms=5.5, mec="#ffffff", mew=0.8)
        axes.annotate(
            row["verdict"], (1.02, k), xycoords=axes.get_yaxis_transform(), color=colour, va="center"
        )
    names = ["\n".join(map(figure_text, (f"{row['arm']} − {row['control']}", row["metric"]))) for row in rows]
    axes.set_yticks(range(len(rows)), names)
    axes.set(ylim=(len(rows) - 0.4, -0.6), xlabel=" or ".join(dict.fromkeys(row["effect"] for row in rows)))
    return axes
