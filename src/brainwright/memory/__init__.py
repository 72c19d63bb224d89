"""Memory: a window of the present, a fast store, what is worth keeping, forgetting, and methods that learn
one context after another. `loop.sleep` joins it to networks.
"""

from . import forgetting, hippocampus, metrics, salience
from .context import Context
from .errors import RecallError
from .experiences import Experiences
from .forgetting import Curve
from .hippocampus import Hippocampus

__all__ = [
    "Context",
    "Curve",
    "Experiences",
    "Hippocampus",
    "RecallError",
    "forgetting",
    "hippocampus",
    "metrics",
    "salience",
]
