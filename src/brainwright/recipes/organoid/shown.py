"""What both pages show of the tissue and of the writes."""

from collections.abc import Mapping
from importlib import resources
from typing import Any

import numpy as np
from numpy.typing import NDArray

from brainwright import report
from brainwright.report import Culture, Finished, Picture, Section, Text
from brainwright.runs import of_prefix

STRETCH = 20  # symbols per picture of writes
Row = Mapping[str, Any]


def metric(row: Row, name: str) -> NDArray[np.float64]:
    """One value per culture."""
    return np.array(row["metrics"][name])


def cultures(run: Finished) -> int:
    """How many there are in each arm."""
    return run.result["primary"]["n"]


def schematic(caption: str) -> Picture:
    """The experiment as a drawing."""
    drawing = resources.files("brainwright.recipes.organoid").joinpath("schematic.svg").read_text("utf-8")
    return Picture(drawing, caption, wide=True)


def looked_into(run: Finished) -> Culture:
    """The culture that is shown before and after, with what it heard and what was written."""
    taught = run.units.load("adaptive")
    return Culture(run.units.load("display"), taught["heard"], taught["written"], run.facts["levels"])


def writes(run: Finished, culture: Culture, rows: Mapping[str, Row], words: Mapping[str, str]) -> Section:
    """Which electrodes were written when, and what the ledger counts."""
    taught = run.units.load("adaptive")
    right = Text(words["plan"].format(right=taught["precision"].mean()), small=True)
    minute, pulses = (of_prefix(prefix, taught) for prefix in ("minute_", "ledger_"))
    ledger = report.dose(pulses, minute, run.facts["limits"], "Dose ledger of the adaptive arm")
    filled = culture.words | {"delay": 1000 * float(culture.display["write_at_s"])}
    lead = words["written"].format(each=culture.electrodes.shape[1], **filled)
    means = {arm: row["means"] for arm, row in rows.items()}
    blocks = [
        report.plan_of_writes(culture, STRETCH),
        right,
        report.dose_per_arm(means, silent="silent"),
        ledger,
    ]
    return Section("The plan of writes", blocks, lead)
