"""The data sets by name."""

import difflib
import json
from functools import cache
from importlib import resources

from brainwright.datasets.catalog_cultures import CULTURES
from brainwright.datasets.catalog_flies import FLIES
from brainwright.datasets.catalog_recordings import RECORDINGS
from brainwright.datasets.catalog_tasks import TASKS
from brainwright.datasets.catalog_worms import WORMS
from brainwright.datasets.entry import Dataset
from brainwright.datasets.errors import DatasetError

ALL = (*WORMS, *FLIES, *RECORDINGS, *CULTURES, *TASKS)


def names() -> list[str]:
    """It returns all names, sorted."""
    return sorted(dataset.name for dataset in ALL)


def dataset(name: str) -> Dataset:
    """It returns the data set of this name, upper and lower case alike.

    Raises:
        DatasetError: no such name; suggests the nearest.
    """
    wanted = str(name).lower()
    for entry in ALL:
        if entry.name.lower() == wanted:
            return entry
    near = nearest(wanted)
    hint = f": did you mean {near!r}?" if near else ": `brainwright data list` shows all"
    raise DatasetError(f"no data set {name!r}{hint}")


def nearest(name: str) -> str | None:
    """It returns the most similar known name, or one that contains it, or None."""
    lower = {entry.lower(): entry for entry in names()}
    close = difflib.get_close_matches(name.lower(), lower, n=1, cutoff=0.5)
    within = [entry for entry in lower if name.lower() in entry or name.lower() in entry.rsplit("/", 1)[-1]]
    near = close or within
    return lower[near[0]] if near else None


@cache
def embedded(file: str) -> dict:
    """It returns a JSON file that ships within the package. Raises `FileNotFoundError` for others."""
    return json.loads(resources.files("brainwright.datasets").joinpath("embedded", file).read_text("utf-8"))
