"""The one culture that the page looks into: its spikes, its responses, its writes and its tune."""

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from brainwright.report import Audio, Block, Columns, Figure, Finished, Section, Strong, Text, figures, melody
from brainwright.report.style import BLUE, FAINT, FULL, GREY, HALF, INK, ORANGE, THIRD, panel, styled
from brainwright.visible import visible

from .conditions import WORDS

if TYPE_CHECKING:
    from matplotlib.figure import Figure as Drawing

NOTES = 36  # that are heard
SOUND_HZ = 11_025  # enough for the harmonics of the notes, and little enough for a page
CHANNELS = np.arange(64)
ELECTRODES = "electrodes, by the symbol they stand for"


@dataclass(frozen=True, eq=False)
class Culture:
    """The culture whose taught score is the median one, and the stream it was taught.

    Attributes:
        display, taught: what was looked at, and the adaptive arm of condition full, arrays by name.
        levels: the stream.
    """

    display: dict[str, np.ndarray]
    taught: dict[str, np.ndarray]
    levels: dict[str, Any]

    @classmethod
    def of(cls, run: Finished) -> "Culture":
        """Of a finished run."""
        return cls(run.units.load("display"), run.units.load("full-adaptive"), run.facts["levels"])

    @property
    def dish(self) -> int:
        """Its place among all."""
        return int(self.display["dish"])

    @property
    def n(self) -> int:
        """How many cultures there are."""
        return len(self.display["electrodes"])

    @property
    def key(self) -> str:
        """What the letters of the figures stand for, as a sentence; empty where they are the names."""
        marks, labels = self.levels["marks"], self.levels["labels"]
        pairs = [f"{mark} = {label}" for mark, label in zip(marks, labels, strict=True)]
        return "" if marks == labels else f" {', '.join(pairs)}."

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

    def grouped(self, channels: NDArray[np.int64] = CHANNELS) -> tuple[NDArray[np.int64], dict[str, int]]:
        """Channels sorted by the symbol they stand for, and how many each symbol has."""
        return figures.grouped(self.electrodes, self.levels["marks"], channels)


def small(name: str, **filled: Any) -> Text:
    """A sentence of the page in small print."""
    return Text(WORDS[name].format(**filled), small=True)


def tissue(culture: Culture) -> Section:
    """Raster, evoked responses and causal connectivity, before and after."""
    opens, closes = culture.answer_ms
    when, window, marks = ("before", "after"), f"{opens}–{closes} ms", culture.levels["marks"]
    named = {"Before teaching.": "before", "After teaching, the same symbols.": "after"}
    rasters = Columns([Figure(partial(spikes, culture, name), text) for text, name in named.items()])
    psth = [culture.display[f"psth_{name}"] / culture.electrodes.shape[1] for name in when]
    outlined = dict(enumerate(culture.successor.tolist()))
    words = {"x": "time after the symbol (ms)", "y": "symbol presented"}
    options: dict[str, Any] = {
        "outlined": outlined,
        "shaded_ms": opens,
        "until_ms": psth[0].shape[2],
        **words,
    }
    title = "electrodes of the symbol (spikes per second and electrode)"
    evoked = partial(figures.responses, *(1000 * rates for rates in psth), marks, title=title, **options)
    boxes = [(target - 0.5, source - 0.5, 1, 1) for source, target in outlined.items()]
    options = {"columns": marks, "rows": marks, "boxes": boxes, "write": True, "y": words["y"]}
    change = (psth[1] - psth[0])[:, :, opens:closes].sum(2)
    key = "spikes per electrode, after − before"
    answers = partial(figures.matrix, change, x="electrodes of the symbol", key=key, **options)
    kinds = ("taught", "untaught")
    linked: dict[str, Any] = {f"{k} pairs": [culture.display[f"{k}_{name}"] for name in when] for k in kinds}
    causal = "causal response (spikes per pulse, 5–30 ms)"
    pairs = partial(figures.dumbbells, linked, x=causal, levels={"": 0.0}, digits=4)
    gained = [after - before for before, after in linked.values()]
    text = WORDS["pairs"].format(n=culture.n, more=int((gained[0] > gained[1]).sum()))
    summary = Columns([Figure(answers, WORDS["answers"].format(window=window)), Figure(pairs, text)])
    caption = WORDS["evoked"].format(k=len(marks), opens=opens)
    parts = [
        Section("The same symbols before and after teaching", [rasters, small("rasters", window=window)]),
        Section("Evoked responses", [Figure(evoked, caption, wide=True), summary]),
        Section("Causal connectivity between electrodes", [connectivity(culture), small("causal")]),
    ]
    lead = WORDS["tissue"].format(dish=culture.dish + 1, n=culture.n, key=culture.key)
    return Section("What changed in the tissue", parts, lead)


