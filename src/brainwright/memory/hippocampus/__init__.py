"""A fast store: codes of few winners, completion among them, and the way back to states."""

from .ca3 import Completion, chance_of_recall, complete, load_of_half
from .dentate import Dentate
from .fast_weights import FastWeights
from .index import LearnedIndex, nearest
from .store import Hippocampus, Recalled

__all__ = [
    "Completion",
    "Dentate",
    "FastWeights",
    "Hippocampus",
    "LearnedIndex",
    "Recalled",
    "chance_of_recall",
    "complete",
    "load_of_half",
    "nearest",
]
