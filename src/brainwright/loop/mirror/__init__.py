"""One circuit for self and other: when is it shared, and what does sharing do to honesty and help?"""

from .corridor import KINDS, PLACES, STEPS, Ends, lived, situations
from .taught import Arm, Plan, taught

__all__ = ["KINDS", "PLACES", "STEPS", "Arm", "Ends", "Plan", "lived", "situations", "taught"]
