"""The emulator on real recordings: forecasts beside every baseline, the worm's wiring beside rewirings."""

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from brainwright.evidence import Trials, run_trials

from .recording_sets import SETS, has_bci, here

if TYPE_CHECKING:
    from brainwright.recipes.emulate import Config


def run_all(config: "Config", folder: Path, progress: Callable[..., None]) -> dict[str, Any] | None:
    """Every set whose files are here; None where there are none, or the run is not asked for them."""
    if config.recordings == "off" or (config.quick and config.recordings == "auto" and config.data is None):
        return None
    names = ["file"] if config.data is not None else [name for name in SETS if here(name)]
    if not names:
        return None
    from . import recording_priors, recording_results
    from .forecasters import LINEAR

    seeds = list(range(1 if config.quick else config.seeds))
    stages = Stages(config, folder / "units", progress)
    found: dict[str, Any] = {"sets": {}, "seeds": len(seeds)}
    for i, name in enumerate(names):
        share = i / (len(names) + 1)
        linear = stages(f"records-{name}-linear", share, list(LINEAR), [0])
        networks = stages(f"records-{name}-networks", share, recording_results.NETWORKS, seeds)
        found["sets"][name] = recording_results.summary(name, config, linear, networks)
        if name == "worm":
            found["wiring"] = recording_priors.compared(stages, config.quick, seeds)
    if config.data is None and has_bci():
        from .unseen import MODELS

        trials = stages("records-unseen", 0.95, MODELS, seeds)
        found["unseen"] = recording_results.unseen(trials, len(seeds))
    return found


@dataclass(frozen=True)
class Stages:
    """Runs trials of one kind, each kept as it ends."""

    config: "Config"
    units: Path
    progress: Callable[..., None]

    def __call__(
        self,
        kind: str,
        share: float,
        arms: Sequence[str],
        seeds: list[int],
        draws: Mapping[str, int] | int = 1,
    ) -> Trials:
        """Every trial that is not yet there; `share` of the run is done before."""
        self.units.mkdir(parents=True, exist_ok=True)
        self.progress(kind, share)
        return run_trials(
            partial(work, self.config, self.units, kind),
            list(arms),
            seeds,
            draws,
            folder=self.units / kind,
            settings={"seed": self.config.seed, "quick": self.config.quick, "kind": kind},
            workers=self.config.workers or os.cpu_count() or 1,
            progress=lambda part, one, row: self.progress(
                kind, share + 0.2 * part, unit="/".join(map(str, one)), **_brief(row)
            ),
        )


def work(config: "Config", units: Path, kind: str, arm: str, seed: int, draw: int) -> Mapping[str, float]:
    """One trial."""
    import torch

    from brainwright.datasets import recordings

    from . import recording_priors, recording_trials, unseen

    torch.set_num_threads(1)
    if kind == "records-unseen":
        updates = recording_trials.QUICK_UPDATES if config.quick else unseen.UPDATES
        return unseen.trial(recordings.bci(), arm, 1_000 * config.seed + seed, updates)
    if kind == "records-wiring":
        return recording_priors.trial(units, arm, seed, draw)
    return recording_trials.trial(config, units, kind.split("-")[1], arm, seed)


def _brief(row: Mapping[str, float]) -> dict[str, float]:
    return {name: row[name] for name in ("skill", "plain", "history") if name in row}
