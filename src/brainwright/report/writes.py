"""What was written to tissue in the course of teaching."""

from collections.abc import Mapping

from brainwright.runs import of_prefix

from .culture import TAUGHT, Culture, plan_of_writes
from .dose import dose, dose_per_arm
from .finished import Finished, Row
from .page import Section, Text

STRETCH = 20
"""Symbols of each of the two stretches that are drawn: as many as a row of squares has room for."""


def writes(run: Finished, culture: Culture, arms: Mapping[str, Row], words: Mapping[str, str]) -> Section:
    """Which electrodes were written when, and what the ledger counts.

    Args:
        run: whose `facts` hold the `limits` of the dose, and whose arm `adaptive` was kept in full.
        culture: of which the plan is shown.
        arms: of which the table tells the dose, "silent" among them.
        words: `written`, which leads the section, and `plan`; `{delay}`, `{each}`, `{dish}`, `{key}` and
            `{right}` in them are filled in.
    """
    taught = run.units.load(TAUGHT)
    right = Text(words["plan"].format(right=taught["precision"].mean()), small=True)
    minute, pulses = (of_prefix(prefix, taught) for prefix in ("minute_", "ledger_"))
    ledger = dose(pulses, minute, run.facts["limits"], f"Dose ledger of the {TAUGHT} arm")
    filled = culture.words | {"delay": 1000 * float(culture.display["write_at_s"])}
    lead = words["written"].format(each=culture.electrodes.shape[1], **filled)
    means = {arm: row["means"] for arm, row in arms.items()}
    blocks = [plan_of_writes(culture, STRETCH), right, dose_per_arm(means, silent="silent"), ledger]
    return Section("The plan of writes", blocks, lead)
