"""Searches the learning rates of the recipe rules: python scripts/rules_rates.py OUT [--boards B ...].

Each arm climbs from the values in `recipes/_rules/lineup.py` on a grid of 1, 3, 10, ..., by the mean accuracy
on held-out training samples, with seeds that are never reported. Finished trainings are kept in OUT and not
repeated. Writes docs/rules_rates.md from all that OUT holds.
"""

import argparse
import json
from functools import partial
from pathlib import Path
from typing import Any

from brainwright.evidence import run_trials
from brainwright.recipes._rules.design import BOARDS, setup_of
from brainwright.recipes._rules.lineup import Arm
from brainwright.recipes._rules.problems import Problem
from brainwright.recipes._rules.rates import Point, climb, named, placed, start
from brainwright.recipes._rules.trial import TUNING_SEEDS, train
from brainwright.recipes.rules import Config
from brainwright.report import markdown_table
from brainwright.runfolder import write_json, write_text

PAGE = Path(__file__).parents[1] / "docs" / "rules_rates.md"


def judged(problem: Problem, arm: Arm, name: str, seed: int, draw: int) -> dict[str, float]:
    """One training, judged by held-out samples."""
    found = train(problem, arm, seed, validate=True, watch=False)
    return {key: found[key] for key in ("accuracy", "diverged")}


def search(board: str, name: str, arm: Arm, out: Path) -> None:
    """Climbs, and keeps what was found."""
    problem, folder = BOARDS[board][0], out / board / name.replace(" ", "-")

    def score(point: Point) -> float:
        tried = named(point)
        own = placed(arm, point)
        settings = {"problem": problem.name, "epochs": problem.epochs, "arm": repr(own)}
        trials = run_trials(
            partial(judged, problem, own),
            [tried],
            TUNING_SEEDS,
            folder=folder / tried.replace(" ", "-"),
            settings=settings,
        )
        accuracy = float(trials.values(tried, "accuracy").mean())
        print(f"{board}: {name}, {tried}: {100 * accuracy:.1f} %", flush=True)
        return accuracy

    best, found = climb(score, start(arm))
    write_json(folder / "found.json", {"best": named(best), "given": named(start(arm)), "tried": found})


def page(out: Path) -> str:
    """What was tried and chosen."""
    parts = [
        "# Learning rates of the recipe `rules`",
        "Written by `scripts/rules_rates.py`. Mean accuracy in % on a fifth of the training samples, held "
        f"out, of trainings with the seeds {' and '.join(map(str, TUNING_SEEDS))}, which are never "
        "reported. Each arm climbs on a grid of 1, 3, 10, ... until no single step is better. The best is "
        "what `recipes/_rules/lineup.py` uses, but where its docstring says otherwise.",
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
    setup = setup_of(Config(boards=tuple(asked.boards)))
    for board in asked.boards:
        for name, arm in setup.arms(board).items():
            if asked.arms is None or name in asked.arms:
                search(board, name, arm, asked.out)
    write_text(PAGE, page(asked.out))
    print(PAGE)


if __name__ == "__main__":
    main()
