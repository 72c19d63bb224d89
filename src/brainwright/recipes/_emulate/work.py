"""All trials of the run, each kept as it ends."""

import os
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from brainwright.evidence import Trials, run_trials

from .design import NULLS, SHARES, SPIKING, TRAINED, UNTRAINED, Setup

if TYPE_CHECKING:
    from brainwright.recipes.emulate import Config


@dataclass(frozen=True, eq=False)
class Found:
    """Trials of LZ40 (baselines without random values apart), of LIF80, and of new sessions."""

    untrained: Trials
    trained: Trials
    spiking: Trials
    sessions: Trials | None


def run_all(setup: Setup, config: "Config", folder: Path, progress: Callable[..., None]) -> Found:
    """Every trial that is not yet there."""
    workers = config.workers or os.cpu_count() or 1
    units = folder / "units"
    units.mkdir(parents=True, exist_ok=True)

    def stage(name: str, kind: str, share: float, **options) -> Trials:
        progress(name, share)
        return run_trials(
            partial(work, setup, units, kind),
            folder=units / kind,
            settings=asdict(setup),
            workers=workers,
            progress=lambda part, one, metrics: progress(
                name, share + 0.25 * part, unit="/".join(map(str, one)), **brief(metrics)
            ),
            **options,
        )

    arms = [f"{amount}/{kind}" for amount in SHARES for kind in SPIKING]
    draws = {arm: setup.draws if arm.split("/")[1] in NULLS else 1 for arm in arms}
    return Found(
        untrained=stage("LZ40: regressions", "untrained", 0.0, arms=UNTRAINED, seeds=[0]),
        trained=stage("LZ40: networks", "trained", 0.25, arms=TRAINED, seeds=setup.seeds),
        spiking=stage("LIF80", "spiking", 0.5, arms=arms, seeds=setup.seeds, draws=draws),
        sessions=stage("a new session", "sessions", 0.75, arms=["session"], seeds=list(range(setup.sessions)))
        if setup.sessions
        else None,
    )


def work(setup: Setup, units: Path, kind: str, arm: str, seed: int, draw: int) -> Mapping[str, float]:
    """One trial."""
    import torch

    from . import lorenz, sessions, spiking

    torch.set_num_threads(1)
    if kind == "spiking":
        return spiking.trial(setup, arm, seed, draw)
    if kind == "sessions":
        return sessions.trial(setup, seed)
    return lorenz.trial(setup, units, arm, seed)


def brief(metrics: Mapping[str, float]) -> dict[str, float]:
    """What is worth a line in the log: no single horizons."""
    return {name: value for name, value in metrics.items() if not name.startswith("fp_at_")}
