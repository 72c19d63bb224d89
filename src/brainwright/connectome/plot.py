"""One figure for a wiring diagram: adjacency by pool, degrees, weights, and where the cells lie."""

import io
from pathlib import Path

import numpy as np

from brainwright.connectome.errors import ConnectomeError
from brainwright.connectome.paths import ends
from brainwright.connectome.statistics import degrees
from brainwright.figures import new_figure
from brainwright.runs import write_bytes
from brainwright.untrusted import figure_text

POOL_ORDER = ("sensory", "internal", "output")
COLOURS = {"sensory": "#1b9e77", "internal": "#7570b3", "output": "#d95f02", "": "#666666"}
PIXELS = 400
"""Of the picture of the adjacency, on a side: about as many as its panel has (4 inches at 150 a piece)."""


def plot(connectome, path=None, *, by: str = "pool", space: tuple[str, str] | None = None):
    """It shows the adjacency (post × pre, cells ordered by `by` and then by out-degree), and the
    distributions of degrees and weights.

    Args:
        connectome: any.
        path: where to write the figure (PNG, SVG, PDF by its suffix), whole or not at all; not written where
            None.
        by: cell column that orders the adjacency; unordered where absent.
        space: two cell columns, such as ("x_um", "y_um"), for a fourth panel; taken where positions exist.

    Returns:
        the Matplotlib figure, on no screen.

    Raises:
        ConnectomeError: no cells, or a suffix of `path` that is no figure format.
    """
    if connectome.n_cells == 0:
        raise ConnectomeError("there are no cells to plot")
    space = space or _axes(connectome)
    figure = new_figure(figsize=(12 if space is None else 16, 4), layout="constrained")
    panels = figure.subplots(1, 3 if space is None else 4)
    _adjacency(panels[0], connectome, by)
    draw_degrees(panels[1], connectome)
    _weights(panels[2], connectome)
    if space is not None:
        _space(panels[3], connectome, space)
    figure.suptitle(figure_text(repr(connectome)), fontsize=10)
    if path is not None:
        _write(figure, Path(path))
    return figure


def order(connectome, by: str) -> tuple[np.ndarray, list[tuple[str, int]]]:
    """It returns the cells sorted by group, then by falling out-degree; and the groups with their sizes."""
    out = degrees(connectome)[0] if connectome.kinds != ("electrical",) else np.zeros(connectome.n_cells, int)
    if by not in connectome.cells:
        return np.argsort(-out, kind="stable"), [("", connectome.n_cells)]
    group = connectome.cells[by].astype(object).where(connectome.cells[by].notna(), "").astype(str).to_numpy()
    names = [name for name in POOL_ORDER if name in group] + sorted(set(group) - set(POOL_ORDER))
    rank = np.array([names.index(name) for name in names])
    code = np.searchsorted(np.array(sorted(names)), group)
    code = rank[[names.index(name) for name in sorted(names)]][code]
    return np.lexsort((-out, code)), [(name, int((group == name).sum())) for name in names]


def _adjacency(panel, connectome, by: str) -> None:
    cells, groups = order(connectome, by)
    n = connectome.n_cells
    place = np.empty(n, np.int64)
    place[cells] = np.arange(n)
    bins = min(n, PIXELS)
    pre, post = ends(connectome)
    image, _, _ = np.histogram2d(place[post], place[pre], bins=bins, range=[[0, n], [0, n]])
    panel.imshow(np.log1p(image), cmap="Greys", extent=(0, n, n, 0), interpolation="nearest", aspect="equal")
    at = 0
    for name, size in groups:
        panel.axhline(at, lw=0.4, color="#1f78b4")
        panel.axvline(at, lw=0.4, color="#1f78b4")
        if size >= n / 30 and name:
            panel.text(
                at + size / 2, -n * 0.01, figure_text(name), ha="center", va="bottom", fontsize=6, rotation=30
            )
        at += size
    panel.set(xlabel="presynaptic cell", ylabel="postsynaptic cell")


def draw_degrees(panel, connectome) -> None:
    """It draws the share of cells with at least so many partners, out and in, into axes."""
    for values, name in zip(degrees(connectome), ("out", "in"), strict=True):
        _tail(panel, values, name)
    panel.set(xlabel="degree", ylabel="share of cells with at least this", xscale="log", yscale="log")
    if panel.lines:
        panel.legend(frameon=False)


def _weights(panel, connectome) -> None:
    for kind in connectome.kinds:
        _tail(panel, connectome.edges_of(kind).count, kind)
    unit = "synapses" if connectome.unit == "count" else "weight"
    panel.set(
        xlabel=f"{unit} per edge", ylabel="share of edges with at least this", xscale="log", yscale="log"
    )
    if panel.lines:
        panel.legend(frameon=False, fontsize=7)


def _tail(panel, values, label: str) -> None:
    """It draws the complementary cumulative distribution over positive values."""
    level, count = np.unique(np.asarray(values)[np.asarray(values) > 0], return_counts=True)
    if level.size:
        share = np.cumsum(count[::-1])[::-1] / len(values)
        panel.plot(
            level,
            share,
            label=figure_text(label),
            drawstyle="steps-pre",
            marker="." if level.size < 3 else None,
        )


def _axes(connectome) -> tuple[str, str] | None:
    for pair in (("x_um", "y_um"), ("u", "v")):
        if all(name in connectome.cells for name in pair):
            return pair
    return None


def _space(panel, connectome, space: tuple[str, str]) -> None:
    cells = connectome.cells
    pool = cells["pool"].astype(object).where(cells["pool"].notna(), "") if "pool" in cells else None
    colour = "#666666" if pool is None else [COLOURS.get(name, "#666666") for name in pool]
    panel.scatter(cells[space[0]], cells[space[1]], s=2, c=colour, linewidths=0)
    panel.set(xlabel=figure_text(space[0]), ylabel=figure_text(space[1]), aspect="equal")


def _write(figure, path: Path) -> None:
    """Writes beside the target and moves it there."""
    buffer = io.BytesIO()
    form = path.suffix.lstrip(".").lower() or "png"
    if form not in figure.canvas.get_supported_filetypes():
        raise ConnectomeError(f"{path.name}: no figure format {form!r}: use .png, .svg or .pdf")
    figure.savefig(buffer, format=form, dpi=150)
    path.parent.mkdir(parents=True, exist_ok=True)
    write_bytes(path, buffer.getvalue())
