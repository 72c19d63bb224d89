"""Writes docs/emulate.md from a finished run of the recipe emulate: python scripts/emulate_page.py RUN."""

import argparse
import json
from pathlib import Path
from typing import Any

from brainwright.runfolder import write_text

from brainwright.recipes._emulate import page
from brainwright.report import markdown_table

Result = dict[str, Any]


def opening(result: Result) -> str:
    """What was run, and the answer."""
    design = result["design"]
    return (
        "# The emulator, with its ceilings\n\n"
        f"Written by `scripts/emulate_page.py` from a run of `brainwright run emulate`: {design['seeds']} "
        f"training seeds, {design['draws']['scarce']} rewired wirings; mean ± sd over seeds. Every figure is "
        "of test data; settings were found on validation data with another seed.\n\n"
        f"**{result['primary']['verdict']}**: {result['answer']}"
    )


def gates(result: Result) -> str:
    """What was asked before the run."""
    rows = [[one["name"], "yes" if one["holds"] else "**no**", one["detail"]] for one in result["checks"]]
    return "## What was asked before the run\n\n" + markdown_table(["asked", "met", "found"], rows)


def lorenz(result: Result) -> str:
    """LZ40: smoothing, forecasts, calibration."""
    return "\n\n".join(
        [
            "## LZ40",
            page.LORENZ_LEAD,
            markdown_table(page.LORENZ_HEADER, page.lorenz_rows(result)),
            "### Calibration of the forecast",
            page.CALIBRATION_WORDS,
            markdown_table(page.CALIBRATION_HEADER, page.calibration_rows(result)),
        ]
    )


def spiking(result: Result) -> str:
    """LIF80: one step ahead through wiring."""
    far = result["lif80_nulls"]
    words = (
        f"True wiring above rewired ones: {far['scarce']['in_sd']:.1f} sd of the rewired with 5 %, "
        f"{far['all']['in_sd']:.1f} sd with all ({result['design']['draws']['all']} wirings alone)."
    )
    return "\n\n".join(["## LIF80", words, markdown_table(page.SPIKING_HEADER, page.spiking_rows(result))])


def sessions(result: Result) -> str:
    """A new session."""
    if result["sessions"] is None:
        return "## A new session\n\nLeft out of this run."
    table = markdown_table(page.SESSION_HEADER, page.session_rows(result["sessions"]))
    return "\n\n".join(["## A new session", page.SESSION_LEAD, table])


SECTIONS = (opening, gates, lorenz, spiking, sessions)


def text(result: Result) -> str:
    """The page."""
    return "\n\n".join(section(result) for section in SECTIONS) + "\n"


def main() -> None:
    """Reads the run and writes the page."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("run", type=Path)
    options.add_argument("--out", type=Path, default=Path(__file__).parents[1] / "docs" / "emulate.md")
    given = options.parse_args()
    result = json.loads((given.run / "result.json").read_text("utf-8"))
    write_text(given.out, text(result))
    print(given.out)


if __name__ == "__main__":
    main()
