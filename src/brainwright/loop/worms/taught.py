"""Many brains are taught side by side, as one tensor."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from brainwright.network import Network
from brainwright.network.side_by_side import side_by_side
from brainwright.world import Box
from brainwright.world.plate_twin import PlateTwin

from ..learn import BPTT, Policy
from ..learn.through import Course
from .circuits import LAW


@dataclass(frozen=True)
class Plan:
    """How long brains learn, and how many worms are asked afterwards."""

    updates: int = 200
    bodies: int = 16
    length: int = 84
    rate: float = 0.03
    worms: int = 20
    duration_s: float = 500.0

    @property
    def teaching(self) -> BPTT:
        """Of the method."""
        return BPTT(self.updates, self.bodies, self.length, rate=self.rate)


def taught(
    networks: Sequence[Network],
    plan: Plan,
    series: Sequence[int],
    seed: int,
    progress: Callable[[float], object] = lambda share: None,
) -> tuple[Policy, NDArray[np.float32]]:
    """One policy of all brains, and what each was paid a step, [update, brain].

    Args:
        networks: of three inputs and one output each.
        plan: of teaching.
        series: of headings for each brain.
        seed: of the headings.
        progress: called with the share that is done.
    """
    n, how = len(networks), plan.teaching
    spaces: Any = SimpleNamespace(  # of all worms at once; a policy asks no more of a world
        observations=Box((0.0,) * 3 * n, (np.inf,) * 3 * n),
        actions=Box((-LAW.turn_limit,) * n, (LAW.turn_limit,) * n),
    )
    policy = Policy(side_by_side(networks), spaces, steps=1, scale=False)
    course = Course(how, policy, PlateTwin(LAW), torch.Generator().manual_seed(seed), series)
    rows = []
    for k in range(how.updates):
        rows.append(course.window(1 - k / how.updates).numpy())
        progress((k + 1) / how.updates)
    return policy, np.stack(rows)
