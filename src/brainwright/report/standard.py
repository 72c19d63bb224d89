"""The page that every run has: verdict and warnings, the recipe's own sections, comparisons, gates, checks,
limits, and where it comes from.
"""

import shlex
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from .finished import Finished, Row
from .markdown import markdown
from .numbers import number
from .page import Block, Code, Details, Items, Mark, Page, Points, Section, Strong, Table, Text
from .words import words_in

LONG = 12
"""Rows of comparisons from which on they are shown when asked for."""
QUICK = "Few and small: to see that all works, not to measure."


def standard_page(
    summary: str, run: Finished, sections: Sequence[Section], limits: str, defaults: Mapping[str, Any]
) -> Page:
    """A page from what a run holds.

    Args:
        summary: the recipe in a line.
        run: the run.
        sections: the recipe's own.
        limits: what the run is not, in sentences; paragraphs are parted by empty lines.
        defaults: the recipe's options without any given, so that the command is short.
    """
    result, primary = run.result, run.primary
    verdict = primary["verdict"] if primary else "not finished" if run.missing else "no verdict"
    own = [comparisons(run), gates(run), checks(run), _limits(limits)]
    page = Page(
        title=f"{run.recipe['recipe']}: {summary}",
        verdict=verdict,
        headline=result["headline"],
        answer=result["answer"],
        opening=warnings(run),
        sections=[*sections, *(section for section in own if section is not None)],
        caveats=caveats(run.config, result),
    )
    return replace(page, sections=[*page.sections, *glossary(page, result["arms"]), origin(run, defaults)])


def caveats(config: Mapping[str, Any], result: Row) -> list[str]:
    """What a verdict is never said without: that the run was quick, that a check does not hold."""
    failed = any(not row.get("holds") for row in result.get("checks", ()))
    return ["quick run"] * bool(config.get("quick")) + ["read with care"] * failed


def glossary(page: Page, arms: Iterable[str]) -> list[Section]:
    """What the words mean that a page and its arms use in a sense of their own."""
    rows = [(Strong(word), means) for word, means in words_in(markdown(page), ", ".join(arms)).items()]
    told = f"{len(rows)} {'word' if len(rows) == 1 else 'words'} explained"
    return [Section("Words", [Details(told, [Table(["", ""], rows)])])] if rows else []


def warnings(run: Finished) -> list[Block]:
    """A quick run, a run that is not finished, checks that do not hold, what was assumed of the user's input
    (`notes` of the design's facts).
    """
    shown: list[Block] = []
    if run.missing:
        pieces = "1 piece of work is" if run.missing == 1 else f"{run.missing:,} pieces of work are"
        told = f"{pieces} missing; the page shows the arms that are whole."
        shown.append(Text([Mark("not finished"), told]))
    if run.config.get("quick"):
        shown.append(Text([Mark("quick run"), QUICK]))
    failed = [row["name"] for row in run.result["checks"] if not row["holds"]]
    if failed:
        shown.append(Text([Mark("read with care"), f"Checks that do not hold: {'; '.join(failed)}."]))
    if notes := run.facts.get("notes"):
        shown.append(Text([Mark("your input"), f"{'; '.join(notes)}."]))
    return shown


HEADER = (
    *("arm", "against", "effect", "95 % interval", "d_z", "percentile"),
    *("p", "p of equivalence", "n", "verdict", "why"),
)
"""Of comparisons: p is that of a rank among nulls, corrected; that of equivalence is small where two are the
same.
"""


def comparisons(run: Finished) -> Section | None:
    """Every comparison that was named before the run, a table for each metric."""
    rows = run.comparisons
    if not rows:
        return None
    tables = [
        Table(
            HEADER,
            [_comparison(row) for row in rows if row["metric"] == metric],
            f"{metric}: {_kinds(rows, metric)}",
        )
        for metric in dict.fromkeys(row["metric"] for row in rows)
    ]
    blocks: list[Block] = [Details(f"all {len(rows)}", tables)] if len(rows) > LONG else list(tables)
    return Section("All comparisons", blocks, "Named before the run, the primary one first.")


def _kinds(rows: Sequence[Row], metric: str) -> str:
    """How effects of a metric are measured, each once."""
    return ", ".join(dict.fromkeys(row["effect"] for row in rows if row["metric"] == metric))


def _comparison(row: Row) -> list[Any]:
    points = Points.of(row, digits=_digits(row))
    value, interval = ("", "") if points is None else points.parts()
    d_z = row.get("d_z")
    ranked, same = row.get("p_holm"), (row.get("equivalence") or {}).get("p")
    return [
        row["arm"],
        row["control"],
        value,
        interval,
        "" if d_z is None else number(d_z["value"]),
        "" if row.get("percentile") is None else f"{row['percentile']:.0f}",
        *("" if p is None else f"{p:.2g}" for p in (ranked, same)),
        row["n"],
        Mark(row["verdict"]),
        row.get("why", ""),
    ]


