"""Networks that learn what comes next, and what assessors may read of them."""

from .any_subset import Inferred
from .minds import Minds, experience, grown_up
from .readouts import READOUTS, contexts, imagined
from .thinkers import Thinkers, skill, think_ahead

__all__ = ["READOUTS", "Inferred", "Minds", "Thinkers", "contexts", "experience", "grown_up", "imagined"]
__all__ += ["skill", "think_ahead"]
