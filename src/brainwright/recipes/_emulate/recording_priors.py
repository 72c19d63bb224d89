"""The worm's wiring as a prior, with and without the latent forecast, among rewired wirings."""

from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from brainwright.datasets import MissingData
from brainwright.evidence import Trials, against_nulls

from . import wiring
from .recording_sets import SETS
from .tasks import by_time

NULL_DRAWS, QUICK_DRAWS = 39, 3
PRIORS = ("none", "free", "biased", "cook", "null")
"""Partners of a worm's neuron: none, all, all but dearer without a synapse, those with one, rewired ones."""
MARGIN = 0.01
"""Difference in skill that counts as none."""


def trial(units: Path, arm: str, seed: int, draw: int) -> dict[str, float]:
    """`arm` is what the coupling is added to and the prior, such as "emulator/cook"."""
    base, prior = arm.split("/")
    return wiring.trial(*_moments(str(units), base, seed), prior, draw)


@cache
def _moments(units: str, base: str, seed: int) -> tuple[dict[str, Any], tuple[str, ...], list[str]]:
    """Sums of every part and animal; `base` is "activity" (no latents) or "emulator"."""
    kind = SETS["worm"]
    tasks = [
        by_time(name, whole, n_seen=kind.n_seen, n_ahead=kind.n_ahead, stride=kind.size.stride)
        for name, whole in kind.load().items()
    ]
    names = wiring.named(tasks)
    kept = dict(np.load(Path(units) / f"records-worm-expected-{seed}.npz")) if base == "emulator" else {}
    parts = {
        part: [
            wiring.moments(
                task,
                kept.get(f"{part}/{task.name}", np.zeros_like(getattr(task, part))),
                getattr(task, part),
                names,
            )
            for task in tasks
        ]
        for part in ("train", "validation", "test")
    }
    return parts, names, [task.name for task in tasks]


def compared(stages: Callable[..., Trials], quick: bool, seeds: list[int]) -> dict[str, Any]:
    """Skill with each prior, and the true wiring among rewired ones, with and without the latent forecast.

    Empty where the connectome is not here.
    """
    try:
        wiring.wiring()
    except MissingData:
        return {}
    n_draws = QUICK_DRAWS if quick else NULL_DRAWS
    made: dict[str, Any] = {"draws": n_draws, "pairs": 0.0}
    for base in ("activity", "emulator"):
        arms = [f"{base}/{prior}" for prior in PRIORS]
        draws = {arm: n_draws if arm.endswith("null") else 1 for arm in arms}
        own = seeds if base == "emulator" else [0]
        trials = stages("records-wiring", 0.8, arms, own, draws)
        real = f"{base}/cook"
        against = against_nulls(trials, real, [f"{base}/null"], "skill", margin=MARGIN)[0]
        made[base] = {
            "skill": {prior: float(trials.values(f"{base}/{prior}", "skill").mean()) for prior in PRIORS},
            "animals": {
                prior: {
                    key.removeprefix("skill@"): float(trials.values(f"{base}/{prior}", key).mean())
                    for key in next(iter(trials.metrics.values()))
                    if key.startswith("skill@")
                }
                for prior in PRIORS
            },
            "nulls": trials.values(f"{base}/null", "skill").mean(1).tolist(),
            "against": against.as_dict(),
        }
        made["pairs"] = float(trials.values(real, "pairs").mean())
    return made
