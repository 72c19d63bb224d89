"""The swimmer beside the closed form of resistive-force theory, and what no drag can do."""

import math

import pytest
import torch

from brainwright.world import WorldError
from brainwright.world.swimmer_twin import SwimmerLaw, SwimmerTwin, middle_of

WAVES = 4
"""Along the body: with a single wave it also rocks, which the closed form of an endless body leaves out."""


def wave(law: SwimmerLaw, time_s: float, slope: float) -> tuple[torch.Tensor, torch.Tensor]:
    """Heading and joint angles of a body that bears waves of that slope, 1 a second, running backwards from
    the head.
    """
    at = (torch.arange(law.links, dtype=torch.float64) + 0.5) / law.links
    turns = slope * torch.sin(2 * math.pi * (WAVES * at - time_s))
    return turns[None, 0], turns.diff()[None]


@pytest.mark.parametrize("ratio", [1.4, 2.0, 10.0])
def test_a_small_wave_swims_as_fast_as_the_closed_form_says(ratio):
    """An endless body with y = b sin k(x - ct) swims at c (r - 1) s / (1 + r s), where s is its mean square
    slope (Gray & Hancock 1955, to second order); five in a hundred are for links and free ends.
    """
    law, slope, steps = SwimmerLaw(links=96, drag_ratio=ratio, dt_s=0.02, limit=1.0), 0.15, 50
    twin = SwimmerTwin(law)
    heading, angles = wave(law, 0.0, slope)
    state = twin.start(1, torch.float64)._replace(heading=heading, angles=angles)
    begin = middle_of(law, state)
    for k in range(steps):
        state = twin.bent(state, wave(law, (k + 1) * law.dt_s, slope)[1])
    moved = (middle_of(law, state) - begin)[0]
    square = slope**2 / 2
    expected = law.length_m / WAVES * (ratio - 1) * square / (1 + ratio * square)
    assert -float(moved[0]) == pytest.approx(expected, rel=0.05)


def test_equal_drag_and_reciprocal_motion_lead_nowhere():
    """With c_n = c_t nothing swims by bending; and the scallop theorem (Purcell 1977): one joint that opens
    and closes the same way brings a body back.
    """
    law = SwimmerLaw(links=2, drag_ratio=2.0)
    twin = SwimmerTwin(law)
    state = twin.start(1, torch.float64)
    begin = middle_of(law, state)
    course = [0.4 * math.sin(math.pi * k / 40) ** 2 for k in range(41)]
    for angle in course[1:]:
        state = twin.bent(state, torch.tensor([[angle]], dtype=torch.float64))
    torch.testing.assert_close(middle_of(law, state), begin, atol=2e-9, rtol=0)  # of a body of 1e-3 m


def test_a_rotated_swimmer_swims_rotated_and_has_a_gradient():
    twin, angle = SwimmerTwin(), 0.7
    command = torch.linspace(-1, 1, 11)[None].requires_grad_()
    ends = []
    for heading in (0.0, angle):
        state = twin.start(1)._replace(heading=torch.tensor([heading]))
        for k in range(5):
            state = twin.step(state, command * math.cos(k))
        ends.append(state.head[0])
    turn = torch.tensor([[math.cos(angle), -math.sin(angle)], [math.sin(angle), math.cos(angle)]])
    torch.testing.assert_close(ends[1], turn @ ends[0], atol=1e-8, rtol=1e-3)
    ends[0].sum().backward()
    assert command.grad is not None
    assert float(command.grad.abs().sum()) > 0


def test_a_law_is_checked():
    with pytest.raises(WorldError, match="at least 2 links"):
        SwimmerLaw(links=1)
