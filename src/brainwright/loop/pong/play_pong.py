"""Play Pong through tissue: tell it where the ball is, read a move, write what shall teach it."""

from collections.abc import Callable
from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import NDArray

from brainwright.signal import bin_counts
from brainwright.tissue import Tissue
from brainwright.world import COLUMNS, Bounce, Pong

from ..layout import Layout
from ..present import Moment, Writer
from .feedback import PLAIN, Feedback, Stimuli
from .motor import Motor
from .sites import NEAR, place_of

COLUMN, HEIGHT, PADDLE = range(3)


@dataclass(frozen=True, eq=False)
class Played:
    """A game of each dish, tick by tick, [dish, tick] unless it says otherwise.

    Attributes:
        hit, missed: what happened; in ticks in which a game waits neither.
        places: where the ball was told to be, -1 while a game waits.
        wanted: the region that was wanted, by the policy that was given.
        moves: of the paddle, -1, 0 or 1.
        court: before each move, [dish, tick, 3]: column of the ball, its height, that of the paddle.
        written: the channels of each write, [dish, tick, electrode]; -1 where nothing was written.
        spikes: how many were heard.
    """

    hit: NDArray[np.bool_]
    missed: NDArray[np.bool_]
    places: NDArray[np.int64]
    wanted: NDArray[np.int64]
    moves: NDArray[np.int64]
    court: NDArray[np.float64]
    written: NDArray[np.int64]
    spikes: NDArray[np.int64]

    def arrays(self) -> dict[str, NDArray]:
        """All of it by name, in as few bytes as it needs."""
        small = {"court": np.float32, "spikes": np.int32, "hit": np.bool_, "missed": np.bool_}
        return {f.name: getattr(self, f.name).astype(small.get(f.name, np.int8)) for f in fields(self)}


def play_pong(
    tissue: Tissue,
    layout: Layout,
    game: Pong,
    motor: Motor,
    n_ticks: int,
    *,
    policy: NDArray[np.int64],
    writer: Writer | None = None,
    babble: NDArray[np.int64] | None = None,
    depth: bool = False,
    feedback: Feedback = PLAIN,
    stimuli: Stimuli | None = None,
    on_tick: Callable[[int], None] | None = None,
) -> Played:
    """Play for `n_ticks` periods of the layout, one game in each dish.

    In each tick the electrodes of the ball's place are pulsed; the writer, if any, is asked as in `present`,
    with the region that is wanted at this place as its target; the move is read behind the pulses' own
    spikes, and the game takes a step. Virtual or wall time: whatever keeps the contract of `Tissue` can play.

    Args:
        tissue: as many dishes as there are games.
        layout: electrodes of the places and regions; see `pong_layout`.
        game: goes on from where it stands.
        motor: fixed on naive tissue.
        policy: the region wanted at each place, [dish, place]; see `to_the_ball`.
        writer: None for play without teaching.
        babble: moves that are not read from the tissue, [dish, tick]; see `babbling`.
        depth: tell the ball's distance too, by a second volley half-way through a tick when it is near.
        feedback: what follows hits and misses.
        stimuli: the pulses of a feedback that is told.
        on_tick: called with the number of ticks done.

    Raises:
        ValueError: other numbers of dishes in tissue, layout and game, or a feedback without its stimuli.
        StimulusRefused: a pulse outside the limits of the tissue.
    """
    _check(tissue, layout, game, feedback, stimuli)
    timing, n = layout.timing, layout.n_dishes
    dishes, rows = np.arange(n), []
    windows = np.array([timing.after_s, timing.late_s])
    previous = np.zeros((n, 2, tissue.n_channels), np.float32)
    last = place_of(game.offset)
    wait, after_hit = np.zeros(n, np.int64), np.zeros(n, np.bool_)
    for t in range(n_ticks):
        start, playing = tissue.now_s(), wait == 0
        place = place_of(game.offset)
        court = np.stack([game.column, game.height, game.paddle], axis=1)
        wanted = policy[dishes, place]
        told = np.where((playing & (not feedback.blind))[:, None], layout.of(place), -1)
        tissue.write(layout.plan(told, start))
        if stimuli is not None and not playing.all():
            tissue.write(stimuli.plan(~playing & after_hit, ~playing & ~after_hit, start))
        heard = tissue.read(timing.write_at_s)
        early = bin_counts(heard, np.array([timing.early_s]) + start).counts[:, 0].astype(np.float32)
        written = np.full((n, layout.n_electrodes), -1)
        if writer is not None:
            moment = Moment(np.stack([place, last], axis=1), wanted, previous, early)
            chosen = writer.channels(moment)
            if chosen is not None:
                written = np.where(playing[:, None], chosen, -1)
                tissue.write(layout.plan(written, start + timing.write_at_s))
        if depth:  # after the write: pulses of a channel are admitted in order of time
            near = game.column < NEAR * COLUMNS
            tissue.write(layout.plan(np.where(near[:, None], told, -1), start + timing.period_s / 2))
        rest = tissue.read(timing.period_s - timing.write_at_s)
        after, late = bin_counts(rest, windows + start).counts.astype(np.float32).swapaxes(0, 1)
        moves = motor.moves(after)
        if babble is not None:
            moves = np.where(babble[:, t] != 0, babble[:, t], moves)
        moves = np.where(playing, moves, 0)
        bounce: Bounce = game.step(moves, playing, forgiving=feedback.forgiving)
        after_hit = np.where(playing, bounce.hit, after_hit)
        wait = np.where(playing, feedback.waits(bounce, timing.period_s), wait - 1)
        spikes = np.bincount(heard.dish, minlength=n) + np.bincount(rest.dish, minlength=n)
        told_place = np.where(playing, place, -1)
        rows.append((bounce.hit, bounce.missed, told_place, wanted, moves, court, written, spikes))
        previous, last = np.stack([early, late], axis=1), place
        if on_tick is not None:
            on_tick(t + 1)
    return Played(*(np.stack(column, axis=1) for column in zip(*rows, strict=True)))


def _check(tissue: Tissue, layout: Layout, game: Pong, feedback: Feedback, stimuli: Stimuli | None) -> None:
    numbers = tissue.n_dishes, layout.n_dishes, game.n_games
    if len(set(numbers)) != 1:
        raise ValueError(f"expected as many dishes of tissue and layout as games, got {numbers}")
    if feedback.told and stimuli is None:
        raise ValueError("feedback: its hits and misses are told by stimuli, expected some, got None")
