"""`brainwright report`: writes the page of a finished run anew."""

from pathlib import Path
from types import ModuleType
from typing import Any

from brainwright import runfolder
from brainwright.cli.cookbook import load_recipe
from brainwright.cli.words import UsageError, program
from brainwright.report.html import document
from brainwright.runfolder import RunFolderError
from brainwright.untrusted import printable

SUMMARY = "write the page of a finished run anew"


def main(args: list[str]) -> int:
    """Rewrites report.html from what the run folder holds."""
    if args and args[0] in ("-h", "--help"):
        print(f"usage: {program()} report FOLDER\n\n{SUMMARY}, for example after an update: report.html is")
        print("made from the folder alone, nothing is computed again.")
        return 0
    if len(args) != 1 or args[0].startswith("-"):
        raise UsageError(f"report: expected one run folder, got {' '.join(args) or 'none'}")
    folder = Path(args[0])
    try:
        recipe = load_recipe(str(runfolder.open_recipe(folder)["recipe"]))
        if not (folder / "result.json").exists():
            raise UsageError(
                f"report: {folder} is not finished; go on with: {program()} run --resume {folder}"
            )
        print("\n".join(verdict_lines(runfolder.read_json(folder / "result.json"))))
    except RunFolderError as error:
        raise UsageError(f"report: {error}") from error
    print(f"Report: {write_report(recipe, folder)}")
    return 0


def write_report(recipe: ModuleType, folder: Path) -> Path:
    """Makes report.html of a finished run, atomically. Returns its path."""
    path = folder / "report.html"
    runfolder.write_text(path, document(recipe.SUMMARY, recipe.page(folder)))
    return path


def verdict_lines(result: dict[str, Any]) -> list[str]:
    """The verdict of a `result.json` in one line, and one line for each check that does not hold."""
    try:
        primary = result.get("primary")
        lines = [f"Verdict: {_one_line(primary)}"] if primary else []
        failed = [check for check in result.get("checks", []) if not check.get("holds")]
        lines += [f"Check failed: {check['name']} ({check.get('detail', '')})" for check in failed]
    except (AttributeError, KeyError, TypeError, ValueError, OverflowError) as error:
        raise RunFolderError(
            f"result.json: expected the verdict and checks of a result, got: {error!r}"
        ) from error
    return [printable(line) for line in lines]


def _one_line(comparison: dict[str, Any]) -> str:
    effect = f"{comparison.get('effect', 'effect')} {_number(comparison['effect_size'])}"
    interval = f"[{_number(comparison['ci_low'])}, {_number(comparison['ci_high'])}]"
    return (
        f"{comparison['verdict']}: {comparison['metric']}, {comparison['arm']} against "
        f"{comparison['control']}: {effect} {interval}, n = {comparison['n']}"
    )


def _number(value: float | None) -> str:
    return "undefined" if value is None else f"{value:.2f}"
