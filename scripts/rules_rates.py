"""Searches the learning rates of the recipe rules: python scripts/rules_rates.py OUT [--boards B ...].

Each arm climbs from the values in `recipes/rules/lineup.py` on a grid of 1, 3, 10, ..., by the mean accuracy
on held-out training samples, with seeds that are never reported. Finished trainings are kept in OUT and not
repeated. Writes docs/rules_rates.md from all that OUT holds.
"""

import argparse
import json
from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

from brainwright.experiment.trials import run_trials
from brainwright.loop import teach
from brainwright.loop.climb import GRID, Point, climb, named, place, value
from brainwright.recipes.rules.experiment import BOARDS, board_of
from brainwright.recipes.rules.lineup import Entry
from brainwright.recipes.rules.problems import Problem
from brainwright.report import markdown_table
from brainwright.runs import write_json, write_text

TUNING_SEEDS = (1000, 1001)
"""Never reported."""
OPTIONS = ("threshold", "plasticity", "decay", "temperature", "strength", "goodness.slope")
"""Of rules; those that are 0, off the grid, or that a rule does not have are not searched."""
PAGE = Path(__file__).parents[1] / "docs" / "rules_rates.md"


def start(entry: Entry) -> Point:
    """Where the search of an entry begins: at what it has now."""
    point = {"rate": place(entry.rate)}
    point |= {f"rate of {group}": place(rate) for group, rate in entry.rates.items() if rate}
    return point | {name: GRID[held] for name, held in options(entry) if held in GRID}


def options(entry: Entry) -> Iterator[tuple[str, float]]:
    """The options of an entry's rule that act like a rate, with their values."""
    for path in OPTIONS:
        held: Any = entry.rule
        for name in path.split("."):
            held = getattr(held, name, None)
        if held is not None:
            yield path, held


def placed(entry: Entry, point: Point) -> Entry:
    """The entry with the values of a point."""
    at = {name: value(where) for name, where in point.items()}
    rate = at.pop("rate")
    rates = {group: at.pop(f"rate of {group}", held) for group, held in entry.rates.items()}
    rule = entry.rule
    for name, held in at.items():
        rule = with_option(rule, name, held)
    return replace(entry, rule=rule, rate=rate, rates=rates)


def with_option(rule: Any, path: str, to: float) -> Any:
    """The rule with another value of an option, which may be that of a part of it."""
    name, _, rest = path.partition(".")
    return replace(rule, **{name: with_option(getattr(rule, name), rest, to) if rest else to})


def judged(problem: Problem, entry: Entry, name: str, seed: int, draw: int) -> dict[str, float]:
    """One training, judged by held-out samples."""
    metrics = teach(problem.lesson(entry, validate=True), seed, entry.rule).metrics
    return {key: metrics[key] for key in ("accuracy", "diverged")}


def search(board: str, name: str, entry: Entry, out: Path) -> None:
    """Climbs, and keeps what was tried."""
    problem, folder = BOARDS[board][0], out / board / name.replace(" ", "-")

    def score(point: Point) -> float:
        tried, there = named(point), placed(entry, point)
        trials = run_trials(
            partial(judged, problem, there),
            [tried],
            TUNING_SEEDS,
            folder=folder / tried.replace(" ", "-"),
            settings={"problem": problem.name, "epochs": problem.epochs, "arm": repr(there)},
        )
        accuracy = float(trials.values(tried, "accuracy").mean())
        print(f"{board}: {name}, {tried}: {100 * accuracy:.1f} %", flush=True)
        return accuracy

    best, scores = climb(score, start(entry))
    write_json(folder / "found.json", {"best": named(best), "given": named(start(entry)), "tried": scores})


def page(out: Path) -> str:
    """What was tried and chosen."""
    parts = [
        "# Learning rates of the recipe `rules`",
        "Written by `scripts/rules_rates.py`. Mean accuracy in % on a fifth of the training samples, held "
        f"out, of trainings with the seeds {' and '.join(map(str, TUNING_SEEDS))}, which are never "
        "reported. Each arm climbs on a grid of 1, 3, 10, ... until no single step is better. The best is "
        "what `recipes/rules/lineup.py` uses, but where its docstring says otherwise.",
    ]
    for board in BOARDS:
        files = [out / board / name.replace(" ", "-") / "found.json" for name in BOARDS[board][1]]
        rows = [
            _row(name, json.loads(file.read_text("utf-8")))
            for name, file in zip(BOARDS[board][1], files, strict=True)
            if file.exists()
        ]
        if rows:
            parts += [
                f"## {board}",
                markdown_table(["rule", "best", "%", "others"], rows),
            ]
    return "\n\n".join(parts) + "\n"


def _row(name: str, found: dict[str, Any]) -> list[str]:
    ranked = sorted(found["tried"].items(), key=lambda item: -item[1])
    others = "; ".join(f"{tried}: {100 * score:.1f}" for tried, score in ranked if tried != found["best"])
    return [name, found["best"], f"{100 * found['tried'][found['best']]:.1f}", others]


def main() -> None:
    """Searches and writes the page."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("out", type=Path)
    parser.add_argument("--boards", nargs="+", choices=list(BOARDS), default=["narrow"])
    parser.add_argument("--arms", nargs="+", help="some of the board's; all by default")
    asked = parser.parse_args()
    for board in asked.boards:
        for name, entry in board_of(board, quick=False)[1].items():
            if asked.arms is None or name in asked.arms:
                search(board, name, entry, asked.out)
    write_text(PAGE, page(asked.out))
    print(PAGE)


if __name__ == "__main__":
    main()
