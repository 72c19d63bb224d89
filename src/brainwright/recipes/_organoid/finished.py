"""A finished run as its folder holds it."""

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from brainwright.runfolder import read_json

from . import units
from .design import arm_name

LONGEST_MARK = 4  # characters


@dataclass(frozen=True, eq=False)
class Finished:
    """What `result.json`, `recipe.json`, `provenance.json` and `units/` say."""

    folder: Path

    @cached_property
    def result(self) -> dict[str, Any]:
        return read_json(self.folder / "result.json")

    @cached_property
    def config(self) -> dict[str, Any]:
        return read_json(self.folder / "recipe.json")["config"]

    @cached_property
    def provenance(self) -> dict[str, Any]:
        return read_json(self.folder / "provenance.json")

    @cached_property
    def display(self) -> units.Unit:
        return self.unit("display")

    @cached_property
    def taught(self) -> units.Unit:
        """The adaptive arm of condition full, with its ledger."""
        return self.unit("full-adaptive")

    def unit(self, name: str) -> units.Unit:
        return units.load(self.folder / "units", name)

    @property
    def levels(self) -> dict[str, Any]:
        return self.result["levels"]

    @property
    def labels(self) -> list[str]:
        """Names of the symbols."""
        return self.levels["labels"]

    @cached_property
    def marks(self) -> list[str]:
        """Names short enough for a figure: letters where some name is long."""
        short = all(len(label) <= LONGEST_MARK for label in self.labels)
        return self.labels if short else list("ABCDEFGH"[: len(self.labels)])

    @property
    def key(self) -> str:
        """What the letters of the figures stand for, as a sentence; empty where they are the names."""
        if self.marks == self.labels:
            return ""
        return " " + ", ".join(f"{a} = {b}" for a, b in zip(self.marks, self.labels, strict=True)) + "."

    @cached_property
    def successor(self) -> NDArray[np.int64]:
        """The symbol taught to follow each."""
        return np.array(self.levels["successor"])

    @property
    def n(self) -> int:
        """Cultures per arm."""
        return self.result["primary"]["n"]

    @property
    def dish(self) -> int:
        """The culture whose taught score is the median one."""
        return int(self.display["dish"])

    @cached_property
    def electrodes(self) -> NDArray[np.int64]:
        """Electrodes of every symbol in that culture, [symbol, electrode]."""
        return self.display["electrodes"][self.dish]

    @property
    def answer_ms(self) -> tuple[int, int]:
        """The window after a symbol in which the decoder reads."""
        start, stop = (round(1000 * float(s)) for s in self.display["after_s"])
        return start, stop

    @property
    def answer_words(self) -> str:
        return "–".join(map(str, self.answer_ms)) + " ms"

    @cached_property
    def conditions(self) -> dict[str, dict[str, Any]]:
        """What was heard, recorded and taught in each condition."""
        return self.result["conditions"]

    def arms(self, condition: str) -> dict[str, dict[str, Any]]:
        """Arms of a condition, in the order of the run."""
        every = self.result["arms"]
        names = dict.fromkeys(key.rpartition("/")[2] for key in every)
        return {arm: every[key] for arm in names if (key := arm_name(condition, arm)) in every}

    def change(self, condition: str, arm: str) -> NDArray[np.float64]:
        return np.array(self.arms(condition)[arm]["values"])

    def comparison(self, arm: str, control: str, metric: str = "successor share") -> dict[str, Any] | None:
        """A comparison that was named before the run."""
        for row in [self.result["primary"], *self.result["comparisons"]]:
            if (row["arm"], row["control"]) == (arm, control) and row["metric"].startswith(metric):
                return row
        return None

    def check(self, name: str) -> dict[str, Any] | None:
        return next((row for row in self.result["checks"] if row["name"] == name), None)
