"""Rest: tissue is left alone with its plasticity on, but for trains of symbols and writes now and then."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from brainwright.tissue import Tissue

from .layout import Layout
from .present import Periods, Writer, present


@dataclass(frozen=True, kw_only=True)
class Replay:
    """When tissue is replayed something while it rests.

    Trains at the pace of teaching, not single pairs: rested synapses answer with a long cascade, and every
    cascade strengthens what skips a symbol. Every 15 s kept more than every 30 s, 25 symbols more than 50
    every 60 s (on cultures that are not reported).

    Attributes:
        every_s: from the beginning of one train to that of the next; the first comes after this time.
        symbols: of a train.
    """

    every_s: float = 15.0
    symbols: int = 25


def rest(
    tissue: Tissue,
    layout: Layout,
    duration_s: float,
    *,
    replay: Replay | None = None,
    symbols: NDArray[np.int64] | None = None,
    writer: Writer | None = None,
    on_train: Callable[[int], None] | None = None,
) -> list[Periods]:
    """Lets tissue rest: in silence, or with trains of symbols that a writer may follow up.

    Nobody says what is wanted: a writer sees no target, and one that descends gradients must be given without
    steps. What it forecasts is all that is replayed.

    Args:
        tissue: with its plasticity on.
        layout: electrodes of every symbol, and the pace of a train.
        duration_s: of the rest.
        replay: when trains come; None for silence.
        symbols: of all trains one after another, int64 [dish, at least trains x symbols of a train].
        writer: what follows each symbol; None for the symbols alone.
        on_train: called with the number of trains done.

    Returns:
        What was heard in each train.

    Raises:
        ValueError: trains longer than the time between them, or too few symbols for them.
    """
    if replay is None:
        tissue.read(duration_s)
        return []
    train_s, trains = replay.symbols * layout.timing.period_s, trains_of(replay, layout, duration_s)
    if not 0 < train_s < replay.every_s:
        raise ValueError(
            f"replay: expected trains shorter than the {replay.every_s:g} s between them, got {train_s:g} s"
        )
    if trains and (symbols is None or symbols.shape[1] < trains * replay.symbols):
        got = "none" if symbols is None else symbols.shape[1]
        raise ValueError(f"symbols: expected {trains * replay.symbols} for {trains} trains, got {got}")
    end, heard = tissue.now_s() + duration_s, []
    for k in range(trains):
        tissue.read(replay.every_s if k == 0 else replay.every_s - train_s)
        assert symbols is not None
        part = symbols[:, k * replay.symbols : (k + 1) * replay.symbols]
        heard.append(present(tissue, layout, part, writer, before=heard[-1] if heard else None))
        if on_train is not None:
            on_train(k + 1)
    left = end - tissue.now_s()
    if left > 1e-6:  # a microsecond: the sum of many readings may miss the end by rounding
        tissue.read(left)
    return heard


def trains_of(replay: Replay, layout: Layout, duration_s: float) -> int:
    """Trains that begin and end within a rest of that time."""
    train_s = replay.symbols * layout.timing.period_s
    return max(0, int((duration_s - train_s) // replay.every_s))
