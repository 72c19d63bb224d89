"""What players without a brain reach in Pong: the marks beside which a player is read."""

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from .pong import Pong

PLAYERS = ("still", "random", "to the ball")


def marks(seeds: Sequence[int], n_ticks: int) -> dict[str, float]:
    """Share of balls hit by a paddle that stands still, one that moves up or down at random (drawn from the
    first seed), and one that always moves towards the ball; over games of the given seeds.

    Args:
        seeds: one per game.
        n_ticks: length of each game.
    """
    rng = np.random.default_rng(seeds[0])
    players: tuple[Callable[[Pong], NDArray[np.int64]], ...] = (
        lambda game: np.zeros(game.n_games, np.int64),
        lambda game: rng.choice([-1, 1], game.n_games),
        lambda game: np.where(game.offset > 0, 1, -1),
    )
    return {name: _share(player, Pong(seeds), n_ticks) for name, player in zip(PLAYERS, players, strict=True)}


def _share(player: Callable[[Pong], NDArray[np.int64]], game: Pong, n_ticks: int) -> float:
    hits = misses = 0
    for _ in range(n_ticks):
        bounce = game.step(player(game))
        hits, misses = hits + int(bounce.hit.sum()), misses + int(bounce.missed.sum())
    return hits / max(1, hits + misses)
