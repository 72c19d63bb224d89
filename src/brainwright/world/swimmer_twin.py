"""A swimmer of straight links in a fluid without inertia, with gradients: torch, batched."""

import math
from typing import NamedTuple

import torch
from torch import Tensor

from .swimmer_law import SwimmerLaw


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

        Velocity changes linearly along a straight link, so that its force is that of its middle, and its
        torque about its own middle -c_n l³/12 times its spin: both exact. Force and torque are linear in the
        three numbers asked for, with a symmetric matrix. All in body lengths, so that forces and torques are
        of one size and float32 suffices.
        """
        law, size = self.law, 1 / self.law.links
        more, spin_drag = law.drag_ratio - 1, law.drag_ratio * size**2 / 12
        turns = torch.cat([heading[:, None], heading[:, None] + angles.cumsum(1)], 1)
        tx, ty = turns.cos(), turns.sin()  # along each link; (-ty, tx) is across
        px, py = size * (tx.cumsum(1) - 0.5 * tx), size * (ty.cumsum(1) - 0.5 * ty)
        spun = torch.cat([torch.zeros_like(heading[:, None]), rates.cumsum(1)], 1)  # of links, by the joints
        sx, sy = -spun * ty, spun * tx
        fx, fy = size * (sx.cumsum(1) - 0.5 * sx), size * (sy.cumsum(1) - 0.5 * sy)  # of their middles, so
        turned, formed = tx * px + ty * py, tx * fy - ty * fx  # across: of a unit turn, of the change of form
        xx, yy, xy = 1 + more * ty**2, 1 + more * tx**2, -more * tx * ty
        sums = torch.stack(
            [
                xx, xy, yy,
                -py - more * ty * turned,
                px + more * tx * turned,
                px**2 + py**2 + more * turned**2 + spin_drag,
                fx - more * ty * formed,
                fy + more * tx * formed,
                px * fy - py * fx + more * turned * formed + spin_drag * spun,
            ]
        ).sum(-1)  # fmt: skip
        slid_x, slid_y, spin = _solved(*sums)
        return law.length_m * torch.stack([slid_x, slid_y], -1), spin


def _solved(
    xx: Tensor, xy: Tensor, yy: Tensor, xz: Tensor, yz: Tensor, zz: Tensor, x: Tensor, y: Tensor, z: Tensor
) -> tuple[Tensor, Tensor, Tensor]:
    """What a symmetric matrix of three takes to (-x, -y, -z); many times sooner than a call of a solver."""
    area = xx * yy - xy**2
    ax, ay = (yy * xz - xy * yz) / area, (xx * yz - xy * xz) / area
    last = (ax * x + ay * y - z) / (zz - ax * xz - ay * yz)
    return (xy * y - yy * x) / area - ax * last, (xy * x - xx * y) / area - ay * last, last


def middle_of(law: SwimmerLaw, state: SwimmerState) -> Tensor:
    """Centre of the body, [body, 2] in m."""
    turns = torch.cat([state.heading[:, None], state.heading[:, None] + state.angles.cumsum(1)], 1)
    along = torch.stack([turns.cos(), turns.sin()], -1)
    size = law.length_m / law.links
    return state.head + (size * (along.cumsum(1) - 0.5 * along)).mean(1)


def ends_of(law: SwimmerLaw, state: SwimmerState) -> Tensor:
    """Ends of the links, head first, [body, links + 1, 2] in m."""
    turns = torch.cat([state.heading[:, None], state.heading[:, None] + state.angles.cumsum(1)], 1)
    along = torch.stack([turns.cos(), turns.sin()], -1) * (law.length_m / law.links)
    return torch.cat([state.head[:, None], state.head[:, None] + along.cumsum(1)], 1)
