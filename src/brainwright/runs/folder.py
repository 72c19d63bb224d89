"""A run is a folder that anyone can read without this library: who wrote what, atomically and re-runnably.

`recipe.json` the resolved configuration, `provenance.json` what it ran on, `metrics.jsonl` one line per event
(flushed: the truth after a crash), `units/` finished pieces of work, `result.json`, `report.html`. While it
goes on: `live.json` what it does now, replaced about once a second; `stop` asks it to end.
"""

import datetime
import hashlib
import json
from pathlib import Path
from typing import Any

import brainwright

from .files import RunFolderError, read_json, write_json
from .values import plain

FORMAT_VERSION = 2
"""Of the run folder. 1 had no headline, facts or means in `result.json`, and trials of some recipes
elsewhere.
"""


def create(recipe: str, config: Any, out: Path | None = None, **origin: Any) -> Path:
    """Makes the folder of a new run and writes its `recipe.json`.

    Args:
        recipe: name of the recipe.
        config: its resolved configuration, a dataclass.
        out: the folder; where it is None, `runs/<recipe>-<date>-<hash>` below the current folder.
        origin: where a recipe of the user's own lies, and its checksum.

    Raises:
        RunFolderError: `out` is a file, holds something already, or cannot be made.
    """
    content = {"format_version": FORMAT_VERSION, "recipe": recipe, "version": brainwright.__version__}
    content |= {"config": plain(config), **plain(origin)}
    folder = out if out is not None else _free_folder(recipe, content)
    try:
        if folder.is_dir():
            for leftover in folder.glob(".recipe.json.*.part"):  # of a run that was killed right here
                leftover.unlink()
        if folder.is_file() or (folder.is_dir() and any(folder.iterdir())):
            raise RunFolderError(
                f"expected a new or empty folder, got {folder}, which holds something; "
                f"choose another, or continue that run with --resume {folder}"
            )
        folder.mkdir(parents=True, exist_ok=True)
        write_json(folder / "recipe.json", content)  # first: a folder that was killed here can be resumed
        (folder / "units").mkdir()
    except OSError as error:
        raise RunFolderError(
            f"expected a folder that can be written, got {folder}: {error.strerror}"
        ) from error
    return folder


def _free_folder(recipe: str, content: dict[str, Any]) -> Path:
    digest = hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()[:8]
    date = datetime.datetime.now().strftime("%Y%m%d-%H%M%S")
    first = Path("runs") / f"{recipe}-{date}-{digest}"
    candidates = (first if i == 1 else first.with_name(f"{first.name}-{i}") for i in range(1, 1000))
    return next(folder for folder in candidates if not folder.exists())


def open_recipe(folder: Path) -> dict[str, Any]:
    """The `recipe.json` of a run folder: `recipe`, `version`, `config` and, of a recipe of the user's own,
    `path` and `checksum`. Raises RunFolderError where it is not of this format.
    """
    if not folder.is_dir():
        raise RunFolderError(f"expected a run folder, got {folder}, which is no folder")
    content = read_json(folder / "recipe.json")
    version = content.get("format_version")
    if version != FORMAT_VERSION:
        raise RunFolderError(
            f"{folder}: expected format version {FORMAT_VERSION}, got {version}; "
            f"open it with brainwright {content.get('version')}, which wrote it"
        )
    for key, kind in (("recipe", str), ("config", dict)):
        if not isinstance(content.get(key), kind):
            raise RunFolderError(f"{folder / 'recipe.json'}: expected {key!r} of type {kind.__name__}")
    return content