def spikes(culture: Culture, when: str) -> "Drawing":
    """Spikes while a few symbols are presented; boxes where and when a taught answer would be."""
    seen, symbols = culture.display[f"raster_{when}"], culture.display["raster_symbols"]
    (opens, closes), period_ms = culture.answer_ms, 1000 * float(culture.display["period_s"])
    (order, groups), each = culture.grouped(), culture.electrodes.shape[1]
    time_ms, row = seen[:, 0] * 1000, np.argsort(order)[seen[:, 1].astype(int)]
    boxes, answers = [], np.zeros(len(row), bool)
    for start, wanted in zip(np.arange(len(symbols)) * period_ms, culture.successor[symbols], strict=True):
        boxes.append((start + opens, wanted * each - 0.5, closes - opens, each))
        # times are whole milliseconds, give or take rounding: the edges lie between them
        inside = (time_ms >= start + opens - 0.5) & (time_ms < start + closes - 0.5)
        answers |= inside & (row // each == wanted)
    events = {k * period_ms: culture.levels["marks"][symbol] for k, symbol in enumerate(symbols)}
    look: dict[str, Any] = {"events": events, "groups": groups, "limits": (-2, len(symbols) * period_ms)}
    return figures.raster(time_ms, row, x="time (ms)", y=ELECTRODES, marked=answers, boxes=boxes, **look)


def connectivity(culture: Culture) -> Columns:
    """What a pulse on each electrode causes on every other, on one scale."""
    usable, each = culture.display["usable"], culture.electrodes.shape[1]
    columns, sizes = culture.grouped(usable)
    rows = np.searchsorted(usable, columns)
    maps = {when: culture.display[f"causal_{when}"] for when in ("before", "after")}
    # a few pairs may go beyond the scale, so that the others are seen
    reach = float(np.percentile(np.abs(list(maps.values())), 99.5)) or 1.0
    maps["difference"] = maps["after"] - maps["before"]
    boxes = [(target * each - 0.5, k * each - 0.5, each, each) for k, target in enumerate(culture.successor)]
    names = {"x": "responding electrode, by symbol", "y": "pulsed electrode, by symbol"}
    look = {"reach": reach, "boxes": boxes, "box_colour": INK, "columns": sizes, "rows": sizes}
    draw = partial(figures.matrix, width=THIRD, height=2.9, **names, **look)
    shown = {name: partial(draw, full[np.ix_(rows, columns)]) for name, full in maps.items()}
    return Columns([Figure(shown[name], text) for name, text in WORDS["maps"].items()])


@styled
def plan(culture: Culture, first: int, symbols: int) -> "Drawing":
    """Electrodes written in a stretch of teaching: blue where they belong to the symbol that comes next."""
    (order, groups), each = culture.grouped(), culture.electrodes.shape[1]
    written = culture.taught["written"][culture.dish].astype(np.int64)
    heard = culture.taught["heard"][culture.dish][-len(written) :].astype(np.int64)
    fig, axes = panel(HALF, 4.2)
    for x, period in enumerate(range(first, first + symbols)):
        row, top = np.argsort(order)[written[period][written[period] >= 0]], heard[period + 1] * each - 0.5
        right = row // each == heard[period + 1]
        axes.fill_between([x - 0.45, x + 0.45], top, top + each, color=BLUE, alpha=0.18, lw=0)
        for chosen, colour in ((right, BLUE), (~right, ORANGE)):
            axes.plot(np.full(chosen.sum(), x), row[chosen], "s", color=colour, ms=3.6, mew=0)
        name = visible(culture.levels["marks"][heard[period]])
        axes.text(x, -1.2, name, ha="center", va="bottom", fontsize=8)
    ends, sizes = np.cumsum(list(groups.values())) - 0.5, np.array(list(groups.values()))
    axes.hlines(ends[:-1], -0.7, symbols - 0.3, color=FAINT, lw=0.5, alpha=0.6)
    axes.set_yticks(ends - sizes / 2, [visible(name) for name in groups])
    ticks = range(0, symbols, max(1, symbols // 4))
    axes.set_xticks(ticks, [str(first + 1 + k) for k in ticks])
    axes.tick_params(axis="y", length=0)
    axes.set(
        xlim=(-0.7, symbols - 0.3), ylim=(63.5, -0.5), xlabel="symbol of the teaching", ylabel=ELECTRODES
    )
    return fig


def tune(culture: Culture) -> Section:
    """The stream as the tissue goes on with it, before and after; as sound where it is music."""
    shown = {
        "What it heard": culture.taught["heard"][culture.dish][:NOTES].astype(np.int64),
        "What it goes on with, before teaching": culture.display["melody_before"].astype(np.int64),
        "What it goes on with, after teaching": culture.display["melody_after"].astype(np.int64),
    }
    blocks = [block for label, symbols in shown.items() for block in played(culture, label, symbols)]
    blocks += [Text(note, small=True) for note in culture.levels["notes"]]
    lead = WORDS["tune"].format(dish=culture.dish + 1, key=culture.key)
    what = "tune" if culture.levels["midi"] else "stream"
    return Section(f"The {what}, continued by the tissue", blocks, lead)


def played(culture: Culture, label: str, symbols: NDArray[np.int64]) -> list[Block]:
    """A row of symbols: heard, drawn, written; what is taught stands out."""
    right = culture.successor[symbols[:-1]] == symbols[1:]
    names = [culture.levels["marks"][symbol] for symbol in symbols]
    parts = [Strong(name) if good else name for name, good in zip(names, [False, *right], strict=True)]
    midi, count = culture.levels["midi"], f"{label}: {right.sum()} of {len(right)} steps are the one taught."
    sound = [Audio(label, melody([midi[symbol] for symbol in symbols]), SOUND_HZ)] if midi else []
    return [*sound, Figure(partial(staff, culture, symbols), count, wide=True), Text(parts)]


@styled
def staff(culture: Culture, symbols: NDArray[np.int64]) -> "Drawing":
    """Notes as steps on a staff of the stream's symbols; blue where a note is the taught successor."""
    marks, midi = culture.levels["marks"], culture.levels["midi"]
    order = np.argsort(midi or np.arange(len(marks)), kind="stable")
    height = np.argsort(order)[symbols]
    right = np.append(False, culture.successor[symbols[:-1]] == symbols[1:])
    fig, axes = panel(FULL, 0.3 * len(marks) + 0.35)
    axes.plot(np.arange(len(symbols)), height, color=FAINT, lw=0.7, drawstyle="steps-mid", zorder=1)
    for chosen, colour in ((~right, GREY), (right, BLUE)):
        axes.scatter(np.flatnonzero(chosen), height[chosen], s=34, color=colour, zorder=2, linewidths=0)
    axes.set_yticks(range(len(order)), [visible(marks[k]) for k in order])
    axes.set(xlim=(-0.8, len(symbols) - 0.2), ylim=(-0.6, len(order) - 0.4), xticks=[])
    axes.spines["bottom"].set_visible(False)
    axes.grid(axis="y", lw=0.4, color=FAINT, alpha=0.5)
    axes.tick_params(length=0)
    return fig
