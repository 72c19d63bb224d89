"""Where a game is told to tissue and read from it: places of the ball, two motor regions, the wanted move."""

import numpy as np
from numpy.typing import NDArray

from ..layout import Layout, Timing

EDGES = (-0.30, -0.15, -0.05, 0.0, 0.05, 0.15, 0.30)
"""Between places, in heights of the court, of ball less paddle: finer where the paddle nearly meets it."""
PLACES = len(EDGES) + 1
UP, DOWN = PLACES, PLACES + 1
"""Symbols of the motor regions, behind those of the places."""
PLACE_ELECTRODES, REGION_ELECTRODES = 5, 9
"""Of each place and region: 58 of the 59 channels that may stimulate. A place of three told too little."""
PACE = Timing(
    period_s=0.240,
    write_at_s=0.006,
    early_s=(0.002, 0.006),
    after_s=(0.006, 0.018),
    late_s=(0.012, 0.240),
    stimulus_s=(0.0, 0.006),
)
"""A tick. At 80 ms the synapses of a place that is told again and again are depressed (U .5, tau .5 s) and
nothing is learned. A write falls into the window that is read: while it is taught, the tissue's move is
helped.
"""
NEAR = 0.5
"""Distance of ball and paddle, in widths of the court, below which the ball is told twice a tick: the rate,
4 or 8 Hz, is the code of distance.
"""
BABBLE = 9_090
"""A stream of random numbers for babbling, apart from others of the same seed."""


def pong_layout(seeds: list[int], channels: tuple[int, ...], timing: Timing = PACE) -> Layout:
    """Disjoint random electrodes of the places and of both regions, a map of its own for each dish.

    Raises:
        ValueError: too few channels.
    """
    sizes = (PLACE_ELECTRODES,) * PLACES + (REGION_ELECTRODES,) * 2
    return Layout.of_sizes(seeds, sizes, channels, timing)


def place_of(offset: NDArray[np.float64]) -> NDArray[np.int64]:
    """The place of each ball, by its height less that of the paddle, [dish] -> [dish]."""
    return np.searchsorted(EDGES, offset, side="right")


def to_the_ball(n_dishes: int) -> NDArray[np.int64]:
    """The policy that is wanted: the region that moves the paddle to the ball, [dish, place]."""
    return np.tile(np.where(np.arange(PLACES) < PLACES // 2, DOWN, UP), (n_dishes, 1))


def permuted(seeds: list[int]) -> NDArray[np.int64]:
    """Policies that are worth nothing: in each dish half of the upper places, drawn at random, and half of
    the lower ones ask for UP, [dish, place].
    """
    policy, half = np.full((len(seeds), PLACES), DOWN), PLACES // 2
    for own, seed in zip(policy, seeds, strict=True):
        rng = np.random.default_rng([seed, BABBLE + 1])
        for first in (0, half):
            own[first + rng.choice(half, half // 2, replace=False)] = UP
    return policy


def babbling(seeds: list[int], n_ticks: int, share: float = 0.7, hold: int = 6) -> NDArray[np.int64]:
    """Moves that are drawn and not read from tissue, [dish, tick]: -1 or 1 for `hold` ticks at a time, in
    `share` of them; 0 where tissue moves.

    A paddle that is helped all the time sees central places alone, and nothing else is taught.
    """
    rows = []
    for seed in seeds:
        rng, stretches = np.random.default_rng([seed, BABBLE]), -(-n_ticks // hold)
        drawn = rng.choice((-1, 1), stretches) * (rng.random(stretches) < share)
        rows.append(np.repeat(drawn, hold)[:n_ticks])
    return np.stack(rows)
