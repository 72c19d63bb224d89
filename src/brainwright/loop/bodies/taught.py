"""Brains of one body are taught as one tensor, asked afterwards, and described."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from brainwright.errors import UserError

from ..learn import PPO, Brains, learn_together
from .assay import controls, filmed, lived
from .tasks import Task

UNTAUGHT = "untaught"
APART = 100_000
"""Added to the seed of teaching for the episodes in which brains are asked: no brain has met them."""
LEAST_SPREAD = 0.05
"""A twentieth of what teaching brings in a body counts as nothing between brains."""


def taught(
    brains: Brains,
    task: Task,
    how: PPO,
    *,
    steps: int,
    episodes: int,
    series: Sequence[int],
    seed: int,
    shuffled: bool = False,
    whole: bool = False,
    progress: Callable[[float], object] = lambda share: None,
) -> dict[str, np.ndarray]:
    """Mean return on fresh episodes after teaching, [brain], and the learning curve.

    Args:
        brains: changed in place.
        task: their body.
        how: settings of the trainer.
        steps: of teaching, of each brain.
        episodes: in which it is asked.
        series, seed, shuffled: see `learn_together`.
        whole: whether also returns before teaching (`UNTAUGHT`), with the brain's part taken away
            (`CONTROLS`), and a film of the first brain are wanted.
        progress: called with the share that is done.
    """
    asked, told = seed + APART, {}
    if whole:
        told[UNTAUGHT] = lived(brains, task.make, episodes, asked).returns.mean(0)
    teach: dict[str, Any] = {"method": how, "steps": steps, "series": series, "seed": seed}
    at, curve = learn_together(
        brains, task.make, **teach, shuffled=shuffled, progress=lambda done: progress(0.9 * done)
    )
    after = lived(brains, task.make, episodes, asked)
    told |= {"returns": after.returns.mean(0), "steps": at, "curve": curve}
    if whole:
        left = controls(brains, task.make, after, asked)
        told |= {name: returns.mean(0) for name, returns in left.items()}
        told["film"] = film(brains, task)
    return told


def film(brains: Brains, task: Task) -> np.ndarray:
    """Pictures of the first brain, [frame, height, width, 3]; none where what draws them is missing."""
    try:
        return filmed(brains, 0, task.with_pictures())
    except (UserError, AttributeError, ImportError):
        return np.zeros((0, 1, 1, 3), np.uint8)
    except Exception as error:
        if type(error).__name__ != "DependencyNotInstalled":  # of Gymnasium, which may not be here
            raise
        return np.zeros((0, 1, 1, 3), np.uint8)


def pooled(
    returns: Mapping[str, np.ndarray], over: Mapping[str, np.ndarray], untaught: Mapping[str, np.ndarray]
) -> np.ndarray:
    """Mean over bodies of what `returns` are in standard deviations of `over`, from its mean; a body in which
    all come to the same adds 0.

    A deviation counts as at least `LEAST_SPREAD` of the way from the untaught mean: where all learn to do
    what can be done, what is left between them is noise, which would outweigh every other body.
    """
    each = []
    for name, values in returns.items():
        mean, before = over[name].mean(), untaught[name]
        way = abs(mean - before.mean()) if before.size else 0.0
        spread = max(over[name].std(), LEAST_SPREAD * way)
        each.append((values - mean) / spread if spread > 0 else np.zeros_like(values))
    return np.mean(each, axis=0)
