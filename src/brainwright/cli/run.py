"""`brainwright run`: does a recipe in a run folder, with progress, and can go on after a stop."""

import time
from pathlib import Path
from types import ModuleType
from typing import Any

import brainwright
from brainwright import provenance, runfolder
from brainwright.cli.cookbook import load_recipe
from brainwright.cli.options import Launch, parse
from brainwright.cli.progress import Progress
from brainwright.cli.report import verdict_lines, write_report
from brainwright.cli.words import UsageError, program
from brainwright.recipes import InputError
from brainwright.runfolder import Metrics, RunFolderError, StopRequested

SUMMARY = "do a recipe (default: organoid) and write its report"
DEFAULT = "organoid"


def main(args: list[str]) -> int:
    """Runs or resumes a recipe. Returns 0, or 130 after Ctrl-C with what was finished kept."""
    named = bool(args) and not args[0].startswith("-")
    name, options = (args[0], args[1:]) if named else (DEFAULT, args)
    try:
        stopped = _stopped_run(options)
        if stopped is not None:
            return _resume(stopped, name if named else None, options)
        recipe = load_recipe(name)
        config, launch = _parse(recipe, name, options)
        _check(recipe, config)
        folder = runfolder.create(name, config, launch.out)
        facts = getattr(recipe, "PROVENANCE", {})
        runfolder.write_json(folder / "provenance.json", provenance.collect(config, facts))
    except RunFolderError as error:
        raise UsageError(f"run: {error}") from error
    try:
        return _work(recipe, name, config, folder)
    except UsageError:
        _forget(folder)
        raise


def _forget(folder: Path) -> None:
    """Takes away what a run wrote that ended before its first unit, so that the folder can be used again."""
    units = folder / "units"
    if any(units.iterdir()):
        return
    units.rmdir()
    for name in ("recipe.json", "provenance.json", "metrics.jsonl", "live.json", "stop"):
        (folder / name).unlink(missing_ok=True)
    if not any(folder.iterdir()):
        folder.rmdir()


def _parse(recipe: ModuleType, name: str, options: list[str], default: Any = None) -> tuple[Any, Launch]:
    prog = f"{program()} run {name}"
    examples = f"{prog} --quick | {prog} --seed 7 --out my-run | {program()} run --resume my-run"
    return parse(recipe.Config, options, prog, f"{recipe.SUMMARY}\n\nexamples: {examples}", default)


def _check(recipe: ModuleType, config: Any) -> None:
    """Input that cannot work is refused before anything is written."""
    try:
        getattr(recipe, "check", lambda _: None)(config)
    except ValueError as error:
        raise UsageError(f"run: {error}") from error


def _stopped_run(options: list[str]) -> Path | None:
    """The folder after --resume, which decides the recipe and must be known before its options are read."""
    for i, word in enumerate(options):
        if word.startswith("--resume="):
            return Path(word.split("=", 1)[1])
        if word == "--resume" and i + 1 < len(options):
            return Path(options[i + 1])
    return None


def _resume(folder: Path, name: str | None, options: list[str]) -> int:
    kept = runfolder.open_recipe(folder)
    if name not in (None, kept["recipe"]):
        raise UsageError(
            f"run: expected the recipe {kept['recipe']!r} of {folder}, got {name!r}; leave it out"
        )
    name = str(kept["recipe"])
    recipe = load_recipe(name)
    config = runfolder.restore(recipe.Config, kept["config"])
    asked, launch = _parse(recipe, name, options, default=config)
    _refuse_differences(folder, runfolder.plain(config), runfolder.plain(asked))
    if launch.out is not None:
        raise UsageError("run: expected --out or --resume, got both; a resumed run stays in its folder")
    if kept.get("version") != brainwright.__version__:
        raise UsageError(
            f"run: {folder} was begun with brainwright {kept.get('version')}, this is "
            f"{brainwright.__version__}; finish it with that version or begin anew"
        )
    if (folder / "result.json").exists():
        print(f"{folder} is finished already.")
        return _finish(recipe, folder)
    _check(recipe, config)
    _note_session(folder, recipe, config)
    return _work(recipe, name, config, folder)


def _refuse_differences(folder: Path, kept: dict[str, Any], asked: dict[str, Any]) -> None:
    for key, value in kept.items():
        if asked[key] != value:
            raise UsageError(
                f"run: {folder} was begun with {key} = {value!r}, got {asked[key]!r}; "
                "leave the option out to go on, or begin anew without --resume"
            )


def _note_session(folder: Path, recipe: ModuleType, config: Any) -> None:
    path = folder / "provenance.json"
    if not path.exists():  # a folder with nothing but a recipe.json is a run to be repeated
        runfolder.write_json(path, provenance.collect(config, getattr(recipe, "PROVENANCE", {})))
        return
    facts = runfolder.read_json(path)
    facts["resumed"] = [*facts.get("resumed", []), {"at": provenance.now(), **provenance.commit()}]
    runfolder.write_json(path, facts)


def _work(recipe: ModuleType, name: str, config: Any, folder: Path) -> int:
    (folder / "units").mkdir(exist_ok=True)
    runfolder.clear_stop(folder)
    metrics = Metrics(folder, time.monotonic)
    metrics.append(event="start")
    try:
        with Progress(metrics) as progress:
            result = recipe.run(config, folder, progress)
    except KeyboardInterrupt as stop:
        runfolder.clear_stop(folder)
        metrics.append(event="stopped" if isinstance(stop, StopRequested) else "interrupted")
        print(f"\nStopped. What was finished is kept; go on with: {_resume_words(folder)}")
        return 130
    except InputError as error:
        metrics.append(event="failed", error=f"{type(error).__name__}: {error}")
        raise UsageError(f"run: {error}") from error
    except Exception as error:
        metrics.append(event="failed", error=f"{type(error).__name__}: {error}")
        print(f"\nFailed. What was finished is kept in {folder}; go on with: {_resume_words(folder)}")
        raise
    metrics.append(event="end")
    facts = {"recipe": name, "seconds": round(metrics.elapsed_s(), 1)}
    runfolder.write_json(folder / "result.json", facts | result | facts)
    return _finish(recipe, folder)


def _finish(recipe: ModuleType, folder: Path) -> int:
    report = write_report(recipe, folder)
    print("\n".join(verdict_lines(runfolder.read_json(folder / "result.json"))))
    print(f"Report: {report}")
    return 0


def _resume_words(folder: Path) -> str:
    return f"{program()} run --resume {folder}"
