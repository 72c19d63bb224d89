"""Tissue before and after teaching: what changed in it, how it goes on with its stream, what was written."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from . import figures
from .finished import Finished
from .page import Columns, Figure, Section, Text
from .style import INK, THIRD

if TYPE_CHECKING:
    from matplotlib.figure import Figure as Drawing

ELECTRODES = "electrodes, by the symbol they stand for"
WHEN = ("before", "after")
TAUGHT = "adaptive"
"""The arm that is looked into: of the arms of `loop.Teaching` the one that is kept in full."""


@dataclass(frozen=True, eq=False)
class Culture:
    """One of several cultures that were taught a stream, looked into before and after.

    Attributes:
        display: arrays that `loop.look` gives for the states `before` and `after`.
        heard: symbols, int64 [dish, period].
        writes: channels, -1 for none, [dish, period, electrode]; the last periods of what was heard.
        levels: the stream, as `SymbolStream.facts` gives it.
        n_channels: of a culture.
    """

    display: Mapping[str, np.ndarray]
    heard: NDArray[np.integer]
    writes: NDArray[np.integer]
    levels: Mapping[str, Any]
    n_channels: int = 64

    @classmethod
    def of(cls, run: Finished) -> "Culture":
        """The culture that a run looked into (its unit `display`), with what it heard and what was written;
        its `facts` hold the stream as `levels`.
        """
        taught = run.units.load(TAUGHT)
        return cls(run.units.load("display"), taught["heard"], taught["written"], run.facts["levels"])

    @property
    def dish(self) -> int:
        """Its place among all."""
        return int(self.display["dish"])

    @property
    def marks(self) -> list[str]:
        """Names of the symbols in figures."""
        return self.levels["marks"]

    @property
    def words(self) -> dict[str, Any]:
        """What sentences about it need: `dish` counted from 1, `n` cultures, and as `key` what the letters of
        the figures stand for, as a sentence; empty where they are the names.
        """
        pairs = [f"{mark} = {label}" for mark, label in zip(self.marks, self.levels["labels"], strict=True)]
        key = "" if self.marks == self.levels["labels"] else f" {', '.join(pairs)}."
        return {"dish": self.dish + 1, "n": len(self.display["electrodes"]), "key": key}

    @property
    def successor(self) -> NDArray[np.int64]:
        """The symbol taught to follow each."""
        return np.array(self.levels["successor"])

    @property
    def electrodes(self) -> NDArray[np.int64]:
        """Electrodes of every symbol, [symbol, electrode]."""
        return self.display["electrodes"][self.dish]

    @property
    def answer_ms(self) -> tuple[int, int]:
        """The window after a symbol in which the decoder reads."""
        start, stop = (round(1000 * float(second)) for second in self.display["after_s"])
        return start, stop


def changed(culture: Culture) -> list[Section]:
    """Raster, evoked responses and causal connectivity, before and after."""
    return [rasters(culture), evoked(culture), connectivity(culture)]


def rasters(culture: Culture) -> Section:
    """The same symbols, before and after."""
    opens, closes = culture.answer_ms
    named = {"before": "Before teaching.", "after": "After teaching, the same symbols."}
    drawn = Columns([Figure(partial(spikes, culture, when), text) for when, text in named.items()])
    text = (
        "One tick per spike; electrodes are sorted by the symbol they stand for, – for none. Vertical lines: "
        "a symbol is presented, its own electrodes fire at once. Shaded: where and when "
        f"({opens}–{closes} ms) the taught successor would answer; ticks inside are coloured."
    )
    return Section("The same symbols before and after teaching", [drawn, Text(text, small=True)])


def spikes(culture: Culture, when: str) -> "Drawing":
    """Spikes while a few symbols are presented; boxes where and when a taught answer would be."""
    seen, symbols = culture.display[f"raster_{when}"], culture.display["raster_symbols"]
    (opens, closes), period_ms = culture.answer_ms, 1000 * float(culture.display["period_s"])
    each, channels = culture.electrodes.shape[1], np.arange(culture.n_channels)
    order, groups = figures.grouped(culture.electrodes, culture.marks, channels)
    time_ms, row = seen[:, 0] * 1000, np.argsort(order)[seen[:, 1].astype(int)]
    boxes, answers = [], np.zeros(len(row), bool)
    for start, wanted in zip(np.arange(len(symbols)) * period_ms, culture.successor[symbols], strict=True):
        boxes.append((start + opens, wanted * each - 0.5, closes - opens, each))
        # times are whole milliseconds, give or take rounding: the edges lie between them
        inside = (time_ms >= start + opens - 0.5) & (time_ms < start + closes - 0.5)
        answers |= inside & (row // each == wanted)
    events = {k * period_ms: culture.marks[symbol] for k, symbol in enumerate(symbols)}
    look: dict[str, Any] = {"events": events, "groups": groups, "limits": (-2, len(symbols) * period_ms)}
    return figures.raster(time_ms, row, x="time (ms)", y=ELECTRODES, marked=answers, boxes=boxes, **look)


def evoked(culture: Culture) -> Section:
    """Responses of every group of electrodes to every symbol, and what of them the decoder reads."""
    (opens, closes), marks, each = culture.answer_ms, culture.marks, culture.electrodes.shape[1]
    before, after = (culture.display[f"psth_{when}"] / each for when in WHEN)
    outlined = dict(enumerate(culture.successor.tolist()))
    options: dict[str, Any] = {"outlined": outlined, "shaded_ms": opens, "until_ms": before.shape[2]}
    options |= {"x": "time after the symbol (ms)", "y": "symbol presented"}
    options["title"] = "electrodes of the symbol (spikes per second and electrode)"
    drawn = partial(figures.responses, 1000 * before, 1000 * after, marks, **options)
    caption = (
        f"Rows: the symbol presented; columns: the {len(marks)} groups of electrodes, spikes per second and "
        "electrode. Grey before, blue after; smoothed over 3 ms. Outlined: the taught successor. One scale "
        f"for all cells, set by what comes after {opens} ms; the direct response before that (shaded) is cut "
        "off."
    )
    boxes = [(target - 0.5, source - 0.5, 1, 1) for source, target in outlined.items()]
    look: dict[str, Any] = {"columns": marks, "rows": marks, "boxes": boxes, "write": True}
    look |= {"x": "electrodes of the symbol", "y": "symbol presented"}
    change = (after - before)[:, :, opens:closes].sum(2)
    answers = partial(figures.matrix, change, key="spikes per electrode, after − before", **look)
    read = (
        f"After − before, spikes per electrode in the window that the decoder reads ({opens}–{closes} ms). "
        "Teaching should show as warm colour in the outlined cells."
    )
    summary = Columns([Figure(answers, read), linked(culture)])
    return Section("Evoked responses", [Figure(drawn, caption, wide=True), summary])


def linked(culture: Culture) -> Figure:
    """Causal responses of all cultures, over taught and over all other pairs of symbols."""
    kinds, display, n = ("taught", "untaught"), culture.display, culture.words["n"]
    rows: dict[str, Any] = {f"{k} pairs": tuple(display[f"{k}_{when}"] for when in WHEN) for k in kinds}
    gained, elsewhere = (after - before for before, after in rows.values())
    x = "causal response (spikes per pulse, 5–30 ms)"
    caption = (
        f"All {n} cultures: mean causal response from a pulsed electrode to another, over pairs from a "
        "symbol to its taught successor and over all other pairs between symbols. The change is larger for "
        f"the taught pairs in {int((gained > elsewhere).sum())} of {n} cultures. Diamonds: mean after and "
        "its 95 % interval."
    )
    return Figure(partial(figures.dumbbells, rows, x=x, levels={"": 0.0}, digits=4), caption)


def connectivity(culture: Culture) -> Section:
    """What a pulse on each electrode causes on every other, on one scale."""
    usable, each = culture.display["usable"], culture.electrodes.shape[1]
    columns, sizes = figures.grouped(culture.electrodes, culture.marks, usable)
    rows = np.searchsorted(usable, columns)
    maps = {when: culture.display[f"causal_{when}"] for when in WHEN}
    # a few pairs may go beyond the scale, so that the others are seen
    reach = float(np.percentile(np.abs(list(maps.values())), 99.5)) or 1.0
    maps["difference"] = maps["after"] - maps["before"]
    boxes = [(target * each - 0.5, k * each - 0.5, each, each) for k, target in enumerate(culture.successor)]
    names = {"x": "responding electrode, by symbol", "y": "pulsed electrode, by symbol"}
    look = {"reach": reach, "boxes": boxes, "box_colour": INK, "columns": sizes, "rows": sizes}
    draw = partial(figures.matrix, width=THIRD, height=2.9, **names, **look)
    captions = {
        "before": "Before teaching, spikes per pulse.",
        "after": "After teaching, same scale.",
        "difference": "After − before, same scale.",
    }
    shown = [Figure(partial(draw, maps[k][np.ix_(rows, columns)]), text) for k, text in captions.items()]
    text = (
        "Each electrode pulsed alone: spikes on every other 5–30 ms later, less those 50–75 ms later. "
        "Orange: more than by itself, blue: fewer. Outlined: from a symbol to its taught successor. Single "
        "pulses move little of a culture, so one map is noisy; the means over all taught and untaught pairs "
        "stand above."
    )
    return Section("Causal connectivity between electrodes", [Columns(shown), Text(text, small=True)])


def plan_of_writes(culture: Culture, symbols: int) -> Columns:
    """Which electrodes were written for the first and for the last symbols of the teaching."""
    writes = culture.writes[culture.dish]
    heard = culture.heard[culture.dish][-len(writes) :]
    symbols = min(symbols, (len(writes) - 1) // 2)
    shown = []
    for name, first in (("first", 0), ("last", len(writes) - 1 - symbols)):
        parts = writes[first : first + symbols], heard[first : first + symbols + 1]
        names = culture.electrodes, culture.marks, np.arange(culture.n_channels)
        drawn = partial(figures.written, *parts, *names, first=first, y=ELECTRODES)
        shown.append(Figure(drawn, f"The {name} {symbols} symbols of the teaching."))
    return Columns(shown)
