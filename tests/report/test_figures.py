"""Standard figures: they are drawn from arrays, say what they show, and leave the reader's settings alone."""

import matplotlib as mpl
import numpy as np
import pytest

from brainwright.report import figure_svg, figures
from brainwright.report.figures import Curve, Trace
from brainwright.report.style import PALETTE, colours, interval, spread

RNG = np.random.default_rng(0)
UNITS = {"taught": RNG.normal(1, 0.1, 6), "sham": RNG.normal(0, 0.1, 6)}
LINES = {f"rule {k}": Curve(range(5), RNG.normal(size=5)) for k in range(10)}
DRAWN = {
    "dots": lambda: figures.dots(UNITS, x="score", levels={"chance": 0.2}, band=(0.9, 1.1), line=1.0),
    "one dot": lambda: figures.dots({"alone": [1.0]}, x="score"),
    "dumbbells": lambda: figures.dumbbells({n: (v - 1, v) for n, v in UNITS.items()}, x="score"),
    "joined": lambda: figures.joined(UNITS, y="score", limits=(-1, 2)),
    "forest": lambda: figures.forest([("a", 0.1, -0.1, 0.3), ("b", 0.2, None, None)], x="gain", margin=0.1),
    "histogram": lambda: figures.histogram({"pit": RNG.random(100)}, x="transform", flat=1.0),
    "curves": lambda: figures.curves(LINES, x="time", y="score", levels={"zero": 0.0}),
    "bars": lambda: figures.curves({"a": Curve.of_units(range(3), RNG.random((6, 3)))}, x="n", y="score"),
    "panels": lambda: figures.curve_panels({"one": LINES, "two": LINES}, x="time", y="score", log_x=True),
    "raster": lambda: figures.raster(
        RNG.random(50), RNG.integers(0, 8, 50), x="time", y="cell", marked=RNG.random(50) < 0.5,
        boxes=[(0, 0, 0.1, 2)], events={0.5: "A"}, groups={"A": 4, "B": 4},
    ),
    "responses": lambda: figures.responses(
        RNG.random((2, 2, 50)), RNG.random((2, 2, 50)), ["A", "B"], outlined={0: 1}, shaded_ms=6
    ),
    "matrix": lambda: figures.matrix(
        RNG.normal(size=(2, 3)), x="to", y="from", key="spikes", columns=["a", "b", "c"], rows={"A": 2},
        boxes=[(-0.5, -0.5, 1, 1)], write=True,
    ),
    "bands": lambda: figures.bands(
        {"unit 1": {"truth": Trace(np.arange(5)), "model": Trace(np.arange(5), np.zeros(5), np.ones(5))}},
        x="bin", y="count", ticks={"unit 1": [1, 2]}, line=2.5,
    ),
    "paths": lambda: figures.paths(
        {"a": RNG.random((2, 9, 2)), "b": RNG.random((2, 9, 2))}, x="x", y="z", split=5
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", DRAWN)
def test_a_figure_is_drawn_the_same_each_time_and_changes_no_setting(name):
    before = dict(mpl.rcParams)
    draw = DRAWN[name]
    first = figure_svg(draw())
    assert "<svg" in first
    assert "viewBox" in first[: first.index(">")]
    assert dict(mpl.rcParams) == before


def test_names_and_figures_are_seen():
    svg = figure_svg(DRAWN["dumbbells"]())
    for words in ("taught", "sham", "score", "+1.00 [+1.00, +1.00]"):
        assert words in svg
    assert "counts as nothing: ±0.1" in figure_svg(DRAWN["forest"]())


def test_ten_lines_can_be_told_apart():
    fig = DRAWN["curves"]()
    drawn = {(line.get_color(), line.get_linestyle()) for line in fig.axes[0].get_lines()[1:]}
    assert len(drawn) == 10


def test_a_name_keeps_its_colour():
    both = colours(["a", "b", "c"], {"b": "#123456"})
    assert both == {"b": "#123456", "a": PALETTE[0], "c": PALETTE[1]}


def test_the_interval_is_students():
    from scipy import stats

    values = RNG.normal(size=9)
    wanted = stats.t.interval(0.95, 8, values.mean(), stats.sem(values))
    assert interval(values) == pytest.approx(wanted)
    assert interval([3.0]) == (3.0, 3.0)


def test_labels_are_moved_apart_in_their_order():
    places = spread([1.0, 1.01, 0.99, 3.0], 0.5)
    assert np.diff(np.sort(places)).min() >= 0.5 - 1e-6
    assert np.argsort(places).tolist() == [2, 0, 1, 3]
    assert places.mean() == pytest.approx(np.mean([1.0, 1.01, 0.99, 3.0]))


def test_logarithmic_axes_have_numbers_as_labels():
    for x, wanted in (([100, 1_000, 10_000], "1,000"), ([1e-8, 1e-3, 1.0], "1e−06")):
        grid = {"one": {"a": Curve(x, [1.0, 2.0, 3.0])}}
        svg = figure_svg(figures.curve_panels(grid, x="samples", y="score", log_x=True))
        assert wanted in svg
        assert "mathdefault" not in svg
