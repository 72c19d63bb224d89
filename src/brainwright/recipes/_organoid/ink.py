"""How figures look: one colour per arm throughout (Okabe & Ito 2008, told apart by colour-blind readers)."""

from collections.abc import Callable
from functools import wraps
from typing import TYPE_CHECKING, Any, ParamSpec, TypeVar

import numpy as np
from numpy.typing import ArrayLike, NDArray

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.colors import Colormap
    from matplotlib.figure import Figure

P = ParamSpec("P")
R = TypeVar("R")

ARM = {
    "adaptive": "#1f83c4",
    "oracle": "#009e73",
    "ungraded": "#8f7ae5",
    "yoked": "#d9601a",
    "matched": "#d99a00",
    "silent": "#8a8f94",
    "frozen": "#c76aa0",
    "saline": "#a08455",
}
BEFORE, SOFT, FAINT = "#8a8f94", "#7d868c", "#9aa3a8"
FULL, HALF, THIRD = 9.4, 4.6, 3.2  # inches; a half or a third of the page's width fills a telephone's

STYLE: Any = {
    "font.size": 9.5,
    "axes.titlesize": 9.5,
    "axes.labelsize": 9.5,
    "xtick.labelsize": 8.5,
    "ytick.labelsize": 8.5,
    "axes.linewidth": 0.7,
    "axes.edgecolor": SOFT,
    "xtick.color": SOFT,
    "ytick.color": SOFT,
    "xtick.labelcolor": "#000000",
    "ytick.labelcolor": "#000000",
    "xtick.major.width": 0.7,
    "ytick.major.width": 0.7,
    "xtick.major.size": 3,
    "ytick.major.size": 3,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.facecolor": "none",
    "lines.solid_capstyle": "round",
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
    from matplotlib.figure import Figure

    fig = Figure(figsize=(width, height), layout="constrained")
    return fig, fig.add_subplot()


def diverging() -> "Colormap":
    """Blue, nothing, orange: zero is transparent, so it reads on light and on dark."""
    from matplotlib.colors import LinearSegmentedColormap

    cold, warm = (0.12, 0.47, 0.78), (0.87, 0.36, 0.05)
    stops = [(0.0, (*cold, 1.0)), (0.5, (*cold, 0.0)), (0.5, (*warm, 0.0)), (1.0, (*warm, 1.0))]
    return LinearSegmentedColormap.from_list("change", stops, 512)


def interval(values: ArrayLike, level: float = 0.95) -> tuple[float, float]:
    """Student's interval of the mean over cultures."""
    from scipy.special import stdtrit

    row = np.asarray(values, np.float64)
    half = (
        stdtrit(len(row) - 1, 0.5 + level / 2) * row.std(ddof=1) / np.sqrt(len(row)) if len(row) > 1 else 0.0
    )
    return float(row.mean() - half), float(row.mean() + half)


def mean_mark(
    axes: "Axes", x: float, values: ArrayLike, colour: str, *, across: bool = False, **more: Any
) -> None:
    """Mean and 95 % interval at position `x`, upright or (`across`) lying."""
    low, high = interval(values)
    mean = float(np.mean(np.asarray(values)))
    error = [[mean - low], [high - mean]]
    place = (mean, x) if across else (x, mean)
    bars: dict[str, Any] = {"xerr" if across else "yerr": error}
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
    for _ in range(200):
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
