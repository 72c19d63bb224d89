"""Wirings in many bodies: tasks by name, what stands beside a wiring, and what is left of it without this."""

from .arms import bare, layers, values_of, wired
from .assay import CONTROLS, Lived, controls, filmed, lived
from .tasks import OWN, Task, task_of

__all__ = [
    "CONTROLS",
    "OWN",
    "Lived",
    "Task",
    "bare",
    "controls",
    "filmed",
    "layers",
    "lived",
    "task_of",
    "values_of",
    "wired",
]
