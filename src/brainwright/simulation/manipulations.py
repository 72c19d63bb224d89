"""Runs single manipulations of a brain and counts the spikes of the outputs: whole numbers, whose ties are
exact.
"""

import hashlib
import json
import os
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Literal

import numpy as np

from brainwright.runs import Units
from brainwright.simulation.cell_choice import Cells
from brainwright.simulation.fingerprint import settings_of
from brainwright.simulation.whole_brain import WholeBrain

BLOCK = 25
"""Candidates of one unit of work: few enough to lose little by a stop, enough to keep all threads busy."""


class Manipulations:
    """What is done to each candidate, and what it does to the outputs.

    Args:
        brain: with the protocol that all runs share.
        candidates, outputs: as of `screen`.
        kind: "silence" or "activate".
        rate_hz: of an activation.
        duration_s, trials: of every run.
        threads: runs at a time; None for the number of cores.
        keep: where finished counts are kept.
    """

    def __init__(
        self,
        brain: WholeBrain,
        candidates: Sequence[Cells],
        outputs: Cells,
        *,
        kind: Literal["silence", "activate"],
        rate_hz: float | None,
        duration_s: float,
        trials: int,
        threads: int | None,
        keep: Units | None,
    ) -> None:
        self.brain, self.keep = brain, keep
        self.outputs = brain.choose(outputs)
        self.candidates = [brain.choose(candidate) for candidate in candidates]
        self.kind, self.rate_hz, self.trials = kind, rate_hz, trials
        self.steps, self.duration_s = brain.parameters.steps(duration_s), duration_s
        self.threads = threads or os.cpu_count() or 1

    def settings(self) -> dict[str, Any]:
        """What the counts depend on, apart from seeds and nulls."""
        return settings_of(self.brain) | {
            "candidates": [cells.tolist() for cells in self.candidates],
            "outputs": self.outputs.tolist(),
            "kind": self.kind,
            "rate_hz": self.rate_hz,
            "duration_s": self.duration_s,
            "trials": self.trials,
        }

    def effects(
        self,
        brain: WholeBrain,
        which: Iterable[int],
        seed: int,
        name: str,
        progress: Callable[[float], None] = lambda share: None,
    ) -> tuple[np.ndarray, np.ndarray]:
        """It returns the differences to the baseline in spikes, int64 (candidates, trials, outputs), and the
        baseline, int64 (trials, outputs).

        Args:
            brain: this one, or one with the same cells over another wiring.
            which: positions among the candidates.
            seed: of the events.
            name: of the units.
            progress: called with the share done.
        """
        which = list(which)
        with ThreadPoolExecutor(self.threads) as pool:

            def measured(brains: list[WholeBrain]) -> np.ndarray:
                jobs = [(each, trial) for each in brains for trial in range(self.trials)]
                counts = list(pool.map(lambda job: self._counts(job[0], seed, job[1]), jobs))
                return np.array(counts).reshape(len(brains), self.trials, self.outputs.size)

            baseline = self._unit(f"{name}-baseline", lambda: measured([brain]))[0]
            parts = []
            for block in blocks(which):
                manipulated = [self._manipulated(brain, candidate) for candidate in block]
                parts.append(self._unit(unit_name(name, block), lambda m=manipulated: measured(m)))
                progress(sum(map(len, parts)) / len(which))
        return np.concatenate(parts) - baseline, baseline

    def done(self, name: str, which: list[int]) -> bool:
        """Whether all units of these effects are there, so that no brain will be run."""
        if self.keep is None:
            return False
        names = [f"{name}-baseline", *(unit_name(name, block) for block in blocks(which))]
        return all(self.keep.done(each) for each in names)

    def _unit(self, name: str, compute: Callable[[], np.ndarray]) -> np.ndarray:
        if self.keep is None:
            return compute()
        if not self.keep.done(name):
            self.keep.save(name, {"spikes": compute()})
        return self.keep.load(name)["spikes"]

    def _manipulated(self, brain: WholeBrain, candidate: int) -> WholeBrain:
        ids = brain.connectome.ids[self.candidates[candidate]]
        if self.kind == "silence":
            return brain.silence(ids)
        return brain.activate(ids, rate_hz=self.rate_hz)

    def _counts(self, brain: WholeBrain, seed: int, trial: int) -> np.ndarray:
        return brain.trial(self.steps, seed, trial).count()[self.outputs]


def blocks(which: list[int]) -> list[list[int]]:
    """The blocks are the candidates of each unit."""
    return [which[low : low + BLOCK] for low in range(0, len(which), BLOCK)]


def unit_name(name: str, block: list[int]) -> str:
    """A unit of candidates is known by which these are."""
    return f"{name}-{hashlib.sha256(json.dumps(block).encode()).hexdigest()[:12]}"
