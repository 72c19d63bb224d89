"""Pictures of activity: rasters, evoked responses, connectivity."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from brainwright.figures import new_figure
from brainwright.untrusted import label_text, printable

from ..numbers import number
from ..style import (
    BLUE,
    FAINT,
    FULL,
    GREY,
    HALF,
    INK,
    ORANGE,
    SMALL,
    SOFT,
    above_zero,
    diverging,
    panel,
    styled,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from matplotlib.image import AxesImage

Box = tuple[float, float, float, float]
"""Left, top, width, height, in units of the axes."""


def grouped(
    groups: ArrayLike, names: Sequence[str], channels: ArrayLike, rest: str = "–"
) -> tuple[NDArray[np.int64], dict[str, int]]:
    """Channels sorted by the group they are in, for rows of `raster` and `matrix`.

    Args:
        groups: channels of each group, [group, channel].
        names: of the groups.
        channels: all that are shown.
        rest: name of those that are in no group.

    Returns:
        The channels in order, those of no group last; and how many each name has, as `groups` of the figures.
    """
    members = np.asarray(groups, np.int64)
    others = np.setdiff1d(channels, members)
    sizes = dict.fromkeys(names, members.shape[1]) | ({rest: len(others)} if len(others) else {})
    return np.concatenate([members.ravel(), others]), sizes


@styled
def raster(
    time: ArrayLike,
    row: ArrayLike,
    *,
    x: str,
    y: str,
    marked: NDArray[np.bool_] | None = None,
    boxes: Sequence[Box] = (),
    events: Mapping[float, str] | None = None,
    groups: Mapping[str, int] | None = None,
    limits: tuple[float, float] | None = None,
    width: float = HALF,
    height: float = 3.9,
) -> "Figure":
    """One upright tick per spike.

    Args:
        time, row: of every spike, [spike].
        x, y: what the axes are.
        marked: which spikes are coloured, [spike].
        boxes: shaded areas.
        events: when → name: labelled upright lines.
        groups: name → how many rows it has, from the top: thin lines part them, names stand at their middle.
        limits: of the time axis.
        width, height: inches.
    """
    fig, axes = panel(width, height)
    when, place = np.asarray(time, np.float64), np.asarray(row, np.float64)
    chosen = np.zeros(len(when), bool) if marked is None else np.asarray(marked)
    for box in boxes:
        _rectangle(axes, box, facecolor=BLUE, alpha=0.16, lw=0)
    for at, name in (events or {}).items():
        axes.axvline(at, color=SOFT, lw=0.7)
        axes.annotate(
            printable(name), (at, 1), (2, 2), textcoords="offset points", fontweight="bold",
            xycoords=axes.get_xaxis_transform(),
        )  # fmt: skip
    _ticks(axes, when[~chosen], place[~chosen], INK, 0.8)
    _ticks(axes, when[chosen], place[chosen], BLUE, 1.3)
    n_rows = sum((groups or {}).values()) or int(place.max(initial=0)) + 1
    group_axis(axes, groups or {}, "y")
    axes.set(ylim=(n_rows - 0.5, -0.5), xlabel=label_text(x), ylabel=label_text(y))
    if limits is not None:
        axes.set_xlim(*limits)
    return fig


def _ticks(axes: "Axes", x: NDArray[np.float64], y: NDArray[np.float64], colour: str, width: float) -> None:
    """One upright tick per spike, all of them one path, so that the page stays small."""
    gap = np.full(len(x), np.nan)
    xs, ys = np.stack([x, x, gap], 1).ravel(), np.stack([y - 0.42, y + 0.42, gap], 1).ravel()
    axes.plot(xs, ys, color=colour, lw=width, rasterized=len(x) > 4_000)


def group_axis(axes: "Axes", groups: Mapping[str, int], which: str) -> None:
    """Names at the middle of their rows or columns, thin lines between."""
    if not groups:
        return
    ends = np.cumsum(list(groups.values())) - 0.5
    middles = ends - np.array(list(groups.values())) / 2
    (axes.set_yticks if which == "y" else axes.set_xticks)(middles, [printable(name) for name in groups])
    axes.tick_params(axis="y" if which == "y" else "x", length=0)
    for edge in ends[:-1]:
        (axes.axhline if which == "y" else axes.axvline)(edge, color=FAINT, lw=0.5, alpha=0.6)


def _rectangle(axes: "Axes", box: Box, **style: Any) -> None:
    from matplotlib.patches import Rectangle

    axes.add_patch(Rectangle(box[:2], box[2], box[3], **style))


@styled
def responses(
    before: ArrayLike,
    after: ArrayLike,
    names: Sequence[str],
    *,
    outlined: Mapping[int, int] | None = None,
    shaded_ms: float = 0.0,
    until_ms: float = 40.0,
    x: str = "time after the stimulus (ms)",
    y: str = "stimulus",
    title: str = "responding group (spikes per second and electrode)",
) -> "Figure":
    """Evoked responses of every group to every stimulus, before (grey) and after (blue).

    Args:
        before, after: rates in Hz in bins of 1 ms, [stimulus, group, ms].
        names: of the stimuli, and of the groups in the same order.
        outlined: stimulus → group whose cell is outlined.
        shaded_ms: up to when the direct response, which is cut off, is shaded.
        until_ms: end of the time axis.
        x, y, title: what the axes are.
    """
    first, last = np.asarray(before, np.float64), np.asarray(after, np.float64)
    k, smooth = len(names), np.ones(3) / 3
    between = ~np.eye(k, dtype=bool)
    window = slice(round(shaded_ms), round(until_ms))
    top = 1.1 * max(rates[between][:, window].max(initial=0) for rates in (first, last)) + 1e-9
    fig = new_figure(figsize=(FULL, 0.85 * k + 0.8))
    room = 1 / fig.get_figheight()  # one inch
    fig.subplots_adjust(0.09, 0.45 * room, 0.995, 1 - 0.45 * room, wspace=0.08, hspace=0.12)
    cells = fig.subplots(k, k, squeeze=False)  # shared axes would each look at all k^2 at every line
    time_ms = np.arange(first.shape[2])
    ticks_ms, ticks_hz = [0, round(until_ms / 2)], [0, float(f"{top / 1.3:.1g}")]
    for (source, target), axes in np.ndenumerate(cells):
        for rates, colour in ((first, GREY), (last, BLUE)):
            rate = np.convolve(rates[source, target], smooth, "same")
            axes.fill_between(time_ms, rate, color=colour, alpha=0.22, lw=0)
            axes.plot(time_ms, rate, color=colour, lw=1.1)
        axes.axvspan(0, shaded_ms, color=SOFT, alpha=0.16, lw=0)
        axes.set(xlim=(0, until_ms - 1), ylim=(0, top), xticks=ticks_ms, yticks=ticks_hz)
        axes.label_outer()
        wanted = (outlined or {}).get(source) == target
        for spine in axes.spines.values():
            spine.set(visible=True, color=ORANGE if wanted else FAINT, lw=2 if wanted else 0.4)
        if source == 0:
            axes.set_title(printable(names[target]), fontweight="bold")
        if target == 0:
            axes.set_ylabel(printable(names[source]), rotation=0, ha="right", va="center", fontweight="bold")
    fig.supxlabel(printable(x), fontsize=10, y=0.02 * room)
    fig.supylabel(printable(y), fontsize=10)
    fig.suptitle(printable(title), fontsize=10, y=1.0)
    return fig


@styled
def matrix(
    values: ArrayLike,
    *,
    x: str,
    y: str,
    key: str = "",
    columns: Mapping[str, int] | Sequence[str] = (),
    rows: Mapping[str, int] | Sequence[str] = (),
    boxes: Sequence[Box] = (),
    reach: float | None = None,
    write: bool = False,
    from_zero: bool = False,
    box_colour: str = ORANGE,
    width: float = HALF,
    height: float = 4.0,
) -> "Figure":
    """Values around zero as colours: orange above, blue below, nothing at zero.

    Args:
        values: [row, column].
        x, y, key: what the axes and the colours are.
        columns, rows: names, or name → how many it has.
        boxes: outlined areas.
        reach: value of the strongest colour; the largest magnitude by default.
        write: with the figure in every cell.
        from_zero: values below zero cannot come, and the key does not show them.
        box_colour: of the outlines.
        width, height: inches.
    """
    shown = np.asarray(values, np.float64)
    largest = float(np.nanmax(np.abs(shown), initial=0.0)) if reach is None else reach
    fig, axes = panel(width, height)
    image = axes.imshow(
        shown,
        cmap=above_zero() if from_zero else diverging(),
        vmin=0.0 if from_zero else -(largest or 1.0),
        vmax=largest or 1.0,
        interpolation="none",
        aspect="auto",
    )
    for box in boxes:
        _rectangle(axes, box, fill=False, edgecolor=box_colour, lw=1.6)
    if write:
        for (row, column), value in np.ndenumerate(shown):
            axes.text(column, row, number(float(value), sign=True), ha="center", va="center", fontsize=SMALL)
    for which, names in (("x", columns), ("y", rows)):
        groups = names if isinstance(names, Mapping) else dict.fromkeys(names, 1)
        group_axis(axes, groups, which)
    axes.set(xlabel=label_text(x), ylabel=label_text(y))
    axes.spines[:].set(visible=True)
    _key(axes, image, printable(key))
    return fig


def _key(axes: "Axes", image: "AxesImage", name: str) -> None:
    """A scale drawn as an image, so that it keeps the transparent middle."""
    low, high = image.get_clim()
    scale = axes.inset_axes((1.04, 0.0, 0.045, 1.0))
    steps = np.linspace(low, high, 256)[:, None]
    scale.imshow(steps, cmap=image.cmap, extent=(0, 1, low, high), aspect="auto", origin="lower")
    scale.set(xticks=[], ylabel=name)
    scale.yaxis.tick_right()
    scale.yaxis.set_label_position("right")
    scale.spines[:].set(visible=True)
