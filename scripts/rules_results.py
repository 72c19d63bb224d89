"""Writes docs/rules_results.md from runs of the recipe rules: python scripts/rules_results.py RUN [RUN ...].

Runs may hold different boards; a board of two runs is taken from the first. Arms that are not finished on all
seeds are left out and counted, and gates are judged on what is there.
"""

import argparse
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from brainwright.evidence import Trials, finished_trials
from brainwright.recipes._rules import gates
from brainwright.recipes._rules.analysis import arms_of, comparisons_of
from brainwright.recipes._rules.design import BOARDS, Setup, setup_of
from brainwright.recipes._rules.lineup import EXACT, FLOOR
from brainwright.recipes._rules.page import HEADER, TITLES, board_rows
from brainwright.recipes.rules import Config
from brainwright.report import markdown_table
from brainwright.runfolder import open_recipe, restore, write_text

OUT = Path(__file__).parents[1] / "docs" / "rules_results.md"
LEGEND = (
    "Mean accuracy on test samples in %, [95 % interval over seeds], and the standard deviation over seeds. "
    "*Earlier*: an independent implementation in numpy, measured before. *Over the readout alone*: points, "
    "paired by seed, [95 % interval]. *Cosine*: of the update of all hidden parameters with the exact "
    "gradient of the same batch, in the middle and at the end of training. *Angle*: degrees between weights "
    "and feedback weights at the end. *Gate*: fixed before the run; *lead* is in points over the readout "
    "alone. *Passes*: measured time of an update over that of a forward pass, while other work ran. *kB*: "
    "held from the forward pass to the update, the rule's own state included. Rates: `docs/rules_rates.md`."
)


@dataclass(frozen=True)
class Part:
    """One board of one run: what is finished."""

    board: str
    setup: Setup
    trials: Trials
    missing: int


def parts_of(run: Path) -> list[Part]:
    """The boards of a run of which the floor and the gradient are there."""
    setup = setup_of(restore(Config, open_recipe(run)["config"]))
    found = []
    for board in setup.boards:
        arms = dict.fromkeys(setup.arms(board), 1)
        found.append(Part(board, setup, *finished_trials(run / "units" / board, arms, setup.seeds)))
    return [part for part in found if {EXACT, FLOOR} <= set(part.trials.arms)]


def section(part: Part) -> str:
    """A board in Markdown."""
    board, trials, setup = part.board, part.trials, part.setup
    judged = gates.judged(board, trials)
    arms = arms_of(trials)
    result = {
        "arms": {f"{board}/{name}": row for name, row in arms.items()},
        "comparisons": comparisons_of(board, trials),
        "gates": {board: judged},
        "earlier": {board: dict(gates.EARLIER.get(board, {}))},
    }
    title, lead = TITLES[board]
    lines = [
        f"## {board}: {title}",
        f"{lead} {len(setup.seeds)} seeds ({', '.join(map(str, setup.seeds))}), "
        f"{setup.problem(board).schedule}.",
        judged["words"],
        markdown_table([*HEADER[:2], "sd", *HEADER[2:]], spread(board_rows(board, result), arms)),
    ]
    if part.missing:
        lines.append(f"**Not finished: {part.missing} trainings are missing; their arms are left out.**")
    lost = {name: row["diverged"] for name, row in arms.items() if row["diverged"]}
    if lost:
        lines.append("Diverged: " + ", ".join(f"{name} {n} times" for name, n in lost.items()) + ".")
    if reasons := setup.unsupported(board):
        lines.append(
            "Cannot teach this network: " + "; ".join(f"{n}: {why}" for n, why in reasons.items()) + "."
        )
    return "\n\n".join(line for line in lines if line)


def spread(rows: list[list[object]], arms: dict[str, dict[str, Any]]) -> list[list[object]]:
    """Rows with the standard deviation over seeds beside the accuracy."""
    return [[*row[:2], f"{100 * arms[str(row[0])]['sd']:.1f}", *row[2:]] for row in rows]


def overview(parts: list[Part]) -> str:
    """One line per board."""
    rows = []
    for part in parts:
        own = gates.judged(part.board, part.trials)["rows"]
        counts = [sum(row["verdict"] == word for row in own.values()) for word in ("met", "missed", "void")]
        exact, floor = (100 * part.trials.values(name, "accuracy").mean() for name in (EXACT, FLOOR))
        missed = ", ".join(name for name, row in own.items() if row["verdict"] != "met")
        rows.append([part.board, f"{exact:.1f}", f"{floor:.1f}", *counts, missed])
    header = [
        "board",
        "backpropagation",
        "readout alone",
        "gates met",
        "missed",
        "void",
        "which were not met",
    ]
    return markdown_table(header, rows)


def text(runs: list[Path]) -> str:
    """The page. Raises SystemExit where no board is far enough."""
    found: dict[str, Part] = {}
    for part in (part for run in runs for part in parts_of(run)):
        found.setdefault(part.board, part)
    if not found:
        raise SystemExit(f"no board with {EXACT} and {FLOOR} on all seeds in {', '.join(map(str, runs))}")
    parts = [found[board] for board in BOARDS if board in found]
    head = "# Learning rules: results"
    made = "Written by `scripts/rules_results.py` from runs of `brainwright run rules`."
    return "\n\n".join([head, made, LEGEND, overview(parts), *map(section, parts)]) + "\n"


def main() -> None:
    """Reads the runs and writes the page."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    options.add_argument("runs", type=Path, nargs="+")
    options.add_argument("--out", type=Path, default=OUT)
    given = options.parse_args()
    write_text(given.out, text(given.runs))
    print(given.out)


if __name__ == "__main__":
    main()
