"""A run as its folder holds it, finished or not."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from brainwright.runs import Units, read_json
from brainwright.runs.folder import open_recipe
from brainwright.shown import Shown

from .numbers import number, within

Row = dict[str, Any]


@dataclass(frozen=True, eq=False, repr=False)
class Finished(Shown):
    """What `result.json`, `recipe.json`, `provenance.json` and `units/` say.

    Attributes:
        folder: the run folder.
        result: the content of `result.json`, or what a run that goes on would write there now.
        missing: pieces of work that are not done yet; 0 of a finished run.
    """

    folder: Path
    result: Row
    missing: int = 0

    @classmethod
    def read(cls, folder: Path) -> "Finished":
        """A run that has a `result.json`. Raises RunFolderError."""
        return cls(folder, read_json(folder / "result.json"))

    def glance(self) -> dict[str, str]:
        """What it shows of itself: recipe, verdict, failed checks, folder."""
        facts = {"": str(self.result["recipe"])}
        if self.missing:
            facts["not done"] = f"{self.missing} {'piece' if self.missing == 1 else 'pieces'} of work"
        if self.primary is not None:
            row = self.primary
            effect = within(row["ci_low"], row["ci_high"])
            facts["verdict"] = str(row["verdict"])
            facts["primary"] = f"{row['metric']}, {row['arm']} − {row['control']}"
            facts[row["effect"]] = f"{number(row['effect_size'])} {effect}, n {row['n']}"
        failed = [str(row["name"]) for row in self.result["checks"] if not row["holds"]]
        return facts | {"checks that fail": ", ".join(failed) or "none", "folder": str(self.folder)}

    @cached_property
    def recipe(self) -> Row:
        """The content of `recipe.json`."""
        return open_recipe(self.folder)

    @property
    def config(self) -> Row:
        """Its options as plain values."""
        return self.recipe["config"]

    @cached_property
    def provenance(self) -> Row:
        """The content of `provenance.json`; empty where there is none."""
        path = self.folder / "provenance.json"
        return read_json(path) if path.exists() else {}

    @property
    def units(self) -> Units:
        """Its finished work."""
        return Units(self.folder / "units")

    @property
    def facts(self) -> Row:
        """What its design noted for the page."""
        return self.result["facts"]

    @property
    def extra(self) -> Row:
        """What the result holds beside arms, comparisons, gates and checks."""
        return self.result["extra"]

    @property
    def primary(self) -> Row | None:
        """The comparison that is judged; None while its arms are missing."""
        return self.result["primary"]

    @property
    def n(self) -> int:
        """How many units (cultures, seeds, recordings) the primary comparison has in each arm."""
        return self.result["primary"]["n"]

    @property
    def comparisons(self) -> list[Row]:
        """All of them, the primary one first."""
        first = [] if self.primary is None else [self.primary]
        return [*first, *self.result["comparisons"]]

    def arms(self, study: str = "") -> dict[str, Row]:
        """The arms of a study by their own names, in the order of the run."""
        rows = {name: row for name, row in self.result["arms"].items() if row["study"] == study}
        return {_own_name(name, study): row for name, row in rows.items()}

    def against(self, control: str, study: str = "", metric: str | None = None) -> dict[str, Row]:
        """Arm → its comparison with `control`, the first that there is in the metric."""
        rows = {}
        for row in self.comparisons:
            about = row["study"], _own_name(row["control"], study)
            if about == (study, control) and metric in (None, row["metric"]):
                rows.setdefault(_own_name(row["arm"], study), row)
        return rows

    def comparison(self, arm: str, control: str, study: str = "", metric: str | None = None) -> Row | None:
        """One comparison; None where it was not made."""
        return self.against(control, study, metric).get(arm)

    def gates(self, study: str = "") -> dict[str, Row]:
        """Arm → its gate, the first that it has."""
        rows: dict[str, Row] = {}
        for row in self.result["gates"]:
            if row["study"] == study:
                rows.setdefault(row["arm"], row)
        return rows

    def check(self, name: str) -> Row | None:
        """A check by its name."""
        return next((row for row in self.result["checks"] if row["name"] == name), None)


def per_unit(row: Row, metric: str) -> NDArray[np.float64]:
    """One value of a metric per unit of an arm, of those that its design keeps (`Design.arm_metrics`)."""
    return np.array(row["metrics"][metric])


def ranked(arms: Mapping[str, Row]) -> list[str]:
    """Names of arms, the largest mean first."""
    return sorted(arms, key=lambda name: -arms[name]["mean"])


def _own_name(name: str, study: str) -> str:
    return name.removeprefix(f"{study}/") if study else name
