"""A run is a folder that anyone can read without this library: who wrote what, atomically and re-runnably.

`recipe.json` the resolved configuration, `provenance.json` what it ran on, `metrics.jsonl` one line per event
(flushed: the truth after a crash), `units/` finished pieces of work, `result.json`, `report.html`. While it
goes on: `live.json` what it does now, replaced about once a second; `stop` asks it to end.
"""

import contextlib
import dataclasses
import datetime
import hashlib
import json
import math
import os
import types
import typing
from collections.abc import Generator, Mapping
from pathlib import Path
from typing import Any, BinaryIO

import brainwright
from brainwright.untrusted import Fault, Unreadable, parse_json

FORMAT_VERSION = 1
LONGEST_RUN_S = 1e10
"""Three hundred years."""
LARGEST_JSON = 256 << 20
"""Bytes of a JSON file that are taken into memory: results of ours have some megabytes."""
VERDICTS = ("supported", "no difference", "against", "cannot tell")


class RunFolderError(Fault):
    """A run folder cannot be made, resumed or read; the message says what to do."""


@contextlib.contextmanager
def _whole(path: Path) -> Generator[BinaryIO, None, None]:
    """A file to write that takes its name when it is complete, or leaves nothing."""
    temporary = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        with temporary.open("wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)


def write_text(path: Path, content: str) -> None:
    """Writes a text file whole or not at all, also when the process is killed in between."""
    with _whole(path) as file:
        file.write(content.encode("utf-8"))


def write_bytes(path: Path, content: bytes) -> None:
    """Writes bytes whole or not at all."""
    with _whole(path) as file:
        file.write(content)


def write_arrays(path: Path, arrays: Mapping[str, Any]) -> None:
    """Writes NumPy arrays as a compressed NPZ file, whole or not at all."""
    import numpy as np

    with _whole(path) as file:
        np.savez_compressed(file, **arrays)


def write_json(path: Path, value: Any) -> None:
    """Writes plain JSON atomically; see `plain` for what becomes of arrays, paths and NaN."""
    write_text(path, json.dumps(plain(value), indent=1, ensure_ascii=False, allow_nan=False) + "\n")


def read_json(path: Path) -> dict[str, Any]:
    """Reads a JSON object. Raises RunFolderError that names the file: where it is missing, no JSON of finite
    numbers, too deep or too large.
    """
    try:
        if (size := path.stat().st_size) > LARGEST_JSON:
            raise RunFolderError(f"{path}: expected at most {LARGEST_JSON:,} bytes of JSON, got {size:,}")
        value = parse_json(path.read_bytes(), str(path))
    except FileNotFoundError as error:
        raise RunFolderError(
            f"expected {path.name} in {path.parent}, got none; is this a run folder?"
        ) from error
    except OSError as error:
        raise RunFolderError(f"{path}: expected readable JSON, got: {error}") from error
    except Unreadable as error:
        raise RunFolderError(str(error)) from error
    if not isinstance(value, dict):
        raise RunFolderError(f"{path}: expected a JSON object, got {type(value).__name__}")
    return value


def plain(value: Any) -> Any:
    """Turns dataclasses, paths, tuples and NumPy values into JSON types; NaN and infinity become null."""
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {f.name: plain(getattr(value, f.name)) for f in dataclasses.fields(value)}
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    if isinstance(value, Path):
        return str(value)
    if hasattr(value, "tolist"):  # NumPy arrays and scalars, without importing NumPy
        return plain(value.tolist())
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value


def restore(kind: Any, values: Mapping[str, Any]) -> Any:
    """Rebuilds a configuration dataclass from what `plain` made of it.

    Raises:
        RunFolderError: fields that the dataclass does not have, or lacks; values of another type, or which it
            refuses.
    """
    if not isinstance(values, Mapping):
        raise RunFolderError(f"expected the fields of {kind.__name__}, got {values!r:.80}")
    hints = typing.get_type_hints(kind)
    known = {f.name for f in dataclasses.fields(kind)}
    if known != set(values):
        different = ", ".join(sorted(known ^ set(values)))
        raise RunFolderError(f"expected the fields of {kind.__name__}, got a difference in: {different}")
    restored = {name: _restore(hints[name], value) for name, value in values.items()}
    for name, value in restored.items():
        if not _fits(hints[name], value):
            raise RunFolderError(f"{kind.__name__}: expected {name} of type {hints[name]}, got {value!r:.80}")
    try:
        return kind(**restored)
    except (TypeError, ValueError) as error:  # what a configuration refuses when it is made
        raise RunFolderError(f"{kind.__name__}: {error}") from error


def _fits(hint: Any, value: Any) -> bool:
    """Whether a restored value is of the type of its field, as far as JSON can tell."""
    origin, options = typing.get_origin(hint), typing.get_args(hint)
    if hint is Any or isinstance(hint, typing.TypeVar):
        return True
    if origin in (typing.Union, types.UnionType):
        return any(_fits(option, value) for option in options)
    if origin is typing.Literal:
        return any(type(value) is type(option) and value == option for option in options)
    if origin is typing.Annotated:
        return _fits(options[0], value)
    if origin is tuple and isinstance(value, tuple) and options:
        each = [options[0]] * len(value) if options[-1] is Ellipsis else list(options)
        return len(each) == len(value) and all(map(_fits, each, value))
    if origin is list and isinstance(value, list) and options:
        return all(_fits(options[0], item) for item in value)
    if origin is dict and isinstance(value, dict) and options:
        return all(_fits(options[1], item) for item in value.values())
    plain_kind = origin or hint
    if not isinstance(plain_kind, type):
        return True
    if plain_kind is float:  # a whole number is one too; true is none
        return isinstance(value, int | float) and not isinstance(value, bool)
    if plain_kind is int:
        return isinstance(value, int) and not isinstance(value, bool)
    return isinstance(value, plain_kind)


def _restore(hint: Any, value: Any) -> Any:
    origin, options = typing.get_origin(hint), typing.get_args(hint)
    if value is not None and origin in (typing.Union, types.UnionType):
        inner = [option for option in options if option is not type(None)]
        return _restore(inner[0], value) if len(inner) == 1 else value
    if isinstance(value, list) and (origin is tuple or hint is tuple):
        each = options[0] if len(options) == 2 and options[1] is Ellipsis else None
        return tuple(_restore(each, item) for item in value)
    if isinstance(value, str) and isinstance(hint, type) and issubclass(hint, Path):
        return Path(value)
    if isinstance(value, dict) and dataclasses.is_dataclass(hint):
        return restore(typing.cast(type, hint), value)
    return value


def create(recipe: str, config: Any, out: Path | None = None) -> Path:
    """Makes the folder of a new run and writes its `recipe.json`.

    Args:
        recipe: name of the recipe.
        config: its resolved configuration, a dataclass.
        out: the folder; where it is None, `runs/<recipe>-<date>-<hash>` below the current folder.

    Raises:
        RunFolderError: `out` is a file, holds something already, or cannot be made.
    """
    content = {"format_version": FORMAT_VERSION, "recipe": recipe, "version": brainwright.__version__}
    content["config"] = plain(config)
    folder = out if out is not None else _free_folder(recipe, content)
    if folder.is_file() or (folder.is_dir() and any(folder.iterdir())):
        raise RunFolderError(
            f"expected a new or empty folder, got {folder}, which holds something; "
            f"choose another, or continue that run with --resume {folder}"
        )
    try:
        (folder / "units").mkdir(parents=True)
        write_json(folder / "recipe.json", content)
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
    """The `recipe.json` of a run folder, checked for its format. Raises RunFolderError."""
    if not folder.is_dir():
        raise RunFolderError(f"expected a run folder, got {folder}, which is no folder")
    content = read_json(folder / "recipe.json")
    if not (isinstance(content.get("recipe"), str) and isinstance(content.get("config"), dict)):
        raise RunFolderError(f"{folder / 'recipe.json'}: expected the name of a recipe and its config")
    version = content.get("format_version")
    if version != FORMAT_VERSION:
        raise RunFolderError(
            f"{folder}: expected format version {FORMAT_VERSION}, got {version}; "
            f"open it with brainwright {content.get('version')}, which wrote it"
        )
    return content


class StopRequested(KeyboardInterrupt):
    """Somebody asked the run to stop, with the file `stop`."""


def request_stop(folder: Path) -> None:
    """Asks the run in `folder` to end soon and cleanly, so that it can be resumed."""
    (folder / "stop").touch()


def clear_stop(folder: Path) -> None:
    """Takes a request back, such as one that an earlier session has followed."""
    (folder / "stop").unlink(missing_ok=True)


def check_stop(folder: Path) -> None:
    """Raises StopRequested where the run in `folder` was asked to stop."""
    if (folder / "stop").exists():
        raise StopRequested


class Metrics:
    """Appends events to `metrics.jsonl`, one flushed line each, with the seconds the run has worked so far.

    The clock goes on from the last line of an earlier session, so a resumed run knows its total time.
    """

    def __init__(self, folder: Path, clock: typing.Callable[[], float]) -> None:
        self.folder = folder
        self._path = folder / "metrics.jsonl"
        self._clock = clock
        self._start_s = clock() - last_elapsed_s(self._path)

    def elapsed_s(self) -> float:
        """Seconds that all sessions of this run have worked."""
        return self._clock() - self._start_s

    def append(self, **event: Any) -> None:
        """Writes one event."""
        line = json.dumps({"elapsed_s": round(self.elapsed_s(), 3), **plain(event)}, ensure_ascii=False)
        with self._path.open("a+b") as file:
            file.seek(0, os.SEEK_END)
            if file.tell():
                file.seek(-1, os.SEEK_END)
                torn = file.read(1) != b"\n"  # a kill in the middle of a line
                file.write(b"\n" if torn else b"")
            file.write(line.encode() + b"\n")


def read_metrics(folder: Path) -> list[dict[str, Any]]:
    """The events of a run in order; a line torn by a crash is left out."""
    path = folder / "metrics.jsonl"
    events = []
    if not path.is_file():
        return events
    with path.open("rb") as file:  # line by line: only what is kept is in memory
        for line in file:
            try:
                event = parse_json(line, path.name)
            except Unreadable:
                continue
            if isinstance(event, dict):
                events.append(event)
    return events


def last_elapsed_s(path: Path) -> float:
    """Seconds on the last whole line of a `metrics.jsonl`, 0 where there is none."""
    events = read_metrics(path.parent)
    elapsed_s = events[-1].get("elapsed_s", 0.0) if events else 0.0
    if not isinstance(elapsed_s, int | float) or not 0 <= elapsed_s < LONGEST_RUN_S:
        raise RunFolderError(f"{path}: expected elapsed_s in seconds, got {elapsed_s!r:.80}")
    return float(elapsed_s)
