"""How figures look: colours that colour-blind readers tell apart (Okabe & Ito 2008), sizes, marks of the
mean.
"""

from collections.abc import Callable, Iterable, Mapping
from functools import wraps
from typing import TYPE_CHECKING, Any, ParamSpec, TypeVar

import numpy as np
from numpy.typing import ArrayLike, NDArray

from brainwright.figures import new_figure
from brainwright.untrusted import printable

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.colors import Colormap
    from matplotlib.figure import Figure

P = ParamSpec("P")
R = TypeVar("R")

PALETTE = ("#1f83c4", "#d9601a", "#009e73", "#8f7ae5", "#d99a00", "#c76aa0", "#a08455", "#4bb0c8")
"""Of lines and dots, in this order; all are seen on light and on dark paper."""
BLUE, ORANGE, GREEN = PALETTE[:3]
INK, GREY, SOFT, FAINT = "#000000", "#8a8f94", "#7d868c", "#9aa3a8"
"""Ink is black here and takes the page's ink there."""
FULL, HALF, THIRD = 9.4, 4.6, 3.2
"""Widths in inches; a half or a third of the page's width fills a telephone's."""
DASHED = (0, (4, 3))
"""Marks that are no data: chance, ceilings, zero."""

SMALL = 9.8
"""Points of the smallest text: with `html.LEAST_SCALE` 10 pixels on the smallest screen."""

STYLE: Any = {
    "font.size": 10,
    "axes.titlesize": 10,
    "axes.labelsize": 10,
    "xtick.labelsize": SMALL,
    "ytick.labelsize": SMALL,
    "axes.linewidth": 0.7,
    "axes.edgecolor": SOFT,
    "xtick.color": SOFT,
    "ytick.color": SOFT,
    "xtick.labelcolor": INK,
    "ytick.labelcolor": INK,
    "xtick.major.width": 0.7,
    "ytick.major.width": 0.7,
    "xtick.major.size": 3,
    "ytick.major.size": 3,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.facecolor": "none",
    "legend.frameon": False,
    "legend.fontsize": SMALL,
    "lines.solid_capstyle": "round",
    "text.parse_math": False,  # a name with dollar signs is a name
}


def styled(draw: Callable[P, R]) -> Callable[P, R]:
    """A figure function that runs in this style and leaves the reader's own settings alone."""

    @wraps(draw)
    def inside(*args: P.args, **kwargs: P.kwargs) -> R:
        import matplotlib as mpl

        with mpl.rc_context():
            mpl.rcdefaults()
            with mpl.rc_context(STYLE):
                return draw(*args, **kwargs)

    return inside


def panel(width: float, height: float) -> tuple["Figure", "Axes"]:
    """A figure with one set of axes; inches. Without pyplot: no window, no global state."""
    fig = new_figure(figsize=(width, height), layout="constrained")
    return fig, fig.add_subplot()


def panels(rows: int, columns: int, width: float, height: float, **options: Any) -> tuple["Figure", Any]:
    """A figure with a grid of axes [row, column]; inches, and options of `Figure.subplots`."""
    fig = new_figure(figsize=(width, height), layout="constrained")
    return fig, fig.subplots(rows, columns, squeeze=False, **options)


def colours(names: Iterable[str], given: Mapping[str, str] | None = None) -> dict[str, str]:
    """A colour for each name: the given one, or the next of the palette, so that a name keeps it in all
    figures that show the same names.
    """
    given = given or {}
    free = [name for name in names if name not in given]
    return dict(given) | {name: PALETTE[k % len(PALETTE)] for k, name in enumerate(free)}


def name_rows(axes: "Axes", names: Iterable[str], paint: Mapping[str, str] | None = None) -> None:
    """Names of rows as labels of the upright axis, in their colours where `paint` gives them."""
    shown = list(names)
    axes.set_yticks(range(len(shown)), [printable(name) for name in shown])
    for label, name in zip(axes.get_yticklabels(), shown, strict=True):
        if paint is not None:
            label.set(color=paint.get(name, SOFT), fontweight="bold")
    axes.tick_params(axis="y", length=0)
    axes.spines["left"].set_visible(False)


