"""`brainwright run`: does a recipe in a run folder, with progress, and can go on after a stop."""

import contextlib
import subprocess
import sys
import time
from collections.abc import Generator
from pathlib import Path
from typing import Any

import brainwright
from brainwright import runs
from brainwright.cli.cookbook import Recipe, load_recipe, recipe_of, recipes_with
from brainwright.cli.moved import moved
from brainwright.cli.options import Launch, parse
from brainwright.cli.progress import Progress
from brainwright.cli.report import arm_lines, page_of, verdict_lines, write_report
from brainwright.cli.words import UsageError, program
from brainwright.errors import UserError
from brainwright.experiment import Claim, Design, Options
from brainwright.runs import Metrics, StopRequested, Units, provenance

SUMMARY = "do a recipe (default: organoid), or one of your own, and write its report"
DEFAULT = "organoid"


def main(args: list[str]) -> int:
    """Runs or resumes a recipe. Returns 0, or 130 after Ctrl-C with what was finished kept."""
    named = bool(args) and not args[0].startswith("-")
    asked = args[0] if named else DEFAULT
    name, options = moved(asked, args[1:] if named else args)
    stopped = _stopped_run(options)
    if stopped is not None:
        return _resume(stopped, name if named or name != asked else None, options)
    recipe = load_recipe(name)
    config, launch = _parse(recipe, options)
    design = recipe.design(config)  # input that cannot work is refused before anything is written
    folder = runs.create(recipe.name, config, launch.out, **recipe.origin)
    runs.write_json(folder / "provenance.json", _provenance(recipe, config))
    try:
        with _shown(folder, launch.watch):
            return _work(recipe, config, design, folder)
    except UserError:
        _forget(folder)
        raise


def _provenance(recipe: Recipe, config: Options) -> dict[str, Any]:
    return provenance.collect(config, {"sources": recipe.sources})


def _forget(folder: Path) -> None:
    """Takes away what a run wrote that ended before its first unit, so that the folder can be used again."""
    units = folder / "units"
    if _holds_work(units):
        return
    for path in sorted(units.rglob("*"), reverse=True):
        path.rmdir() if path.is_dir() else path.unlink()
    units.rmdir()
    for name in ("recipe.json", "provenance.json", "metrics.jsonl", "live.json", "stop"):
        (folder / name).unlink(missing_ok=True)
    if not any(folder.iterdir()):
        folder.rmdir()


def _holds_work(units: Path) -> bool:
    """It says whether something was finished."""
    return any(path.suffix == ".npz" or _holds_trials(path) for path in units.rglob("*"))


def _holds_trials(path: Path) -> bool:
    """It says whether a file of trials has more than its line of settings."""
    return path.suffix == ".jsonl" and len(path.read_bytes().splitlines()) > 1


def _parse(recipe: Recipe, options: list[str], default: Any = None) -> tuple[Any, Launch]:
    prog = f"{program()} run {recipe.name}"
    examples = f"{prog} --quick | {prog} --seed 7 --out my-run | {program()} run --resume my-run"
    about = f"{recipe.summary}\n\nexamples: {examples}"
    return parse(recipe.config, options, prog, about, default, elsewhere=_elsewhere)


def _elsewhere(option: str) -> str:
    """It says which recipes have an option; nothing where many do, as of one that was mistyped for all."""
    names = recipes_with(option)
    if len(names) == 1:
        return f"; the recipe {names[0]} has it: {program()} run {names[0]} --{option}"
    return f"; the recipes {' and '.join(names)} have it" if len(names) == 2 else ""


def _stopped_run(options: list[str]) -> Path | None:
    """It returns the folder after --resume, which decides the recipe and must be known before its options are
    read.
    """
    for i, word in enumerate(options):
        if word.startswith("--resume="):
            return Path(word.split("=", 1)[1])
        if word == "--resume" and i + 1 < len(options):
            return Path(options[i + 1])
    return None


