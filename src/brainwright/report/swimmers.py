"""Swimmers as a film: animated SVG that lies in the page and needs no script."""

from collections.abc import Mapping

import numpy as np
from numpy.typing import ArrayLike

from .html import escape
from .page import Picture
from .style import BLUE, ORANGE

WIDTH, HEIGHT, GAP, TOP = 220, 110, 24, 26
"""Of a pool in units of the drawing, between two, and above them for their names."""
ACROSS = 3
"""Pools in a row."""


def swimmers(
    shapes: Mapping[str, ArrayLike], *, frame_s: float, slower: float = 2.0, words: str = ""
) -> Picture:
    """Pools beside each other, seen from above, played at once and over again: a body, an orange head, and
    the way that its head went.

    Args:
        shapes: name → ends of the links [frame, end, 2] in body lengths, head first; all on one scale.
        frame_s: time between frames.
        slower: than it happened.
        words: what it shows, for those who do not see it.
    """
    each = {name: np.asarray(frames, np.float64) for name, frames in shapes.items()}
    low = np.min([frames.min((0, 1)) for frames in each.values()], axis=0) - 0.1
    high = np.max([frames.max((0, 1)) for frames in each.values()], axis=0) + 0.1
    scale = min(WIDTH / (high[0] - low[0]), HEIGHT / (high[1] - low[1]))
    left = 0.5 * (low + high) - 0.5 * np.array([WIDTH, HEIGHT]) / scale
    drawn = ""
    for k, (name, frames) in enumerate(each.items()):
        pixel = (frames - left) * scale
        pixel[..., 1] = HEIGHT - pixel[..., 1]
        x, y = (k % ACROSS) * (WIDTH + GAP) + GAP / 2, (k // ACROSS) * (HEIGHT + TOP + 8) + TOP
        drawn += f'<g transform="translate({x:g} {y:g})">' + _pool(name, pixel, frame_s * slower) + "</g>"
    rows = -(-len(each) // ACROSS)
    box = f"0 0 {min(len(each), ACROSS) * (WIDTH + GAP)} {rows * (HEIGHT + TOP + 8) + 4}"
    opening = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="{box}" font-family="inherit">'
    return Picture(opening + drawn + "</svg>", words, wide=True)


def _pool(name: str, pixel: np.ndarray, frame_s: float) -> str:
    timing = f'dur="{len(pixel) * frame_s:.2f}s" repeatCount="indefinite" calcMode="linear"'
    bodies = [_points(frame) for frame in pixel]
    head = "".join(
        f'<animate attributeName="{attribute}" values="{";".join(f"{v:.1f}" for v in values)}" {timing}/>'
        for attribute, values in zip(("cx", "cy"), pixel[:, 0].T, strict=True)
    )
    x, y = pixel[0, 0]
    return (
        f'<text x="0" y="-9" font-size="13" fill="currentColor">{escape(name)}</text>'
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="none" stroke="currentColor" stroke-opacity=".35"/>'
        f'<polyline points="{_points(pixel[:, 0])}" fill="none" stroke="{BLUE}" stroke-opacity=".4" '
        'stroke-width=".8"/>'
        f'<polyline points="{bodies[0]}" fill="none" stroke="{BLUE}" stroke-width="3" stroke-linecap="round" '
        f'stroke-linejoin="round"><animate attributeName="points" values="{";".join(bodies)}" {timing}/>'
        f'</polyline><circle r="3" cx="{x:.1f}" cy="{y:.1f}" fill="{ORANGE}">{head}</circle>'
    )


def _points(places: np.ndarray) -> str:
    return " ".join(f"{x:.1f},{y:.1f}" for x, y in places)
