"""Writes docs/larva.md from a run of the recipe larva: python scripts/larva_table.py RUN [--out FILE].

A run that is not finished gives the tables of the arms that are whole, and says how many are missing.
"""

import argparse
import json
from pathlib import Path
from typing import Any

from brainwright.evidence import Trials
from brainwright.evidence.trials import Trial
from brainwright.recipes._larva.analysis import analyse
from brainwright.recipes._larva.design import Setup, setup_of
from brainwright.recipes._larva.page import OVERVIEW, overview_rows
from brainwright.recipes._larva.page_reservoirs import (
    HEADER as RESERVOIR_HEADER,
)
from brainwright.recipes._larva.page_reservoirs import (
    TWO_BY_TWO_HEADER,
    comparison_rows,
    two_by_two_rows,
)
from brainwright.recipes._larva.page_tables import (
    CLAIM_HEADER,
    GROWN_HEADER,
    HEADER,
    claim_rows,
    expansion_rows,
    rows_of,
)
from brainwright.recipes._larva.reservoir import arms_of
from brainwright.recipes._larva.reservoir_analysis import analyse_reservoirs
from brainwright.recipes.larva import Config
from brainwright.runfolder import open_recipe, restore, write_text


def whole(path: Path, arms: dict[str, int], seeds: tuple[int, ...]) -> tuple[Trials, int]:
    """Trials of the arms that are complete, and how many trials are missing in all."""
    lines = path.read_text("utf-8").splitlines()[1:] if path.exists() else []
    rows = [json.loads(line) for line in lines if line.endswith("}")]
    found = {Trial(row["arm"], row["seed"], row["draw"]): row["metrics"] for row in rows}
    asked = {arm: [Trial(arm, s, d) for d in range(n) for s in seeds] for arm, n in arms.items()}
    kept = {trial: found[trial] for own in asked.values() if all(t in found for t in own) for trial in own}
    return Trials(kept), sum(trial not in found for own in asked.values() for trial in own)


def markdown(header: list[str], rows: list[list[Any]]) -> str:
    """A table."""
    lines = [header, ["---"] * len(header), *rows]
    return "\n".join("| " + " | ".join(map(str, line)) + " |" for line in lines) + "\n"


def text(run: Path, setup: Setup) -> str:
    """The page."""
    trials, missing = whole(run / "units" / "trials.jsonl", setup.arms, setup.seeds)
    reservoirs, lacking = whole(run / "units" / "reservoirs" / "trials.jsonl", arms_of(setup), setup.seeds)
    result = json.loads(json.dumps(analyse(setup, trials)))
    design = result["design"]
    passes = ", ".join(f"{k} over {int(n):,}" for n, k in design["passes"].items())
    parts = [
        "# The larva, with its controls",
        f"Written by `scripts/larva_table.py` from a run of `brainwright run larva` (seed {setup.seed}): "
        f"{setup.wiring} on {setup.task}, {setup.steps} steps, passes {passes} samples, "
        f"{setup.test_samples:,} test samples, {len(setup.seeds)} training seeds.",
    ]
    if missing:
        total = sum(setup.arms.values()) * len(setup.seeds)
        done = f"{total - missing:,} of {total:,} trials"
        parts.append(f"**The run is not finished: {done}.** Only whole arms are shown.")
    verdict = result["primary"]["verdict"]
    parts += ["## The deciding comparison", f"**{verdict}**: {result['answer']}.", "## Overview"]
    parts.append("Differences in points, 95 % intervals over graphs and training seeds.")
    parts.append(markdown(OVERVIEW, overview_rows(result)))
    if rows := claim_rows(result):
        parts += [
            f"## The claim: {100 * design['claimed']:g} % (Yu et al. 2025)",
            markdown(CLAIM_HEADER, rows),
        ]
    if rows := expansion_rows(result):
        parts += ["## Expansion", markdown(GROWN_HEADER, rows)]
    for name in design["conditions"]:
        protocol, n = name.split("/")
        parts += [f"## {protocol}, {int(n):,} samples", design["protocols"][protocol].capitalize() + "."]
        parts.append(markdown(HEADER, rows_of(name, result)))
    if not lacking:
        part = json.loads(json.dumps(analyse_reservoirs(reservoirs)))
        parts += [f"## As a reservoir, spectral radius {part['judged_alpha']:g}"]
        parts.append(markdown(RESERVOIR_HEADER, comparison_rows(part)))
        parts += ["## Wiring and weights, two by two", markdown(TWO_BY_TWO_HEADER, two_by_two_rows(part))]
    return "\n\n".join(part.strip() for part in parts) + "\n"


def main() -> None:
    """Reads the run and writes the page."""
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("run", type=Path)
    options.add_argument("--out", type=Path, default=Path(__file__).parents[1] / "docs" / "larva.md")
    given = options.parse_args()
    config = restore(Config, open_recipe(given.run)["config"])
    write_text(given.out, text(given.run, setup_of(config)))
    print(given.out)


if __name__ == "__main__":
    main()
