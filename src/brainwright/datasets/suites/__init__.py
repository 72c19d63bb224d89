"""Generated recordings whose true rates are known, so that a score has a ceiling. NumPy and SciPy alone."""

from brainwright.datasets.suites.library import library_draws, library_smoother
from brainwright.datasets.suites.lif80 import LIF80, lif80
from brainwright.datasets.suites.lz40 import LZ40, lz40

__all__ = ["LIF80", "LZ40", "library_draws", "library_smoother", "lif80", "lz40"]
