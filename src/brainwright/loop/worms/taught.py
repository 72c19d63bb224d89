"""Many brains are taught side by side, as one tensor: each from several starts, of which the best goes on."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray

from brainwright.network import Network
from brainwright.network.apart import taken_apart
from brainwright.network.side_by_side import side_by_side
from brainwright.world import Box
from brainwright.world.plate_twin import PlateTwin

from ..learn import BPTT, LearnError, Policy
from ..learn.through import Course
from .circuits import LAW

WARM = 20
"""Updates over which the rate rises. Adam's first steps are as long as its last, whatever the gradient says;
while it is mostly noise they turn the head to one side, and a worm that circles on the spot smells no
change."""
LATELY = 10
"""Updates whose pay chooses among starts."""


@dataclass(frozen=True)
class Plan:
    """How long brains learn, and how many worms are asked afterwards.

    Attributes:
        updates: of the start that goes on, those of its trial among them.
        starts: of every brain, each with headings (and, where they are drawn, weights) of its own.
        trial: updates after which only the start goes on that was paid most over the last of them, on the
            plates on which it learned.
        bodies, length, rate: see `BPTT`.
        trial_life, life: windows after which a body begins anew, while starts are tried and then. Forty are
            336 s, so that most worms come to the peak (204 s of a straight way) and learn to stay there; to
            begin with they lose their way, and learn sooner if they soon begin anew.
        worms: that are asked, of every brain.
        duration_s: of the assay.
    """

    updates: int = 220
    bodies: int = 16
    length: int = 84
    rate: float = 0.03
    worms: int = 20
    duration_s: float = 500.0
    starts: int = 3
    trial: int = 50
    trial_life: float = 20.0
    life: float = 40.0

    def teaching(self, *, trial: bool = False) -> BPTT:
        """The method, while starts are tried or after that."""
        life = self.trial_life if trial else self.life
        return BPTT(self.updates, self.bodies, self.length, life=life, rate=self.rate)


class Taught(NamedTuple):
    """Brains that learned."""

    networks: list[Network]
    """One of each brain: of the start that went on."""
    policy: Policy
    """All of them side by side."""
    paid: NDArray[np.float32]
    """A step, in units of the most, [update, brain]; of the start that went on."""
    start: NDArray[np.int64]
    """Which of its starts went on, [brain]."""


def together(networks: Sequence[Network]) -> Policy:
    """Brains of three inputs and one output each, in as many worms."""
    n = len(networks)
    spaces: Any = SimpleNamespace(  # of all worms at once; a policy asks no more of a world
        observations=Box((0.0,) * 3 * n, (np.inf,) * 3 * n),
        actions=Box((-LAW.turn_limit,) * n, (LAW.turn_limit,) * n),
    )
    return Policy(side_by_side(networks), spaces, steps=1, scale=False)


def taught(
    networks: Sequence[Network],
    plan: Plan,
    series: Sequence[int],
    seed: int,
    progress: Callable[[float], object] = lambda share: None,
) -> Taught:
    """Teaches the brains; what is learned is written into the networks.

    Args:
        networks: of three inputs and one output each, in the order [brain, start].
        plan: of teaching.
        series: of headings for each network.
        seed: of the headings.
        progress: called with the share that is done.

    Raises:
        LearnError: networks that are no multiple of the starts.
    """
    if not networks or len(networks) % plan.starts:
        raise LearnError(f"taught: expected a multiple of {plan.starts} starts, got {len(networks)} networks")
    generator, everyone = torch.Generator().manual_seed(seed), [*networks]
    trial = plan.trial if plan.starts > 1 else 0
    work = trial * plan.starts + plan.updates - trial
    best, early, moments = np.zeros(len(everyone) // plan.starts, np.int64), None, None
    chosen = np.arange(len(everyone))
    if trial:
        tried, early = _windows(
            everyone, plan, series, generator, (0, trial), lambda k: progress(k * plan.starts / work)
        )
        best = early[-LATELY:].mean(0).reshape(-1, plan.starts).argmax(1)
        chosen = best + plan.starts * np.arange(len(best))
        moments = _moments(tried, everyone, chosen)
    going_on = [everyone[k] for k in chosen]
    course, late = _windows(
        going_on,
        plan,
        [series[k] for k in chosen],
        generator,
        (trial, plan.updates),
        lambda k: progress((work - plan.updates + k) / work),
        moments,
    )
    paid = late if early is None else np.concatenate([early[:, chosen], late])
    return Taught(going_on, course.policy, paid, best)


def _moments(course: Course, networks: Sequence[Network], chosen: NDArray[np.int64]) -> list[dict[str, Any]]:
    """What Adam keeps of every value of the chosen networks: begun anew, its first steps would undo what has
    just begun (seeds from 45,000: two brains of six fell back to nothing, one for good).
    """
    optimiser, rows = course.optimiser, []
    sizes = [[p.numel() for p in network.parameters() if p.requires_grad] for network in networks]
    for k, parameter in enumerate(optimiser.param_groups[0]["params"]):
        of_each = [row[k] for row in sizes]
        kept = {
            name: torch.cat([value.split(of_each)[n] for n in chosen]) if value.dim() else value
            for name, value in optimiser.state[parameter].items()
        }
        rows.append(kept)
    return rows


def _windows(
    networks: Sequence[Network],
    plan: Plan,
    series: Sequence[int],
    generator: torch.Generator,
    updates: tuple[int, int],
    progress: Callable[[int], object],
    moments: Sequence[dict[str, Any]] | None = None,
) -> tuple[Course, NDArray[np.float32]]:
    """Some updates of all networks, in bodies that begin anew, with what Adam has kept."""
    policy, rows = together(networks), []
    how = plan.teaching(trial=updates[1] < plan.updates)
    course = Course(how, policy, PlateTwin(LAW), generator, series)
    parameters = course.optimiser.param_groups[0]["params"]
    for parameter, kept in zip(parameters, moments or [], strict=bool(moments)):
        course.optimiser.state[parameter] = kept
    for k in range(*updates):
        rows.append(course.window(min(1.0, (k + 1) / WARM) * (1 - k / plan.updates)).numpy())
        progress(k + 1)
    taken_apart(policy.network, networks)
    return course, np.stack(rows)
