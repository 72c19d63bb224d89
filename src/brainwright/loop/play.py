"""Let tissue play by itself: it is given one symbol and then, one after another, its own answers."""

import numpy as np
from numpy.typing import NDArray

from brainwright.signal import right_so_far
from brainwright.tissue import Tissue

from .layout import Layout
from .present import AFTER, present
from .readout import IdentityReadout, successor_share


def play(tissue: Tissue, layout: Layout, readout: IdentityReadout, *, runs: int, first: int = 0) -> NDArray:
    """Free runs: the likeliest answer to a symbol is the symbol presented next. Nothing is written.

    Each answer is given back as a clean symbol: that keeps a run from smearing, and is not the tissue's work.

    Args:
        tissue: with its plasticity off where that can be had.
        layout: electrodes of every symbol, and the pace.
        readout: fixed before teaching.
        runs: how many, one after another.
        first: the symbol that is given, in every run.

    Returns:
        What was given and each of K answers after it, int64 [dish, run, 1 + K].
    """
    every = []
    for _ in range(runs):
        played = [np.full(tissue.n_dishes, first)]
        for _ in range(layout.n_symbols):
            heard = present(tissue, layout, played[-1][:, None])
            played.append(readout.answers(heard.counts[:, :, AFTER])[:, 0])
        every.append(np.stack(played, axis=1))
    return np.stack(every, axis=1)


def scores(
    played: NDArray[np.integer],
    answers: NDArray[np.integer],
    asked: NDArray[np.int64],
    successor: NDArray[np.int64],
) -> dict[str, NDArray[np.float64]]:
    """What dishes know of an order: `in_a_row` of a free run, `whole` runs and right answers (`share`), as
    shares [dish].

    Args:
        played: free runs, [dish, run, 1 + K].
        answers: to the symbols that were asked, [dish, trial].
        asked: symbols, [dish, trial] of at least these dishes.
        successor: the symbol that should follow each, [symbol].
    """
    rows = in_a_row(played, successor)
    right = successor_share(answers.astype(np.int64), asked[: len(answers)], successor)
    return {"in_a_row": rows.mean(1), "whole": (rows == 1).mean(1), "share": right}


def in_a_row(played: NDArray[np.integer], successor: NDArray[np.int64]) -> NDArray[np.float64]:
    """Share of a run that is right from its first answer on: [..., 1 + K] played → [...].

    Args:
        played: symbols, the first of which was given.
        successor: the symbol that should follow each, [symbol].
    """
    return right_so_far(played, successor).mean(axis=-1)
