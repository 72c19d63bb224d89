"""A swimmer of straight links in a fluid without inertia, with gradients: torch, batched."""

import math
from dataclasses import dataclass
from typing import NamedTuple

import torch
from torch import Tensor

from .contract import WorldError

PLACES = 4
"""Of each link at which its drag is summed: it changes linearly along it."""


@dataclass(frozen=True)
class SwimmerLaw:
    """Links in a row whose joints are bent by muscles; drag is all there is (resistive-force theory, Gray &
    Hancock 1955, J Exp Biol 32:802).

        force on a piece of length l that moves with u: -[c_t (u·t) t + c_n (u·n) n] l
        joint angle q: dq/dt = (limit × command - q) / muscle_s

    No mass: at every moment the forces and the torque of the fluid add up to nothing, and that decides how
    the body moves.

    Attributes:
        links: straight pieces.
        length_m: of the body; a worm's millimetre.
        drag_ratio: c_n / c_t: 1.4 in water (Sznitman et al. 2010), about 10 on agar (Shen & Arratia 2011,
            arXiv:1112.1118).
        muscle_s: how fast a joint follows.
        limit: of a joint's angle, rad; 2 pi / (links), so that a fully bent body closes to a circle.
        dt_s: of a step.
    """

    links: int = 12
    length_m: float = 1e-3
    drag_ratio: float = 1.4
    muscle_s: float = 0.05
    limit: float = 2 * math.pi / 12
    dt_s: float = 0.01

    def __post_init__(self) -> None:
        numbers = (self.length_m, self.drag_ratio, self.muscle_s, self.limit, self.dt_s)
        if self.links < 2 or not all(0 < number < math.inf for number in numbers):
            raise WorldError(f"SwimmerLaw: expected at least 2 links and numbers above 0, got {self}")


class SwimmerState(NamedTuple):
    """Swimmers at one moment."""

    head: Tensor
    """Place of the front end, [body, 2] in m."""
    heading: Tensor
    """Direction of the first link, [body] in rad; from the head backwards."""
    angles: Tensor
    """Of the joints, [body, links - 1] in rad."""


class SwimmerTwin:
    """Swimmers whose every step has a gradient. `step` holds no state."""

    def __init__(self, law: SwimmerLaw | None = None):
        self.law = law or SwimmerLaw()

    def start(self, bodies: int, dtype: torch.dtype = torch.float32) -> SwimmerState:
        """Straight swimmers with their heads at the origin, pointing along -x: their tails lie at +x."""
        zeros = torch.zeros(bodies, 2, dtype=dtype)
        return SwimmerState(zeros, zeros[:, 0], torch.zeros(bodies, self.law.links - 1, dtype=dtype))

    def step(self, state: SwimmerState, command: Tensor) -> SwimmerState:
        """The state a step later; `command` [body, links - 1] saturates at -1 and 1."""
        law = self.law
        keep = math.exp(-law.dt_s / law.muscle_s)
        angles = keep * state.angles + (1 - keep) * law.limit * command.clip(-1, 1)
        return self.bent(state, angles)

    def bent(self, state: SwimmerState, angles: Tensor) -> SwimmerState:
        """The state when the joints have come to these angles within a step: the body moves as the drag of
        its change of form demands, by the midpoint rule.
        """
        law, rates = self.law, (angles - state.angles) / self.law.dt_s
        middle = state.angles + 0.5 * law.dt_s * rates
        slid, turned = self.velocity(state.heading, middle, rates)
        half = state.heading + 0.5 * law.dt_s * turned
        slid, turned = self.velocity(half, middle, rates)
        return SwimmerState(state.head + law.dt_s * slid, state.heading + law.dt_s * turned, angles)

    def velocity(self, heading: Tensor, angles: Tensor, rates: Tensor) -> tuple[Tensor, Tensor]:
        """Of the head [body, 2] in m/s, and of the heading [body] in rad/s, such that drag adds up to 0.
        Forces and torque are linear in both: three unit motions and the change of form make a system of 3.
        """
        law = self.law
        turns = torch.cat([heading[:, None], heading[:, None] + angles.cumsum(1)], 1)
        along = torch.stack([turns.cos(), turns.sin()], -1)  # [body, link, 2]
        size = law.length_m / law.links
        joints = torch.cat([torch.zeros_like(along[:, :1]), along.cumsum(1)], 1) * size
        at = (torch.arange(PLACES, dtype=heading.dtype) + 0.5) / PLACES
        places = joints[:, :-1, None] + size * at[:, None] * along[:, :, None]  # [body, link, place, 2]
        spun = torch.cat([torch.zeros_like(heading[:, None]), rates.cumsum(1)], 1)  # of links, by the joints
        across = torch.stack([-along[..., 1], along[..., 0]], -1)
        ends = torch.cat([torch.zeros_like(across[:, :1]), (spun[..., None] * across).cumsum(1)], 1) * size
        formed = ends[:, :-1, None] + (spun[..., None] * across)[:, :, None] * size * at[:, None]
        one = torch.ones_like(places[..., 0])
        motions = [
            torch.stack([one, 0 * one], -1),
            torch.stack([0 * one, one], -1),
            torch.stack([-places[..., 1], places[..., 0]], -1),
            formed,
        ]
        wrenches = torch.stack([self._wrench(motion, along, across, places) for motion in motions], -1)
        # in units of the body, so that forces and torques are of one size and float32 suffices
        solved = torch.linalg.solve(wrenches[..., :3], -wrenches[..., 3])
        return solved[:, :2], solved[:, 2]

    def _wrench(self, motion: Tensor, along: Tensor, across: Tensor, places: Tensor) -> Tensor:
        """Force (2) and torque over the length, in units of c_t, [body, 3]."""
        t, n = along[:, :, None], across[:, :, None]
        tangent, normal = (motion * t).sum(-1, keepdim=True), (motion * n).sum(-1, keepdim=True)
        force = -(tangent * t + self.law.drag_ratio * normal * n)
        arm = places / self.law.length_m
        torque = arm[..., 0] * force[..., 1] - arm[..., 1] * force[..., 0]
        return torch.cat([force.sum((1, 2)), torque.sum((1, 2))[:, None]], -1)


def middle_of(law: SwimmerLaw, state: SwimmerState) -> Tensor:
    """Centre of the body, [body, 2] in m."""
    turns = torch.cat([state.heading[:, None], state.heading[:, None] + state.angles.cumsum(1)], 1)
    along = torch.stack([turns.cos(), turns.sin()], -1)
    size = law.length_m / law.links
    return state.head + (size * (along.cumsum(1) - 0.5 * along)).mean(1)