def _digits(row: Row) -> int:
    """So many that three figures of the effect and of its interval's width are seen."""
    ends = [row[key] for key in ("effect_size", "ci_low", "ci_high") if row.get(key) is not None]
    largest = max((abs(end) for end in ends), default=0.0)
    return 2 if largest >= 1 else 3 if largest >= 0.1 else 4


def gates(run: Finished) -> Section | None:
    """What single arms had to reach."""
    rows = [
        [_full_name(row), row["asked"], Points.of(row, digits=3), Mark(row["verdict"])]
        for row in run.result["gates"]
    ]
    table = Table(["arm", "asked", "reached", ""], rows)
    blocks: list[Block] = [Details(f"all {len(rows)}", [table])] if len(rows) > LONG else [table]
    lead = "Fixed before the run. Void: what is had for nothing leaves no room for them."
    return Section("Gates", blocks, lead) if rows else None


def _full_name(row: Row) -> str:
    return f"{row['study']}/{row['arm']}" if row["study"] else row["arm"]


def checks(run: Finished) -> Section | None:
    """What must hold for the comparisons to mean something."""
    rows = [
        [row["name"], Mark("holds" if row["holds"] else "does not hold"), row.get("detail", "")]
        for row in run.result["checks"]
    ]
    return Section("Checks", [Table(["check", "", "found"], rows)]) if rows else None


def _limits(limits: str) -> Section | None:
    paragraphs = [Text(part.strip()) for part in limits.split("\n\n") if part.strip()]
    return Section("What this run is not", paragraphs) if paragraphs else None


def origin(run: Finished, defaults: Mapping[str, Any]) -> Section:
    """What ran, on what, from which sources, and how to do it again."""
    facts, result = run.provenance, run.result
    commit = (facts.get("commit") or "unknown")[:12]
    clean = {True: "", False: ", with uncommitted changes"}.get(facts.get("clean"), "")
    packages = ", ".join(f"{name} {version}" for name, version in (facts.get("packages") or {}).items())
    took = f"{result['seconds']:.0f} s on " if "seconds" in result else ""
    rows = [
        ("brainwright", f"{facts.get('brainwright', 'unknown')}, commit {commit}{clean}"),
        ("recipe", _recipe(run)),
        ("started", facts.get("started", "unknown")),
        ("took", f"{took}{facts.get('cores', '?')} cores, {facts.get('device', 'cpu')}"),
        ("python", f"{facts.get('python', '?')} on {facts.get('platform', '?')}; {packages}"),
        ("configuration", ", ".join(f"{name} {value}" for name, value in shown(run.config).items())),
        *(("ledger", f"{name} ends with {head}") for name, head in (facts.get("ledgers") or {}).items()),
    ]
    blocks: list[Block] = [Table(["", ""], [[Strong(name), value] for name, value in rows])]
    if sources := facts.get("sources"):
        blocks.append(Section("Sources", [Items(sources)]))
    words = (
        "The same seed gives the same figures. The page alone is made anew from the run folder, with nothing "
        "computed again."
    )
    again = f"{command(run.recipe, defaults)}\nbrainwright report FOLDER"
    blocks.append(Section("Repeat this run", [Text(words), Code(again)]))
    return Section("Where this comes from", blocks)


def _recipe(run: Finished) -> str:
    recipe = run.recipe
    if "checksum" not in recipe:
        return recipe["recipe"]
    return f"{recipe['recipe']}, of your own: {Path(recipe['path']).name}, sha256 {recipe['checksum'][:16]}"


def shown(config: Mapping[str, Any]) -> dict[str, Any]:
    """What was configured; of a file its name alone, since its place says nothing to another reader."""
    return {name: _value(value) for name, value in config.items() if value not in (None, [], "")}


def _value(value: Any) -> Any:
    if isinstance(value, list):
        return " ".join(map(str, value))
    return Path(value).name if isinstance(value, str) and "/" in value and Path(value).suffix else value


def command(recipe: Row, defaults: Mapping[str, Any]) -> str:
    """The command line that makes this run: what differs from the defaults."""
    options = []
    for name, value in shown(recipe["config"]).items():
        if value != _value(defaults.get(name)):
            option = f"--{name.replace('_', '-')}"
            words = [option] if value is True else [option, *map(shlex.quote, str(value).split())]
            options += words if value is not False else [f"--no-{name.replace('_', '-')}"]
    which = Path(recipe["path"]).name if "checksum" in recipe else recipe["recipe"]
    return " ".join(["brainwright run", which, *options])
