"""`trials.jsonl`: the numbers of finished trials, a line for each."""

import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

from .metrics import append_line, read_lines
from .units import Units

TRIALS = "trials.jsonl"


class Trial(NamedTuple):
    """One unit of work, with its arm by name."""

    arm: str
    seed: int
    draw: int

    @property
    def unit(self) -> str:
        """Name of the unit that holds its arrays."""
        return f"{self.arm}-{self.seed}-{self.draw}"


class KeptTrials:
    """The finished trials of a folder; settings and arrays lie beside the lines as those of `Units`."""

    def __init__(self, folder: Path) -> None:
        self.path, self.units = folder / TRIALS, Units(folder)

    def read(self) -> dict[Trial, dict[str, float]]:
        """Trials that are whole: what a kill or a disk has spoiled is left out, of what is there twice the
        later counts.
        """
        rows = {}
        for row in filter(_is_trial, read_lines(self.path)):
            trial = Trial(row["arm"], row["seed"], row["draw"])
            if not row.get("arrays") or self.units.done(trial.unit):
                rows[trial] = {name: float(value) for name, value in row["metrics"].items()}
        return rows

    def append(self, trial: Trial, metrics: Mapping[str, float], arrays: Mapping[str, Any]) -> None:
        """Adds one, its arrays first."""
        if arrays:
            self.units.save(trial.unit, arrays)  # before the line: a line promises that its arrays are there
        row = {**trial._asdict(), "metrics": metrics, **({"arrays": True} if arrays else {})}
        append_line(self.path, json.dumps(row))


def _is_trial(row: dict[str, Any]) -> bool:
    metrics = row.get("metrics")
    numbers = isinstance(metrics, dict) and all(type(v) in (int, float) for v in metrics.values())
    numbers = numbers and all(abs(value) <= sys.float_info.max for value in metrics.values())
    return numbers and type(row.get("arm")) is str and type(row.get("seed")) is type(row.get("draw")) is int