def beside(n: int, reach: float = 0.25) -> NDArray[np.float64]:
    """Places of n dots around a row's middle, so that they do not hide one another."""
    return np.linspace(-reach, reach, n) if n > 1 else np.zeros(1)


def level(axes: "Axes", at: float, name: str, *, across: bool = False, side: str = "right") -> None:
    """A labelled line for what is no data, such as chance: upright, or (`across`) lying."""
    (axes.axhline if across else axes.axvline)(at, color=SOFT, lw=0.8, ls=DASHED, zorder=0)
    if not name:
        return
    style: Any = {"fontsize": SMALL, "color": SOFT, "textcoords": "offset points", "annotation_clip": False}
    if across:
        style |= {"xy": (1, at), "xytext": (0, 2), "ha": "right", "va": "bottom"}
        axes.annotate(printable(name), xycoords=axes.get_yaxis_transform(), **style)
    else:
        shift = {"right": -3, "left": 3}[side]
        style |= {"xy": (at, 1), "xytext": (shift, 0), "ha": side, "va": "top"}
        axes.annotate(printable(name), xycoords=axes.get_xaxis_transform(), **style)


WARM = (0.87, 0.36, 0.05)
"""Red, green and blue of what lies above zero."""


def diverging() -> "Colormap":
    """Blue, nothing, orange: zero is transparent, so it reads on light and on dark."""
    from matplotlib.colors import LinearSegmentedColormap

    cold = (0.12, 0.47, 0.78)
    stops = [(0.0, (*cold, 1.0)), (0.5, (*cold, 0.0)), (0.5, (*WARM, 0.0)), (1.0, (*WARM, 1.0))]
    return LinearSegmentedColormap.from_list("change", stops, 512)


def above_zero() -> "Colormap":
    """Nothing to orange: the upper half of `diverging`."""
    from matplotlib.colors import LinearSegmentedColormap

    return LinearSegmentedColormap.from_list("amount", [(0.0, (*WARM, 0.0)), (1.0, (*WARM, 1.0))], 256)


def interval(values: ArrayLike, level: float = 0.95) -> tuple[float, float]:
    """Student's interval of the mean over units."""
    from scipy.special import stdtrit

    row = np.asarray(values, np.float64)
    if len(row) < 2:
        return float(row.mean()), float(row.mean())
    half = stdtrit(len(row) - 1, 0.5 + level / 2) * row.std(ddof=1) / np.sqrt(len(row))
    return float(row.mean() - half), float(row.mean() + half)


def mean_mark(
    axes: "Axes", x: float, values: ArrayLike, colour: str, *, across: bool = False, **more: Any
) -> None:
    """Mean and 95 % interval at position `x`, upright or (`across`) lying."""
    low, high = interval(values)
    mean = float(np.mean(np.asarray(values)))
    place = (mean, x) if across else (x, mean)
    bars: dict[str, Any] = {"xerr" if across else "yerr": [[mean - low], [high - mean]]}
    style = {
        "fmt": "D",
        "color": colour,
        "ms": 5.5,
        "mec": "#ffffff",
        "mew": 0.8,
        "elinewidth": 1.8,
        "zorder": 5,
    }
    axes.errorbar(*place, **bars, **(style | more))


def spread(positions: ArrayLike, least: float) -> NDArray[np.float64]:
    """Positions of labels moved apart to at least `least`, their order and middle kept."""
    wanted = np.asarray(positions, np.float64)
    order = np.argsort(wanted, kind="stable")
    place = wanted[order]
    for _ in range(200):  # each pass halves what is left; labels of a figure are done after a dozen
        gap = least - np.diff(place)
        tight = gap > 1e-9
        if not tight.any():
            break
        push = np.where(tight, gap, 0) / 2
        place[:-1] -= push
        place[1:] += push
    moved = np.empty_like(place)
    moved[order] = place
    return moved
