"""Pictures of tissue: rasters, evoked responses, causal connectivity."""

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from . import words
from .dose import owner_of
from .finished import Finished
from .ink import ARM, BEFORE, FAINT, FULL, HALF, SOFT, THIRD, diverging, mean_mark, panel, styled

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from matplotlib.image import AxesImage
    from matplotlib.patches import Rectangle


def by_symbol(run: Finished, n_channels: int = 64) -> NDArray[np.int64]:
    """Channels in the order of the symbols that they stand for; the rest last."""
    used = run.electrodes.ravel()
    return np.concatenate([used, np.setdiff1d(np.arange(n_channels), used)])


def symbol_axis(axes: "Axes", run: Finished, which: str = "y", extra: int = 0) -> None:
    """Symbols as tick labels in the middle of their electrodes, thin lines between."""
    k, each = run.electrodes.shape
    ticks = (np.arange(k) + 0.5) * each - 0.5
    names = list(run.marks)
    if extra > 1:
        ticks, names = np.append(ticks, k * each + extra / 2 - 0.5), [*names, "–"]
    (axes.set_yticks if which == "y" else axes.set_xticks)(ticks, names)
    axes.tick_params(axis="y" if which == "y" else "x", length=0)
    for edge in np.arange(1, k + (extra > 0)) * each - 0.5:
        (axes.axhline if which == "y" else axes.axvline)(edge, color=FAINT, lw=0.5, alpha=0.6)


@styled
def raster(run: Finished, when: str) -> "Figure":
    """Spikes of one culture while a few symbols are presented; boxes where a taught answer would be."""
    spikes, symbols = run.display[f"raster_{when}"], run.display["raster_symbols"]
    k, each = run.electrodes.shape
    place = np.empty(64)
    place[by_symbol(run)] = np.arange(64)
    time_ms, row = spikes[:, 0] * 1000, place[spikes[:, 1].astype(int)]
    answer = np.zeros(len(spikes), bool)
    (opens, closes), period_ms = run.answer_ms, 1000 * float(run.display["period_s"])
    fig, axes = panel(HALF, 3.9)
    for i, symbol in enumerate(symbols):
        start, wanted = i * period_ms, run.successor[symbol]
        box = (start + opens, wanted * each - 0.5, closes - opens, each)
        axes.add_patch(rectangle(box, facecolor=ARM["adaptive"], alpha=0.16, lw=0))
        inside = (time_ms >= box[0] - 0.5) & (time_ms < box[0] + box[2] - 0.5)
        answer |= inside & (row > box[1]) & (row < box[1] + each)
        axes.axvline(start, color=SOFT, lw=0.7)
        axes.text(start + 1.5, -1.2, run.marks[symbol], va="bottom", fontweight="bold")
    _ticks(axes, time_ms[~answer], row[~answer], "#000000", 0.8)
    _ticks(axes, time_ms[answer], row[answer], ARM["adaptive"], 1.3)
    symbol_axis(axes, run, extra=64 - k * each)
    axes.set(
        xlim=(-2, len(symbols) * period_ms),
        ylim=(63.5, -0.5),
        xlabel="time (ms)",
        ylabel="electrodes, by the symbol they stand for",
    )
    return fig


def _ticks(axes: "Axes", x: NDArray[np.float64], y: NDArray[np.float64], colour: str, width: float) -> None:
    """One upright tick per spike, all of them one path."""
    gap = np.full(len(x), np.nan)
    axes.plot(
        np.stack([x, x, gap], 1).ravel(),
        np.stack([y - 0.42, y + 0.42, gap], 1).ravel(),
        color=colour,
        lw=width,
    )


def rectangle(box: tuple[float, float, float, float], **style: Any) -> "Rectangle":
    from matplotlib.patches import Rectangle

    return Rectangle(box[:2], box[2], box[3], **style)


@styled
def psth(run: Finished) -> "Figure":
    """Responses on each symbol's electrodes after each symbol, before and after; taught cells outlined."""
    from matplotlib.figure import Figure

    k, each = run.electrodes.shape
    before, after = (run.display[f"psth_{when}"] / each * 1000 for when in ("before", "after"))
    smooth = np.ones(3) / 3
    between = ~np.eye(k, dtype=bool)
    top = 1.1 * max(p[between][:, slice(*run.answer_ms)].max() for p in (before, after)) + 1e-9
    fig = Figure(figsize=(FULL, 0.85 * k + 0.8))
    room = 1 / fig.get_figheight()  # one inch
    fig.subplots_adjust(0.09, 0.45 * room, 0.995, 1 - 0.45 * room, wspace=0.08, hspace=0.12)
    cells = fig.subplots(k, k, sharex=True, sharey=True, squeeze=False)
    time_ms = np.arange(before.shape[2])
    for (source, target), axes in np.ndenumerate(cells):
        for rates, colour in ((before, BEFORE), (after, ARM["adaptive"])):
            rate = np.convolve(rates[source, target], smooth, "same")
            axes.fill_between(time_ms, rate, color=colour, alpha=0.22, lw=0)
            axes.plot(time_ms, rate, color=colour, lw=1.1)
        axes.axvspan(0, run.answer_ms[0], color=SOFT, alpha=0.16, lw=0)
        axes.set(xlim=(0, 39), ylim=(0, top), xticks=[0, 20], yticks=[])
        taught = run.successor[source] == target
        for spine in axes.spines.values():
            spine.set(visible=True, color=ARM["yoked"] if taught else FAINT, lw=2 if taught else 0.4)
        if source == 0:
            axes.set_title(run.marks[target], fontweight="bold")
        if target == 0:
            axes.set_ylabel(run.marks[source], rotation=0, ha="right", va="center", fontweight="bold")
    cells[0, 0].set_yticks([0, float(f"{top / 1.3:.1g}")])
    fig.supxlabel("time after the symbol (ms)", fontsize=9.5, y=0.02 * room)
    fig.supylabel("symbol presented", fontsize=9.5)
    fig.suptitle("electrodes of the symbol (spikes per second and electrode)", fontsize=9.5, y=1.0)
    return fig


