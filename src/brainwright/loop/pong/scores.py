"""How well a game was played: rallies, balls hit."""

import numpy as np
from numpy.typing import NDArray

LONG = 3
"""Hits of a rally that counts as long."""


def rallies(hit: NDArray[np.bool_], missed: NDArray[np.bool_]) -> NDArray[np.int64]:
    """Hits of every rally of one game that a miss has ended, from [tick] -> [rally]."""
    done = np.concatenate([[0], np.cumsum(hit)[missed]])
    return np.diff(done)


def game_scores(hit: NDArray[np.bool_], missed: NDArray[np.bool_]) -> dict[str, NDArray[np.float64]]:
    """Scores of games [dish, tick], each [dish].

    Returns:
        `balls`: share of the balls that came to the paddle's wall which were hit, 0 where none came. `rally`:
        hits per miss (a game without a miss counts as one with one). `aces` and `long`: shares of rallies of
        no hit, and of `LONG` hits or more, 0 where no rally ended.
    """
    hits, misses = hit.sum(1), missed.sum(1)
    lengths = [rallies(*game) for game in zip(hit, missed, strict=True)]
    return {
        "balls": hits / np.maximum(hits + misses, 1),
        "rally": hits / np.maximum(misses, 1),
        "aces": np.array([(row == 0).mean() if row.size else 0.0 for row in lengths]),
        "long": np.array([(row >= LONG).mean() if row.size else 0.0 for row in lengths]),
    }


def survival(hit: NDArray[np.bool_], missed: NDArray[np.bool_], longest: int = 8) -> NDArray[np.float64]:
    """Share of a game's rallies that had at least 0, 1, ... `longest` hits, [dish, 1 + longest]."""
    rows = [rallies(*game) for game in zip(hit, missed, strict=True)]
    return np.array([[(row >= k).mean() if row.size else 0.0 for k in range(longest + 1)] for row in rows])


def by_parts(hit: NDArray[np.bool_], missed: NDArray[np.bool_], parts: int = 4) -> NDArray[np.float64]:
    """Share of balls hit in equal parts of a session, [dish, tick] -> [dish, part]."""
    ticks = np.array_split(np.arange(hit.shape[1]), parts)
    return np.stack([game_scores(hit[:, part], missed[:, part])["balls"] for part in ticks], axis=1)