def _resume(folder: Path, name: str | None, options: list[str]) -> int:
    kept = runs.open_recipe(folder)
    recipe = recipe_of(folder, kept, name)
    config = recipe.options_of(folder, kept)
    wanted, launch = _parse(recipe, options, default=config)
    _refuse_differences(folder, runs.plain(config), runs.plain(wanted))
    if launch.out is not None:
        raise UsageError("expected --out or --resume, got both; a resumed run stays in its folder")
    if kept.get("version") != brainwright.__version__:
        raise UsageError(
            f"{folder} was begun with brainwright {kept.get('version')}, this is "
            f"{brainwright.__version__}; finish it with that version or begin anew"
        )
    if (folder / "result.json").exists():
        print(f"{folder} is finished already.")
        return _finish(recipe, folder)
    design = recipe.design(wanted)
    _note_session(folder, recipe, wanted)
    with _shown(folder, launch.watch):
        return _work(recipe, wanted, design, folder)


def _refuse_differences(folder: Path, kept: dict[str, Any], wanted: dict[str, Any]) -> None:
    """Raises UsageError for an option that differs, except processes, on which no figure depends."""
    for key, value in kept.items():
        if key != "workers" and wanted[key] != value:
            raise UsageError(
                f"{folder} was begun with {key} = {value!r}, got {wanted[key]!r}; "
                "leave the option out to go on, or begin anew without --resume"
            )


def _note_session(folder: Path, recipe: Recipe, config: Options) -> None:
    path = folder / "provenance.json"
    if not path.exists():  # a folder with nothing but a recipe.json is a run to be repeated
        runs.write_json(path, _provenance(recipe, config))
        return
    facts = runs.read_json(path)
    facts["resumed"] = [*facts.get("resumed", []), {"at": provenance.now(), **provenance.commit()}]
    runs.write_json(path, facts)


@contextlib.contextmanager
def _shown(folder: Path, watch: bool) -> Generator[None]:
    """Says where the run lies and how to see it; with `watch` a process of its own shows it, until Ctrl-C."""
    if not watch:
        print(f"Run folder: {folder}   (watch it: {program()} watch {folder})", flush=True)
        yield
        return
    words = [sys.executable, "-m", "brainwright", "watch", str(folder), "--port", "0"]
    with subprocess.Popen(words) as page:
        try:
            yield
            with contextlib.suppress(KeyboardInterrupt):
                page.wait()
        finally:
            page.terminate()


def _work(recipe: Recipe, config: Options, design: Design, folder: Path) -> int:
    from brainwright.experiment.summary import result_of
    from brainwright.experiment.work import run_design

    units = Units(folder / "units")
    units.folder.mkdir(exist_ok=True)
    runs.clear_stop(folder)
    metrics = Metrics(folder, time.monotonic)
    primary = design.primary if isinstance(design.primary, Claim) else design.primary[0]
    metrics.append(event="start", unix_s=time.time(), main=[primary.arm, primary.control])
    try:
        with Progress(metrics) as progress:
            outcomes = run_design(design, units, workers=config.workers, progress=progress)
            result = result_of(design, outcomes, units)
    except KeyboardInterrupt as stop:
        runs.clear_stop(folder)
        metrics.append(event="stopped" if isinstance(stop, StopRequested) else "interrupted")
        print(f"\nStopped. What was finished is kept; go on with: {_resume_words(folder)}")
        return 130
    except UserError as error:
        metrics.append(event="failed", error=f"{type(error).__name__}: {error}")
        if _holds_work(units.folder):
            print(f"\nFailed. What was finished is kept; go on with: {_resume_words(folder)}")
        raise
    except Exception as error:
        metrics.append(event="failed", error=f"{type(error).__name__}: {error}")
        print(f"\nFailed. What was finished is kept in {folder}; go on with: {_resume_words(folder)}")
        raise
    metrics.append(event="end")
    facts = {"recipe": recipe.name, "seconds": round(metrics.elapsed_s(), 1)}
    runs.write_json(folder / "result.json", facts | result | facts)
    return _finish(recipe, folder)


def _finish(recipe: Recipe, folder: Path) -> int:
    page, result = page_of(recipe, folder)
    report = write_report(page, folder)
    print("\n".join([*arm_lines(result), *verdict_lines(result, page.caveats)]))
    print(f"Report: {report}")
    return 0


def _resume_words(folder: Path) -> str:
    return f"{program()} run --resume {folder}"
