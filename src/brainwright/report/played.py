"""What tissue plays: rows of notes with their sound, all cultures at once, and the wave after one pulse."""

from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from . import figures
from .culture import WHEN, Culture
from .page import Audio, Block, Columns, Figure, Section, Strong, Text
from .sound import melody

if TYPE_CHECKING:
    from matplotlib.figure import Figure as Drawing

SOUND_HZ = 11_025  # enough for the harmonics of the notes, and little enough for a page
WAVE_MS = 36
"""How far a wave is shown: six notes of about 5 ms."""
TICK_MS = 5


def continued(culture: Culture) -> list[Block]:
    """The stream as it was heard, and as the tissue goes on with it before and after; as sound where it is
    music.
    """
    before, after = (culture.display[f"melody_{when}"].astype(np.int64) for when in WHEN)
    shown = {
        "What it heard": culture.heard[culture.dish][: len(after)].astype(np.int64),
        "What it goes on with, before teaching": before,
        "What it goes on with, after teaching": after,
    }
    blocks = [block for label, symbols in shown.items() for block in played(culture, label, symbols)]
    return blocks + [Text(note, small=True) for note in culture.levels["notes"]]


def played(
    culture: Culture, label: str, symbols: NDArray[np.int64], successor: NDArray[np.int64] | None = None
) -> list[Block]:
    """A row of symbols: heard, drawn, written; what is taught stands out.

    Args:
        culture: names the symbols.
        label: what is played.
        symbols: int64 [note].
        successor: the symbol that should follow each, [symbol]; the one that was taught by default.
    """
    successor = culture.successor if successor is None else successor
    right = np.append(False, successor[symbols[:-1]] == symbols[1:])
    names = [culture.marks[symbol] for symbol in symbols]
    parts = [Strong(name) if good else name for name, good in zip(names, right, strict=True)]
    midi, steps = culture.levels["midi"], f"{right.sum()} of {len(right) - 1} steps are the one taught."
    sound = [Audio(label, melody([midi[symbol] for symbol in symbols]), SOUND_HZ)] if midi else []
    drawn = partial(figures.staff, symbols, culture.marks, marked=right, heights=midi)
    return [*sound, Figure(drawn, f"{label}: {steps}", wide=True), Text(parts)]


def order_of(successor: NDArray[np.int64]) -> list[int]:
    """The symbols of a round in their order, from symbol 0."""
    order = [0]
    for _ in range(len(successor) - 1):
        order.append(int(successor[order[-1]]))
    return order


def all_played(right: NDArray[np.bool_], wanted: Sequence[str]) -> "Drawing":
    """How far every culture gets: share of its free runs that are right up to each answer.

    Args:
        right: which answers are right together with all before them, [dish, run, answer].
        wanted: names of the answers that are wanted.
    """
    share = right.mean(axis=1)
    look: dict[str, Any] = {"columns": wanted, "reach": 1.0, "from_zero": True}
    look["rows"] = [str(dish + 1) for dish in range(len(share))]
    look |= {"key": "share of runs right so far", "height": 1.5 + 0.12 * len(share)}
    return figures.matrix(share, x="wanted answer", y="culture", **look)


def wave(culture: Culture, text: str) -> Section:
    """What one pulse of the first symbol sets off without any help.

    Args:
        culture: looked into before and after.
        text: leads the section; `{opens}` and `{dish}` in it are filled in.
    """
    order, (opens, _), each = order_of(culture.successor), culture.answer_ms, culture.electrodes.shape[1]
    shown = {when: culture.display[f"psth_{when}"][0][order, opens:WAVE_MS] / each for when in WHEN}
    columns = {f"{ms}": min(TICK_MS, WAVE_MS - ms) for ms in range(opens, WAVE_MS, TICK_MS)}
    look: dict[str, Any] = {"rows": [culture.marks[k] for k in order], "columns": columns}
    look |= {"reach": max(float(values.max()) for values in shown.values()) or 1.0}
    look |= {"x": "time after the pulse (ms)", "y": "electrodes of the position"}
    draw = partial(figures.matrix, key="spikes per electrode and ms", from_zero=True, **look)
    drawn = [
        Figure(partial(draw, values), f"{when.capitalize()} teaching.") for when, values in shown.items()
    ]
    lead = text.format(opens=opens, dish=culture.dish + 1)
    return Section("The wave after one pulse", [Columns(drawn)], lead)
