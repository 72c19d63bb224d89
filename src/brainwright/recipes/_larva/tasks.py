"""The tasks by name."""

from collections.abc import Callable
from functools import cache

from brainwright.datasets.chess import chess_openings
from brainwright.datasets.digits import digits
from brainwright.datasets.images import cifar10_subset, mnist
from brainwright.datasets.tasks import Task

TASKS: dict[str, Callable[[], Task]] = {
    "digits": digits,
    "mnist": mnist,
    "cifar10": cifar10_subset,
    "chess": chess_openings,
}


@cache
def task_of(name: str) -> Task:
    """A task, read once per process."""
    return TASKS[name]()
