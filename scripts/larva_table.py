"""Writes docs/larva.md from a run of the recipe larva: python scripts/larva_table.py RUN [--out FILE].

A run that is not finished gives the tables of the arms that are whole, and says how many are missing.
"""

import argparse
import json
from pathlib import Path

from brainwright.runfolder import open_recipe, restore, write_text

from brainwright.evidence import finished_trials
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
from brainwright.report import markdown_table


def text(run: Path, setup: Setup) -> str:
    """The page."""
    trials, missing = finished_trials(run / "units", setup.arms, setup.seeds)
    reservoirs, lacking = finished_trials(run / "units" / "reservoirs", arms_of(setup), setup.seeds)
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
    parts.append(markdown_table(OVERVIEW, overview_rows(result)))
    if rows := claim_rows(result):
        parts += [
            f"## The claim: {100 * design['claimed']:g} % (Yu et al. 2025)",
            markdown_table(CLAIM_HEADER, rows),
        ]
    if rows := expansion_rows(result):
        parts += ["## Expansion", markdown_table(GROWN_HEADER, rows)]
    for name in design["conditions"]:
        protocol, n = name.split("/")
        parts += [f"## {protocol}, {int(n):,} samples", design["protocols"][protocol].capitalize() + "."]
        parts.append(markdown_table(HEADER, rows_of(name, result)))
    if not lacking:
        part = json.loads(json.dumps(analyse_reservoirs(reservoirs)))
        parts += [f"## As a reservoir, spectral radius {part['judged_alpha']:g}"]
        parts.append(markdown_table(RESERVOIR_HEADER, comparison_rows(part)))
        parts += [
            "## Wiring and weights, two by two",
            markdown_table(TWO_BY_TWO_HEADER, two_by_two_rows(part)),
        ]
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
