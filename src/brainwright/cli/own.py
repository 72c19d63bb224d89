"""A recipe of the user's own: code that runs only because the user named the file."""

import hashlib
import importlib
import importlib.util
import sys
import traceback
from pathlib import Path
from types import ModuleType
from typing import Any

from brainwright.cli.words import UsageError, program
from brainwright.runs import RunFolderError, read_json, write_json

NAMED = "named_recipes.json"


def is_path(name: str) -> bool:
    """It says whether a word names a file or a folder, rather than a recipe that is built in."""
    return name.endswith(".py") or "/" in name or "\\" in name or name in (".", "..")


def load_own(path: Path) -> tuple[str, ModuleType, dict[str, str]]:
    """Imports the recipe at a path: a file with SUMMARY, Config, design and sections, or a folder of
    `__init__.py`, `experiment.py` and `page.py`.

    Returns:
        Its name, its face, and where it lies with the checksum of its code.

    Raises:
        UsageError: there is none, it cannot be imported, or its name is that of another module.
    """
    path = path.resolve()
    face = path / "__init__.py" if path.is_dir() else path
    if not face.is_file() or face.suffix != ".py":
        raise UsageError(f"expected a recipe: a .py file or a folder with __init__.py, got {path}")
    name = path.stem if path.is_file() else path.name
    if not name.isidentifier():
        raise UsageError(
            f"expected a name that Python can import (letters, digits, _), got {name!r}: rename {path}"
        )
    origin = {"path": str(path), "checksum": checksum(path)}
    module = _imported(name, face, path.parent)
    _remember(origin)
    return name, module, origin


def checksum(path: Path) -> str:
    """It is the SHA-256 over the code of a recipe: the file, or every Python file of its folder with its
    place.
    """
    files = [path] if path.is_file() else sorted(path.rglob("*.py"))
    digest = hashlib.sha256()
    for file in files:
        place = file.name if file == path else file.relative_to(path).as_posix()
        digest.update(f"{place}\0{file.stat().st_size}\0".encode() + file.read_bytes())
    return digest.hexdigest()


def again(folder: Path, recipe: dict[str, Any]) -> Path:
    """It returns the path of the recipe that a run folder was made with, to go on with it.

    A run folder may come from anyone. So its recipe is run only where the user has named that very code on
    the command line before, on this machine.

    Raises:
        UsageError: the code has changed since, is gone, or was never named.
    """
    path = Path(str(recipe.get("path")))
    if not path.exists():
        raise UsageError(
            f"{folder} was made with the recipe {path}, which is not there: name it: {_naming(folder)}"
        )
    refuse_changed(folder, recipe, checksum(path))
    if recipe["checksum"] not in _named():
        raise UsageError(
            f"{folder} was made with code that you have not run here: {path}; name it: {_naming(folder)}"
        )
    return path


def refuse_changed(folder: Path, recipe: dict[str, Any], now: str) -> None:
    """Raises UsageError where a recipe is no longer what a run was begun with."""
    if now != recipe.get("checksum"):
        raise UsageError(
            f"{folder} was begun with another version of {recipe.get('path')} (sha256 "
            f"{str(recipe.get('checksum'))[:12]}, now {now[:12]}): restore it to go on, or begin anew"
        )


def _naming(folder: Path) -> str:
    return f"{program()} run PATH --resume {folder}"


def _imported(name: str, face: Path, folder: Path) -> ModuleType:
    """It returns the module, found by its plain name, so that worker processes find it too."""
    importlib.invalidate_caches()
    if str(folder) not in sys.path:
        sys.path.append(str(folder))  # behind everything else: a file beside the recipe replaces no module
    spec = importlib.util.find_spec(name)
    if spec is None or spec.origin is None or Path(spec.origin).resolve() != face:
        taken = getattr(spec, "origin", None) or "Python"
        raise UsageError(f"the name {name!r} is already that of a module ({taken}): rename {face}")
    return import_part(name, face)


def import_part(name: str, file: Path) -> ModuleType:
    """Imports a module of a recipe of one's own. Raises UsageError, one line, for what goes wrong in it."""
    try:
        return importlib.import_module(name)
    except Exception as error:
        last = traceback.extract_tb(error.__traceback__)[-1]
        where = Path(getattr(error, "filename", None) or last.filename).name
        line = getattr(error, "lineno", None) or last.lineno
        raise UsageError(
            f"cannot import the recipe {file}: {type(error).__name__}: {error} ({where}, line {line})"
        ) from error


def _list() -> Path:
    from brainwright.datasets.locate import cache_folder

    return cache_folder() / NAMED


def _named() -> dict[str, Any]:
    """It returns checksum → path of every recipe that was named on this machine."""
    try:
        return read_json(_list())
    except RunFolderError:
        return {}


def _remember(origin: dict[str, str]) -> None:
    named = _named()
    if origin["checksum"] in named:
        return
    try:
        _list().parent.mkdir(parents=True, exist_ok=True)
        write_json(_list(), named | {origin["checksum"]: origin["path"]})
    except OSError:
        pass  # a cache that cannot be written: the recipe must then be named again to go on with a run
