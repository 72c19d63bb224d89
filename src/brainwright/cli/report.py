"""`brainwright report`: writes the page of a run anew, as HTML or as Markdown."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from brainwright import runs
from brainwright.cli.words import UsageError, program
from brainwright.runs import RunFolderError, Units
from brainwright.untrusted import printable

if TYPE_CHECKING:
    from brainwright.cli.cookbook import Recipe
    from brainwright.report import Page

SUMMARY = "write the page of a run anew, as HTML or as Markdown"


def main(args: list[str]) -> int:
    """Rewrites report.html from what the run folder holds, or writes the same page as Markdown."""
    if any(arg in ("-h", "--help") for arg in args):
        print(f"usage: {program()} report FOLDER [--markdown FILE]\n")
        print(f"{SUMMARY}, for example after an update: it is")
        print("made from the folder alone, nothing is computed again. Of a run that is not finished it shows")
        print("what is there and says what is missing.\n")
        print("  --markdown FILE  the page as Markdown in FILE, in place of FOLDER/report.html")
        return 0
    from brainwright.cli.cookbook import recipe_of

    folder, markdown = _parse(args)
    recipe = recipe_of(folder, runs.open_recipe(folder))
    page, result = page_of(recipe, folder)
    print("\n".join(verdict_lines(result, page.caveats)))
    print(f"Report: {write_report(page, folder) if markdown is None else write_markdown(page, markdown)}")
    return 0


def _parse(args: list[str]) -> tuple[Path, Path | None]:
    words, markdown = list(args), None
    for k, word in enumerate(words):
        if word == "--markdown":
            if k + 1 >= len(words):
                raise UsageError("expected a file after --markdown, got none")
            markdown = Path(words[k + 1])
            del words[k : k + 2]
            break
        if word.startswith("--markdown="):
            markdown = Path(words.pop(k).split("=", 1)[1])
            break
    if len(words) != 1 or words[0].startswith("-"):
        raise UsageError(f"expected one run folder, got {' '.join(words) or 'none'}")
    return Path(words[0]), markdown


def page_of(recipe: "Recipe", folder: Path) -> "tuple[Page, dict[str, Any]]":
    """It returns the page of a run, and its result; of a run that is not finished what there is of both.

    Raises:
        UsageError: it was made with other options than its recipe has now, which its page could not show.
    """
    from brainwright.report import Finished

    config = recipe.options_of(folder, runs.open_recipe(folder))
    if (folder / "result.json").exists():
        run = Finished.read(folder)
    else:
        from brainwright.experiment.summary import result_of
        from brainwright.experiment.work import outcomes_of

        units = Units(folder / "units")
        design = recipe.design(config)
        outcomes, missing = outcomes_of(design, units)
        run = Finished(folder, result_of(design, outcomes, units), missing)
    return recipe.page(run), run.result


def write_report(page: "Page", folder: Path) -> Path:
    """Writes report.html of a run, whole or not at all. Returns its path."""
    from brainwright.report import document

    path = folder / "report.html"
    runs.write_text(path, document(page))
    return path


def write_markdown(page: "Page", path: Path) -> Path:
    """Writes the page as Markdown, whole or not at all. Returns its path."""
    from brainwright.report import markdown

    runs.write_text(path, markdown(page))
    return path


def verdict_lines(result: dict[str, Any], caveats: Sequence[str] = ()) -> list[str]:
    """It returns the verdict of a `result.json` in one line, with what it is not said without, and one line
    for each check that does not hold.

    Raises:
        RunFolderError: it holds something else.
    """
    try:
        primary = result.get("primary")
        beside = "".join(f" ({caveat})" for caveat in caveats)
        lines = [f"Verdict{beside}: {_one_line(primary)}" if primary else result["headline"]]
        failed = [check for check in result.get("checks", []) if not check.get("holds")]
        lines += [f"Check failed: {check['name']} ({check.get('detail', '')})" for check in failed]
    except (AttributeError, KeyError, TypeError, ValueError, OverflowError) as error:
        raise RunFolderError(
            f"result.json: expected the verdict and checks of a result, got: {error!r}"
        ) from error
    return [printable(line) for line in lines]


MOST_ARMS = 24
"""Lines of the table on the screen: of more arms the report has them all."""


def arm_lines(result: dict[str, Any]) -> list[str]:
    """It returns the arms of the study that decides (of the first where nothing is decided) as a table in
    lines: mean, deviation and number of units of the metric that is judged; nothing where there are none.
    What is compared comes first.

    Raises:
        RunFolderError: it holds something else.
    """
    try:
        primary = result.get("primary") or {}
        arms = result.get("arms", {})
        first = next(iter(arms.values()), {})
        study = (primary or first).get("study", "")
        rows = {name: row for name, row in arms.items() if row.get("study", "") == study}
        judged = {primary.get("arm"), primary.get("control")}
        names = sorted(rows, key=lambda name: name not in judged)
        width = max(map(len, names), default=0)
        metric = str(primary.get("metric", "mean"))
        lines = [f"{'arm':<{width}}  {'mean':>8}  {'sd':>8}  {'n':>4}   ({metric})"] if names else []
        for name in names[:MOST_ARMS]:
            row = rows[name]
            figures = f"{_short(row['mean']):>8}  {_short(row['sd']):>8}  {row['n']:>4}"
            lines.append(f"{name:<{width}}  {figures}")
        more = len(names) - MOST_ARMS
        lines += [f"... and {more} more in the report"] if more > 0 else []
    except (AttributeError, KeyError, TypeError, ValueError, OverflowError) as error:
        raise RunFolderError(f"result.json: expected the arms of a result, got: {error!r}") from error
    return [printable(line) for line in lines]


def _short(value: float | None) -> str:
    """Three figures, so that small metrics show too."""
    return "" if value is None else f"{value:.3g}"


def _one_line(comparison: dict[str, Any]) -> str:
    effect = f"{comparison.get('effect', 'effect')} {_number(comparison['effect_size'])}"
    interval = f"[{_number(comparison['ci_low'])}, {_number(comparison['ci_high'])}]"
    return (
        f"{comparison['verdict']}: {comparison['metric']}, {comparison['arm']} against "
        f"{comparison['control']}: {effect} {interval}, n = {comparison['n']}"
    )


def _number(value: float | None) -> str:
    return "undefined" if value is None else f"{value:.2f}"
