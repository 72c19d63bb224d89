"""Data by name, read: tasks and recordings. Wirings are `Connectome.load(name)`."""

from typing import TYPE_CHECKING

from brainwright.datasets.errors import DatasetError
from brainwright.datasets.registry import dataset

if TYPE_CHECKING:
    from brainwright.datasets.activity import Activity
    from brainwright.datasets.tasks import Task


def load(name: str) -> "Task | dict[str, Activity]":
    """It returns a task (digits, MNIST, ...), or recordings by animal, culture or day.

    Args:
        name: of the data set, as `brainwright data list` has it.

    Raises:
        DatasetError: no such data, or another kind of it; says what reads it.
        MissingData: its files are not here; says where they may lie.

    Example:
        >>> load("digits").train_inputs.shape
        (1437, 64)
    """
    # here, since the room is imported where a device allows NumPy alone
    from brainwright.datasets.named_tasks import TASKS
    from brainwright.datasets.recordings import bci, cultures, reaches, worms

    readers = {
        **TASKS,
        "cifar10_jpeg_subset": TASKS["cifar10"],
        "chess_openings": TASKS["chess"],
        "celegans/calcium_dag2023": worms,
        "mea/charlesworth2015": cultures,
        "monkey/dyer2017": reaches,
        "monkey/golub2018": bci,
    }
    if name in readers:
        return readers[name]()
    known = dataset(name).name
    raise DatasetError(
        f"{known} is no task and no recording: Connectome.load({known!r}) reads a wiring, and "
        f"`brainwright data where {known}` says where its files are"
    )
