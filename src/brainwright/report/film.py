"""Games of Pong as a film: animated SVG that lies in the page and needs no script."""

from collections.abc import Iterable, Mapping
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from .html import escape
from .page import Picture
from .style import BLUE, ORANGE

WIDTH, HEIGHT, GAP, TOP = 240, 200, 36, 26
"""Of a court in units of the drawing, between two courts, and above them for their names."""


class Court(NamedTuple):
    """One game: `court` [tick, 3] holds column of the ball, its height, that of the paddle; `hit` and
    `missed` [tick] what happened then.
    """

    court: ArrayLike
    hit: ArrayLike
    missed: ArrayLike


def film(
    games: Mapping[str, Court], *, columns: int, half_length: float, tick_s: float = 0.08, words: str = ""
) -> Picture:
    """Courts beside each other, played at once and over again. The paddle's wall flashes blue at a hit and
    orange at a miss.

    Args:
        games: name → game; all as long as the shortest.
        columns: of the court.
        half_length: of the paddle, in heights of the court.
        tick_s: how long a tick is shown; the default is three times as fast as a tick of 240 ms.
        words: what it shows, for those who do not see it.
    """
    n = min(len(np.asarray(game.court)) for game in games.values())
    parts = [
        _court(name, game, n, k * (WIDTH + GAP) + GAP / 2, columns, half_length, n * tick_s)
        for k, (name, game) in enumerate(games.items())
    ]
    box = f"0 0 {len(games) * (WIDTH + GAP)} {TOP + HEIGHT + 12}"
    opening = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="{box}" font-family="inherit">'
    return Picture(opening + "".join(parts) + "</svg>", words, wide=True)


def _court(
    name: str, game: Court, n: int, left: float, columns: int, half_length: float, lasts_s: float
) -> str:
    column, height, paddle = np.asarray(game.court, np.float64)[:n].T
    length = 2 * half_length * HEIGHT
    x = 8 + column / columns * (WIDTH - 16)
    y, top = (1 - height) * HEIGHT, (1 - paddle) * HEIGHT - length / 2
    hit, missed = (np.asarray(each, bool)[:n].astype(int) for each in (game.hit, game.missed))
    hits, misses = hit.sum(), missed.sum()
    title = f"{escape(name)}: {hits} hit, {misses} missed"
    wall = f'<rect x="-4" width="4" height="{HEIGHT}" opacity="0"'
    return (
        f'<g transform="translate({left:g} {TOP})">'
        f'<text x="0" y="-9" font-size="15" fill="currentColor">{title}</text>'
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="none" stroke="currentColor" stroke-opacity=".35"/>'
        f'{wall} fill="{BLUE}">{_moves("opacity", hit, lasts_s)}</rect>'
        f'{wall} fill="{ORANGE}">{_moves("opacity", missed, lasts_s)}</rect>'
        f'<rect x="1" width="5" height="{length:g}" y="{top[0]:.0f}" fill="currentColor">'
        f"{_moves('y', top, lasts_s)}</rect>"
        f'<circle r="5" cx="{x[0]:.0f}" cy="{y[0]:.0f}" fill="{BLUE}">'
        f"{_moves('cx', x, lasts_s)}{_moves('cy', y, lasts_s)}</circle></g>"
    )


def _moves(attribute: str, values: Iterable[float], lasts_s: float) -> str:
    """In steps, tick by tick: a ball that is served anew must not fly back through the court."""
    listed = ";".join(f"{value:.0f}" for value in values)
    return (
        f'<animate attributeName="{attribute}" values="{listed}" dur="{lasts_s:g}s" calcMode="discrete" '
        'repeatCount="indefinite"/>'
    )
