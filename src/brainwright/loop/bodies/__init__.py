"""Wirings in many bodies: tasks by name, what stands beside a wiring, and what is left of it without this."""

from .arms import bare, layers, values_of, wired
from .assay import CONTROLS, Lived, controls, filmed, lived
from .tasks import OWN, Task, task_of
from .taught import UNTAUGHT, pooled, taught

__all__ = [
    "CONTROLS",
    "OWN",
    "UNTAUGHT",
    "Lived",
    "Task",
    "bare",
    "controls",
    "filmed",
    "layers",
    "lived",
    "pooled",
    "task_of",
    "taught",
    "values_of",
    "wired",
]
