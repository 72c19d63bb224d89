"""One circuit for self and other: when is it shared, and what does sharing do to honesty and help?"""

from .acted import Acted, acted
from .corridor import DRIVES, KINDS, PLACES, SELFISH, STEPS, Ends, lived, situations
from .observer import Observer
from .taught import Arm, Plan, Taught, taught
from .watching import Watcher, tried

__all__ = ["DRIVES", "KINDS", "PLACES", "SELFISH", "STEPS", "Acted", "Arm", "Ends", "Observer", "Plan"]
__all__ += ["Taught", "Watcher", "acted", "lived", "situations", "taught", "tried"]