@styled
def answers(run: Finished) -> "Figure":
    """Change of the spikes read out, symbol presented by symbol's electrodes."""
    k, each = run.electrodes.shape
    change = (run.display["psth_after"] - run.display["psth_before"])[:, :, slice(*run.answer_ms)].sum(
        2
    ) / each
    fig, axes = panel(HALF, 4.0)
    reach = float(np.abs(change).max()) or 1.0
    image = axes.imshow(change, cmap=diverging(), vmin=-reach, vmax=reach, interpolation="none")
    for source, target in enumerate(run.successor):
        axes.add_patch(
            rectangle((target - 0.5, source - 0.5, 1, 1), fill=False, edgecolor=ARM["yoked"], lw=2)
        )
    for (source, target), value in np.ndenumerate(change):
        axes.text(target, source, words.number(float(value), sign=True), ha="center", va="center", fontsize=8)
    axes.set_xticks(range(k), run.marks)
    axes.set_yticks(range(k), run.marks)
    axes.set(xlabel="electrodes of the symbol", ylabel="symbol presented")
    axes.tick_params(length=0)
    _key(axes, image, "spikes per electrode, after − before")
    return fig


def _key(axes: "Axes", image: "AxesImage", name: str = "") -> None:
    """A scale drawn as an image, so that it keeps the transparent middle."""
    low, high = image.get_clim()
    scale = axes.inset_axes((1.04, 0.0, 0.045, 1.0))
    scale.imshow(
        np.linspace(low, high, 256)[:, None],
        cmap=image.cmap,
        extent=(0, 1, low, high),
        aspect="auto",
        origin="lower",
    )
    scale.set(xticks=[], ylabel=name)
    scale.yaxis.tick_right()
    scale.yaxis.set_label_position("right")
    scale.spines[:].set(visible=True)


@styled
def causal(run: Finished, when: str, reach: float) -> "Figure":
    """Spikes on each electrode after a pulse on each other, both ordered by symbol."""
    usable = run.display["usable"].tolist()
    owner = owner_of(run.electrodes)
    columns = [c for c in by_symbol(run) if owner[c] >= 0 or c in usable]
    rows = [usable.index(c) for c in columns]
    maps = {name: run.display[f"causal_{name}"] for name in ("before", "after")}
    full = maps["after"] - maps["before"] if when == "difference" else maps[when]
    fig, axes = panel(THIRD, 2.9)
    shown = full[np.ix_(rows, columns)]
    image = axes.imshow(shown, cmap=diverging(), vmin=-reach, vmax=reach, interpolation="none")
    each, extra = run.electrodes.shape[1], len(columns) - run.electrodes.size
    symbol_axis(axes, run, "y", extra)
    symbol_axis(axes, run, "x", extra)
    for source, target in enumerate(run.successor):
        box = (target * each - 0.5, source * each - 0.5, each, each)
        axes.add_patch(rectangle(box, fill=False, edgecolor="#000000", lw=1.1))
    axes.set(xlabel="responding electrode, by symbol", ylabel="pulsed electrode, by symbol")
    axes.spines[:].set(visible=True)
    _key(axes, image)
    return fig


def causal_reach(run: Finished) -> float:
    """A scale for before, after and difference alike."""
    both = np.abs([run.display["causal_before"], run.display["causal_after"]])
    return float(np.percentile(both, 99.5)) or 1.0


@styled
def pairs(run: Finished) -> "Figure":
    """Mean causal response over taught and untaught pairs of electrodes, before and after, every culture."""
    fig, axes = panel(HALF, 4.1)
    shown = (("taught", ARM["adaptive"]), ("untaught", BEFORE))
    for i, (kind, colour) in enumerate(shown):
        before, after = run.display[f"{kind}_before"], run.display[f"{kind}_after"]
        left = 2.6 * i
        axes.plot([left, left + 1], [before, after], color=colour, lw=0.8, alpha=0.55)
        axes.plot(np.full(len(before), left), before, "o", ms=3, color=colour, mew=0)
        axes.plot(np.full(len(after), left + 1), after, "o", ms=3, color=colour, mew=0)
        mean_mark(axes, left - 0.16, before, colour)
        mean_mark(axes, left + 1.16, after, colour)
        axes.text(
            left + 0.5,
            1.02,
            f"{kind} pairs",
            transform=axes.get_xaxis_transform(),
            ha="center",
            color=colour,
            fontweight="bold",
        )
    axes.axhline(0, color=SOFT, lw=0.7, ls=(0, (4, 3)), zorder=0)
    axes.set_xticks([0, 1, 2.6, 3.6], ["before", "after"] * 2)
    axes.set(xlim=(-0.5, 4.1), ylabel="causal response (spikes per pulse, 5–30 ms)")
    axes.tick_params(axis="x", length=0)
    return fig
