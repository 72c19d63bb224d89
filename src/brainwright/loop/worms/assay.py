"""What taught worms do on a plate, and what is left of it without this or that."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray

from brainwright.world import Plate
from brainwright.world.plate import ZONE_CM as ZONE

from ..learn import Policy
from ..learn.through import acted
from .circuits import LAW
from .taught import Plan

FRAMES = 100
"""Places that are kept of a worm: one in five seconds of the assay."""
CONTROLS = (
    "no gradient",
    "another worm's nose",
    "smell shuffled in time",
    "brain silenced",
    "turn held constant",
    "turns shuffled in time",
)


class Lived(NamedTuple):
    """What each brain's worms came to; see `Plate` for the two indices."""

    plate: NDArray[np.float64]
    """(worms at the peak - worms at its mirror image) / all, [brain]."""
    trajectory: NDArray[np.float64]
    """Mean over worms, each cut off at 0, [brain]."""
    tracks: NDArray[np.float32]
    """[frame, worm, brain, 2] in cm."""
    turns: NDArray[np.float32]
    """[step, worm, brain] in rad/s."""
    smelled: NDArray[np.float32]
    """ON and OFF, [step, worm, brain, 2]; nothing where turns were given."""


Sense = Callable[[int, NDArray[np.float32]], NDArray[np.float32]]


@torch.no_grad()
def lived(
    policy: Policy,
    plan: Plan,
    seed: int,
    *,
    field: str = LAW.field,
    sense: Sense | None = None,
    turns: NDArray[np.float32] | None = None,
) -> Lived:
    """The assay: every brain in as many worms, with the same headings.

    Args:
        policy: of all brains.
        plan: how many worms, and how long.
        seed: of the first worm; the others follow it.
        field: of the plate.
        sense: (step, observations [worm, brain, 3]) → what the brain is given of them.
        turns: [step, worm, brain] that are made in place of the brain's.
    """
    n, worms, law = policy.needed, plan.worms, replace(LAW, field=field, duration_s=plan.duration_s)
    plate = Plate([seed + k for k in range(worms) for _ in range(n)], law)
    products, state = policy.network.products(), policy.network.rest(worms)
    every, tracks, made, smelled = max(1, law.n_steps // FRAMES), [], [], []
    for step in range(law.n_steps):
        if turns is None:
            seen = plate.observe().reshape(worms, n, 3)
            smelled.append(seen[..., :2].copy())
            given = seen if sense is None else sense(step, seen)
            told, state = acted(policy, torch.from_numpy(np.ascontiguousarray(given)), state, products)
            turn = told.numpy()
        else:
            turn = turns[step]
        plate.step(turn.reshape(-1, 1))
        made.append(np.array(turn, np.float32))
        if step % every == 0:
            tracks.append(np.stack([plate.x, plate.y], axis=-1).reshape(worms, n, 2))
    x, y = plate.x.reshape(worms, n), plate.y.reshape(worms, n)
    peak, mirror = (np.hypot(x - side * law.peak_cm, y) <= ZONE for side in (1, -1))
    index = (peak.astype(float) - mirror).mean(0)
    trajectory = plate.trajectory_index.reshape(worms, n).mean(0)
    felt = np.stack(smelled) if smelled else np.zeros((0, worms, n, 2), np.float32)
    return Lived(index, trajectory, np.stack(tracks).astype(np.float32), np.stack(made), felt)


def controls(policy: Policy, plan: Plan, seed: int, whole: Lived) -> dict[str, Lived]:
    """The same brains and headings, with something taken away: the gradient, the worm's own nose (each is
    given what another smells now, or what it smelled itself in the whole assay, in another order), and the
    brain's part in the turns (none, their mean, their order lost).
    """
    turns = whole.turns
    order = np.random.default_rng(seed).permutation(len(turns))
    held = np.broadcast_to(turns.mean(0), turns.shape)
    rows: tuple[dict[str, Any], ...] = (
        {"field": "none"},
        {"sense": _another},
        {"sense": lambda step, seen: np.concatenate([whole.smelled[order[step]], seen[..., 2:]], axis=-1)},
        {"turns": np.zeros_like(turns)},
        {"turns": held},
        {"turns": turns[order]},
    )
    return {name: lived(policy, plan, seed, **row) for name, row in zip(CONTROLS, rows, strict=True)}


def _another(step: int, seen: NDArray[np.float32]) -> NDArray[np.float32]:
    """ON and OFF of the next worm, the own phase of the sweep."""
    return np.concatenate([np.roll(seen[..., :2], 1, axis=0), seen[..., 2:]], axis=-1)
