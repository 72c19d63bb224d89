"""All trials of the run, each kept as it ends."""

import os
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from brainwright.evidence import Trials, run_trials

from .design import NULLS, SEEDLESS, SHARES, SPIKING, TRAINED, Setup

if TYPE_CHECKING:
    from brainwright.recipes.emulate import Config


@dataclass(frozen=True, eq=False)
class Found:
    """Trials of LZ40 (arms that run once apart), of LIF80 (rewired wirings apart), and of new sessions."""

    seedless: Trials
    trained: Trials
    spiking: Trials
    rewired: Trials
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
                name, share + 0.2 * part, unit="/".join(map(str, one)), **brief(metrics)
            ),
            **options,
        )

    wirings = {f"{amount}/{kind}": setup.draws[amount] for amount in SHARES for kind in NULLS}
    arms = [arm for amount in SHARES for kind in SPIKING if (arm := f"{amount}/{kind}") not in wirings]
    return Found(
        seedless=stage("LZ40: regressions", "seedless", 0.0, arms=SEEDLESS, seeds=[0]),
        trained=stage("LZ40: networks", "trained", 0.2, arms=TRAINED, seeds=setup.seeds),
        spiking=stage("LIF80", "spiking", 0.4, arms=arms, seeds=setup.seeds),
        rewired=stage(
            "LIF80, rewired", "rewired", 0.6, arms=[*wirings], seeds=setup.seeds[:1], draws=wirings
        ),
        sessions=stage("a new session", "sessions", 0.8, arms=["session"], seeds=list(range(setup.sessions)))
        if setup.sessions
        else None,
    )


def work(setup: Setup, units: Path, kind: str, arm: str, seed: int, draw: int) -> Mapping[str, float]:
    """One trial."""
    import torch

    from . import lorenz, sessions, spiking

    torch.set_num_threads(1)
    if kind in ("spiking", "rewired"):
        return spiking.trial(setup, arm, seed, draw)
    if kind == "sessions":
        return sessions.trial(setup, seed)
    return lorenz.trial(setup, units, arm, seed)


def brief(metrics: Mapping[str, float]) -> dict[str, float]:
    """What is worth a line in the log: no single horizons."""
    return {name: value for name, value in metrics.items() if not name.startswith("fp_at_")}
