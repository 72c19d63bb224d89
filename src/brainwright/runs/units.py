"""Finished pieces of work as NPZ files: written whole or not at all, read without pickle, proven whole."""

import json
import re
import zipfile
import zlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from brainwright.errors import UserError

from .files import read_json, write_arrays, write_json
from .values import plain

if TYPE_CHECKING:
    import numpy as np

SETTINGS = "settings.json"
JOINED = ": "
"""Between the name of a set and that of an array, where a unit holds several sets."""
LONGEST = 150
"""Characters of a unit's file name: with a checksum and a scratch name it stays below the 255 of file
systems.
"""


class UnitsError(UserError):
    """Finished work cannot be used; the message says what to do."""


@dataclass(frozen=True)
class Units:
    """The finished pieces of work in a folder, each a set of arrays under a name."""

    folder: Path

    def save(self, name: str, arrays: Mapping[str, Any]) -> None:
        """Writes arrays as the unit `name`."""
        self.folder.mkdir(parents=True, exist_ok=True)
        write_arrays(self._path(name), arrays)

    def load(self, name: str) -> "dict[str, np.ndarray]":
        """The arrays of a finished unit. Raises UnitsError where it is missing or spoiled."""
        import numpy as np

        try:
            with np.load(self._path(name), allow_pickle=False) as file:
                return {key: file[key] for key in file.files}
        except (OSError, ValueError, EOFError, zipfile.BadZipFile, zlib.error) as error:
            raise UnitsError(
                f"{self._path(name)}: expected a finished unit, got: {error}; resume the run to make it again"
            ) from error

    def several(self, names: Iterable[str], keys: Sequence[str] = ()) -> "dict[str, dict[str, np.ndarray]]":
        """Units by name: some of their arrays, or all."""
        loaded = {name: self.load(name) for name in names}
        return {name: {key: arrays[key] for key in keys or arrays} for name, arrays in loaded.items()}

    def parted(self, names: Iterable[str]) -> "dict[str, dict[str, np.ndarray]]":
        """The sets of arrays that were saved together, as `joined`, in these units."""
        sets: dict[str, dict[str, np.ndarray]] = {}
        for arrays in map(self.load, names):
            for place, values in arrays.items():
                name, key = place.split(JOINED, 1)
                sets.setdefault(name, {})[key] = values
        return sets

    def done(self, name: str) -> bool:
        """Whether the unit is there and whole: one that a disk or a copy spoiled is to be made again."""
        try:
            with zipfile.ZipFile(self._path(name)) as file:
                return file.testzip() is None
        except (OSError, zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError):
            return False

    def names(self) -> list[str]:
        """The names of what is there, sorted."""
        return sorted(path.stem for path in self.folder.glob("*.npz"))

    def below(self, name: str) -> "Units":
        """The units in a folder within this one; those of this folder itself where the name is empty."""
        return Units(self.folder / name) if name else self

    def claim(self, settings: Mapping[str, Any]) -> None:
        """Notes on what the results depend. Raises UnitsError where the folder was made with other
        settings.
        """
        asked = json.loads(json.dumps(plain(settings), sort_keys=True))
        path = self.folder / SETTINGS
        if path.exists() and (there := read_json(path)) != asked:
            names = sorted(key for key in {*there, *asked} if there.get(key) != asked.get(key))
            raise UnitsError(f"{self.folder} was made with another {', '.join(names)}: use another folder")
        self.folder.mkdir(parents=True, exist_ok=True)
        if not path.exists():
            write_json(path, asked)

    def _path(self, name: str) -> Path:
        return self.folder / f"{file_name(name)}.npz"


def file_name(name: str) -> str:
    """A name that every file system takes. What is neither letter, digit, point, dash nor equals becomes a
    dash, and a checksum then keeps names apart that would look the same.

    Example:
        >>> file_name("full-adaptive"), file_name("poor/adaptive, 5 %")
        ('full-adaptive', 'poor-adaptive-5-ebfe02a8')
    """
    clean = re.sub(r"[^\w.=+-]+", "-", name, flags=re.ASCII).strip("-.")[:LONGEST]
    return clean if clean == name else f"{clean}-{zlib.crc32(name.encode()):08x}"


def with_prefix(prefix: str, arrays: "Mapping[str, np.ndarray]") -> "dict[str, np.ndarray]":
    """The arrays under longer names, so that several sets fit into one unit."""
    return {f"{prefix}{key}": value for key, value in arrays.items()}


def joined(sets: "Mapping[str, Mapping[str, np.ndarray]]") -> "dict[str, np.ndarray]":
    """Several sets of arrays as one; see `Units.parted`."""
    return {f"{name}{JOINED}{key}": values for name, own in sets.items() for key, values in own.items()}


def of_prefix(prefix: str, arrays: "Mapping[str, np.ndarray]") -> "dict[str, np.ndarray]":
    """The arrays whose names begin with `prefix`, without it."""
    return {key.removeprefix(prefix): value for key, value in arrays.items() if key.startswith(prefix)}
