"""Every reader of files, lines and plans of strangers: sound inputs to begin with, and what it may raise."""

import random
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

Writer = Callable[[random.Random, Path], Path]
"""Writes one changed input into a folder and says where."""


@dataclass(frozen=True)
class Target:
    """A reader under attack.

    Args:
        name: for reports.
        prepare: makes the sound inputs in a folder, once, and gives what writes changed ones.
        read: takes what was written.
        documented: exceptions that the reader's docstring names.
    """

    name: str
    prepare: Callable[[Path], Writer]
    read: Callable[[Path], object]
    documented: Callable[[], tuple[type[BaseException], ...]]


def targets(*, wrong: bool = False) -> dict[str, Target]:
    """All of them by name; those whose package is not installed are left out. `wrong` adds one that is."""
    import of_arrays
    import of_folders
    import of_hdf5
    import of_tables
    import of_words
    import of_wrongs

    found: dict[str, Target] = {}
    for part in (of_tables, of_arrays, of_hdf5, of_folders, of_words, *([of_wrongs] if wrong else [])):
        for target in part.targets():
            assert target.name not in found
            found[target.name] = target
    return found


def changing(seeds: list[bytes], change: Callable[..., bytes], name: str) -> Writer:
    """A writer of one file: a seed, changed."""
    others = tuple(seeds)

    def write(r: random.Random, folder: Path) -> Path:
        path = folder / name
        path.write_bytes(change(r, r.choice(seeds), others))
        return path

    return write
