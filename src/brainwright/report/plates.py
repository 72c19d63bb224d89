"""Worms on their plates as a film: animated SVG that lies in the page and needs no script."""

from collections.abc import Mapping

import numpy as np
from numpy.typing import ArrayLike

from .html import escape
from .page import Picture
from .style import BLUE, ORANGE

SIZE, GAP, TOP = 220, 24, 26
"""Of a plate in units of the drawing, between two, and above them for their names."""
RINGS = 6
"""Circles of equal smell that are drawn around the peak."""


def plates(
    tracks: Mapping[str, ArrayLike],
    *,
    peak_cm: float,
    width_cm: float,
    lasts_s: float = 12.0,
    words: str = "",
) -> Picture:
    """Plates beside each other, seen from above, played at once and over again: the smell as rings around its
    peak, a point for each worm, and the ways that they go.

    Args:
        tracks: name → places [frame, worm, 2] in cm; worms begin at the middle of the plate.
        peak_cm: of the smell, to the right of the middle.
        width_cm: standard deviation of the smell.
        lasts_s: the film.
        words: what it shows, for those who do not see it.
    """
    drawn = [
        _plate(name, np.asarray(places, np.float64), k * (SIZE + GAP) + GAP / 2, peak_cm, width_cm, lasts_s)
        for k, (name, places) in enumerate(tracks.items())
    ]
    box = f"0 0 {len(tracks) * (SIZE + GAP)} {TOP + SIZE + 12}"
    opening = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="{box}" font-family="inherit">'
    return Picture(opening + "".join(drawn) + "</svg>", words, wide=True)


def _plate(
    name: str, places: np.ndarray, left: float, peak_cm: float, width_cm: float, lasts_s: float
) -> str:
    reach = 1.6 * peak_cm
    pixel = np.clip((places * [1, -1] + reach) / (2 * reach), 0, 1) * SIZE
    peak, ring = (peak_cm + reach) / (2 * reach) * SIZE, width_cm / (2 * reach) * SIZE / 2
    rings = "".join(
        f'<circle cx="{peak:.0f}" cy="{SIZE / 2}" r="{ring * k:.0f}" fill="{ORANGE}" opacity=".09"/>'
        for k in range(1, RINGS + 1)
    )
    worms = "".join(_worm(pixel[:, worm], lasts_s) for worm in range(pixel.shape[1]))
    return (
        f'<g transform="translate({left:g} {TOP})">'
        f'<text x="0" y="-9" font-size="13" fill="currentColor">{escape(name)}</text>'
        f'<clipPath id="plate{left:g}"><rect width="{SIZE}" height="{SIZE}"/></clipPath>'
        f'<g clip-path="url(#plate{left:g})">{rings}</g>'
        f'<rect width="{SIZE}" height="{SIZE}" fill="none" stroke="currentColor" stroke-opacity=".35"/>'
        f"{worms}</g>"
    )


def _worm(places: np.ndarray, lasts_s: float) -> str:
    """The way, thin, and a point that follows it."""
    way = " ".join(f"{x:.0f},{y:.0f}" for x, y in places)
    moves = "".join(
        f'<animate attributeName="{attribute}" values="{";".join(f"{value:.0f}" for value in values)}" '
        f'dur="{lasts_s:g}s" repeatCount="indefinite"/>'
        for attribute, values in zip(("cx", "cy"), places.T, strict=True)
    )
    x, y = places[-1]
    return (
        f'<polyline points="{way}" fill="none" stroke="{BLUE}" stroke-opacity=".35" stroke-width=".8"/>'
        f'<circle r="3" cx="{x:.0f}" cy="{y:.0f}" fill="{BLUE}">{moves}</circle>'
    )
