"""Classification tasks by the names that experiments call them."""

import difflib
from collections.abc import Callable

from brainwright.datasets.chess import chess_openings
from brainwright.datasets.digits import digits
from brainwright.datasets.errors import DatasetError
from brainwright.datasets.images import cifar10_subset, mnist
from brainwright.datasets.tasks import Task

TASKS: dict[str, Callable[[], Task]] = {
    "digits": digits,
    "mnist": mnist,
    "cifar10": cifar10_subset,
    "chess": chess_openings,
}
"""Only the digits ship with the package."""


def named_task(name: str) -> Task:
    """It returns the task of a name, read anew.

    Raises:
        DatasetError: no such task; names those that there are.
        MissingData: its files are not here; says where they may lie.

    Example:
        >>> named_task("digits").train_inputs.shape
        (1437, 64)
    """
    if name not in TASKS:
        near = difflib.get_close_matches(str(name), TASKS, n=1)
        hint = f"; did you mean {near[0]!r}?" if near else ""
        raise DatasetError(f"expected a task of {', '.join(TASKS)}, got {name!r}{hint}")
    return TASKS[name]()
