"""Standard figures: arrays in, a matplotlib figure out, in the style of the page. Names are shown as they
are.
"""

from .curves import Curve, curve_panels, curves, learning
from .notes import staff, written
from .patterns import patterns
from .rows import dots, dumbbells, forest, histogram, joined
from .tissue import grouped, matrix, raster, responses
from .traces import Trace, bands, paths

__all__ = [
    "Curve",
    "Trace",
    "bands",
    "curve_panels",
    "curves",
    "dots",
    "dumbbells",
    "forest",
    "grouped",
    "histogram",
    "joined",
    "learning",
    "matrix",
    "paths",
    "patterns",
    "raster",
    "responses",
    "staff",
    "written",
]
