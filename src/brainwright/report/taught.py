"""Cultures before and after teaching, arm by arm, their learning curves, and the emulator's forecasts."""

from collections.abc import Mapping
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from . import figures
from .page import Columns, Figure, Table


def before_and_after(
    pairs: Mapping[str, tuple[ArrayLike, ArrayLike]],
    curves: Mapping[str, ArrayLike],
    at: ArrayLike,
    *,
    x: str,
    levels: Mapping[str, float],
    captions: tuple[str, str],
    paint: Mapping[str, str],
) -> Columns:
    """Every culture before and after in each arm, beside the learning curves.

    Args:
        pairs: arm → scores before and after, [dish] each.
        curves: arm → scores in the course of teaching, [dish, point].
        at: symbols taught at each point.
        x: what the score is.
        levels: name → where a line stands; of the curves the second alone.
        captions: of both figures.
        paint: colours of arms.
    """
    options: dict[str, Any] = {"x": x, "levels": levels, "limits": (0, 1.02), "paint": paint}
    look: dict[str, Any] = {"levels": dict(list(levels.items())[1:2]), "limits": (0, None), "paint": paint}
    drawn = (
        partial(figures.dumbbells, pairs, **options),
        partial(figures.learning, curves, at, x="symbols taught", y=x, **look),
    )
    return Columns([Figure(draw, caption) for draw, caption in zip(drawn, captions, strict=True)])


def forecasts(skill: Mapping[str, ArrayLike], caption: str) -> Columns:
    """Bits per spike of forecasts beside each other, as a figure and as a table.

    Args:
        skill: forecast → values [dish].
        caption: of the figure.
    """
    rows = {name: np.asarray(values, np.float64) for name, values in skill.items()}
    shown = partial(figures.dots, rows, x="skill on held-out responses (bits per spike)", levels={"": 0.0})
    lines = [[name, f"{values.mean():.3f}", f"{values.std(ddof=1):.3f}"] for name, values in rows.items()]
    table = Table(["forecast", "bits per spike", "sd over cultures"], lines)
    return Columns([Figure(shown, caption), table])
