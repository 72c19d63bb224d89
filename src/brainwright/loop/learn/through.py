"""Backpropagation through time, through the body and its world."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from brainwright.network.unrolling import detached
from brainwright.world import Box, Plate, World
from brainwright.world.plate_twin import PlateTwin, begun, cut

from .errors import LearnError
from .policy import Policy
from .states import begun_anew


@dataclass(frozen=True)
class BPTT:
    """The gradient of what is paid, through the differentiable twin of a world (truncated backpropagation
    through time, Williams & Peng 1990, 10.1162/neco.1990.2.4.490).

    Bodies live on from window to window; what they did before the window has no gradient. A policy of n times
    as many inputs and outputs as the world has (`side_by_side`) is n brains, each in bodies of its own, and
    each learns as it would alone: nothing is clipped together.

    Attributes:
        updates: of Adam, one for each window.
        bodies: side by side, of each brain.
        length: steps of a window; 84 are two sweeps of the head at steps of .1 s.
        life: windows after which a body begins anew, on average.
        rate: of Adam, at first; it falls to 0.
        largest: of a number in a gradient, in units of what a body can be paid in a window; a cut of single
            numbers, so that no brain feels another's.
    """

    updates: int = 200
    bodies: int = 16
    length: int = 84
    life: float = 20.0
    rate: float = 1e-2
    largest: float = 1.0

    def __post_init__(self) -> None:
        if (
            min(self.updates, self.bodies, self.length) < 1
            or self.life < 1
            or min(self.rate, self.largest) <= 0
        ):
            raise LearnError(f"BPTT: expected counts and a life of at least 1, rates above 0, got {self}")

    def course(self, policy: Policy, world: World, generator: torch.Generator) -> "Course":
        """The bodies at their beginning. Raises `LearnError` for a world without a twin."""
        return Course(self, policy, twin_of(world), generator)


class Course:
    """Bodies between windows.

    Args:
        how: settings.
        policy: of one brain, or of many side by side.
        twin: of the world.
        generator: of headings, and of when bodies begin anew.
        series: of headings that each brain is given, [brain]; one for all by default, so that they differ in
            nothing else.
    """

    def __init__(
        self,
        how: BPTT,
        policy: Policy,
        twin: PlateTwin,
        generator: torch.Generator,
        series: Sequence[int] | None = None,
    ):
        self.how, self.policy, self.twin, self.generator = how, policy, twin, generator
        self.series = torch.tensor([0] * policy.needed if series is None else list(series))
        if len(self.series) != policy.needed:
            raise LearnError(
                f"series: expected one for each of {policy.needed} brains, got {len(self.series)}"
            )
        self.optimiser = torch.optim.Adam(
            [p for p in policy.network.parameters() if p.requires_grad], lr=how.rate
        )
        self._body = twin.start(self._headings())
        self._brain = policy.network.rest(how.bodies)

    def window(self, left: float) -> Tensor:
        """One window and one update in place, at this share of the rate; returns what a step paid each brain,
        mean over its bodies, [brain], in units of the most.
        """
        how, network = self.how, self.policy.network
        anew = torch.rand(how.bodies, generator=self.generator) < 1 / how.life
        body = begun(cut(self._body), self.twin.start(self._headings()), anew[:, None])
        brain = begun_anew(detached(self._brain), network.rest(how.bodies), anew)
        products, paid = network.products(), torch.zeros(())
        for _ in range(how.length):
            turn, brain = acted(self.policy, self.twin.observe(body), brain, products)
            body, reward = self.twin.step(body, turn)
            paid = paid + reward
        each = paid.mean(0) * self.twin.law.n_steps / how.length
        self._body, self._brain = body, brain
        self.optimiser.zero_grad()
        (-each.sum()).backward()
        for group in self.optimiser.param_groups:
            group["lr"] = how.rate * left
            torch.nn.utils.clip_grad_value_(group["params"], how.largest)
        self.optimiser.step()
        return each.detach()

    def _headings(self) -> Tensor:
        """[body, brain]; evenly spread from a drawn one on and dealt out at random, so that to turn to one
        side pays no brain at first, which the headings of a few drawn bodies would suggest.
        """
        n_bodies, n_series = self.how.bodies, int(self.series.max()) + 1
        place = torch.rand(n_bodies, n_series, generator=self.generator).argsort(0)
        drawn = (place + torch.rand(n_series, generator=self.generator)) / n_bodies * 2 * torch.pi
        return drawn[:, self.series]


def acted(policy: Policy, seen: Tensor, state: Any, products: Any) -> tuple[Tensor, Any]:
    """What every brain does at a moment, [body, brain], and its state; of a twin's observations
    [body, brain, size]. Without the critic, and with the weights of a window gathered once.
    """
    drive = policy.scaled(seen.flatten(1))
    for _ in range(policy.steps):
        state = policy.network.step(state, drive, products)
    return policy.network.read(state), state


def twin_of(world: World) -> PlateTwin:
    """The differentiable twin of a world. Raises `LearnError` where there is none."""
    if not isinstance(world, Plate):
        raise LearnError(
            f"BPTT: expected a world with a differentiable twin (Plate), got {type(world).__name__}; "
            "learn by method='ppo' or 'evolution'"
        )
    if world.law.pirouettes_hz:
        raise LearnError("BPTT: expected a plate without pirouettes, which have no gradient")
    assert isinstance(world.actions, Box)
    return PlateTwin(world.law)
