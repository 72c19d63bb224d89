"""Curiosity: rewards for what is not known yet. Each is a module with `reward` and `loss`."""

from .disagreement import Disagreement
from .icm import ICM
from .rnd import RND

__all__ = ["ICM", "RND", "Disagreement"]
