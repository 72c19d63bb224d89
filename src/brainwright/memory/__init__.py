"""Memory: a window of the present, a fast store, what is worth keeping, forgetting, and methods that learn
one context after another. `loop.sleep` joins it to networks.
"""

from . import forgetting, hippocampus, methods, metrics, salience
from .checking import check_memory
from .context import Context
from .errors import RecallError
from .experiences import Experiences
from .forgetting import Curve
from .gist import Gist, Moments
from .had_back import nearest_r2, told_apart
from .hippocampus import Hippocampus

__all__ = [
    "Context",
    "Curve",
    "Experiences",
    "Gist",
    "Hippocampus",
    "Moments",
    "RecallError",
    "check_memory",
    "forgetting",
    "hippocampus",
    "methods",
    "metrics",
    "nearest_r2",
    "salience",
    "told_apart",
]
