"""The swimmer of MuJoCo beside its twin, and turning beside a closed form and a continuous body."""

import math

import numpy as np
import pytest
import torch

from brainwright.world import WorldError, check_world, swimmer_body
from brainwright.world.swimmer_law import SwimmerLaw
from brainwright.world.swimmer_twin import SwimmerTwin, middle_of

LEAN = {"straight": 0.0, "turning": 0.25}
"""Of all commands to one side."""


def command(time_s: float, lean: float, joints: int = 11) -> np.ndarray:
    """One wave along the body, two a second."""
    return lean + 0.7 * np.sin(2 * math.pi * (np.arange(joints) / joints - 2 * time_s))


def twin_of(law: SwimmerLaw, lean: float, seconds: float, angles: np.ndarray | None = None) -> np.ndarray:
    """Displacement (2) of the middle in body lengths, and turn of the mean direction in rad."""
    twin = SwimmerTwin(law)
    state = twin.start(1, torch.float64)
    if angles is not None:
        state = state._replace(angles=torch.from_numpy(angles * law.limit)[None])
    marks = []
    for k in range(round(seconds / law.dt_s) + 1):
        bends = torch.cat([torch.zeros(1, 1), state.angles.cumsum(1)], 1).mean(1)
        marks.append([*(middle_of(law, state)[0] / law.length_m).tolist(), float(state.heading + bends)])
        state = twin.step(state, torch.from_numpy(command(k * law.dt_s, lean))[None])
    return np.array(marks[-1]) - marks[0]


@pytest.mark.parametrize("joint", [1, 3, 6])
def test_a_bend_turns_the_head_by_the_closed_form(joint):
    """A straight rod of length 1 bent at a point a behind its head, b = 1 - a: forces and torque across it
    vanish, from which its front turns by -b² (b + 3 a) of the bend, whatever the drag ratio.
    """
    law = SwimmerLaw(drag_ratio=3.0)
    twin, rates = SwimmerTwin(law), torch.zeros(1, 11, dtype=torch.float64)
    rates[0, joint - 1] = 1.0
    zero = torch.zeros(1, dtype=torch.float64)
    _, turned = twin.velocity(zero, torch.zeros_like(rates), rates)
    a = joint / 12
    assert float(turned) == pytest.approx(-((1 - a) ** 2) * (1 + 2 * a), rel=1e-9)


def continuous(law: SwimmerLaw, lean: float, seconds: float) -> np.ndarray:
    """The same strokes of a body of 600 points by another way: in the frame of its head the form is given,
    its change is a difference in time, and the rigid motion that frees it of force and torque is found by
    solving for it among all motions of all points. Returns as `twin_of`.
    """
    n, dt = 600, 1e-3
    at = np.minimum((np.arange(n) + 0.5) / n * law.links, law.links - 1e-9).astype(int)

    def form(bends):
        turns = np.concatenate([[0.0], np.cumsum(bends)])[at]
        along = np.exp(1j * turns)
        return (np.cumsum(along) - 0.5 * along) / n, along, turns.mean()

    bends, place, turned, marks = np.zeros(law.n_joints), 0j, 0.0, []
    steps = round(law.dt_s / dt)
    for k in range(round(seconds / law.dt_s) + 1):
        here, _, mean = form(bends)
        middle = place + np.exp(1j * turned) * here.mean()
        marks.append([middle.real, middle.imag, turned + mean])
        goal = law.limit * np.clip(command(k * law.dt_s, lean), -1, 1)
        for _ in range(steps):
            after = goal + (bends - goal) * math.exp(-dt / law.muscle_s)
            (old, _, _), (new, _, _), (points, along, _) = form(bends), form(after), form((bends + after) / 2)

            def drag(motion, along=along):
                along_it = (motion * along.conj()).real * along
                return along_it + law.drag_ratio * (motion - along_it)

            motions = [np.ones(n), 1j * np.ones(n), 1j * points, (new - old) / dt]
            forces = [drag(motion) for motion in motions]
            rows = np.array([[f.real.sum(), f.imag.sum(), (points.conj() * f).imag.sum()] for f in forces])
            x, y, spin = np.linalg.solve(rows[:3].T, -rows[3])
            place += np.exp(1j * (turned + spin * dt / 2)) * (x + 1j * y) * dt
            turned, bends = turned + spin * dt, after
    return np.array(marks[-1]) - marks[0]


@pytest.mark.parametrize("lean", LEAN.values(), ids=LEAN)
def test_swimming_and_turning_are_those_of_a_continuous_body(lean):
    law = SwimmerLaw()
    ours, other = twin_of(law, lean, 0.5), continuous(law, lean, 0.5)
    assert np.hypot(*(ours - other)[:2]) < 0.05 * np.hypot(*other[:2])
    assert ours[2] == pytest.approx(other[2], rel=0.05)


@pytest.mark.parametrize("ratio", [1.4, 10.0])
@pytest.mark.parametrize("lean", LEAN.values(), ids=LEAN)
def test_mujoco_swims_and_turns_as_the_twin(lean, ratio):
    pytest.importorskip("mujoco", reason="needs the extra worlds: pip install 'brainwright[worlds]'")
    from brainwright.world.swimmer import Swimmer

    law = SwimmerLaw(drag_ratio=ratio)
    world = Swimmer([5], law)
    twin = twin_of(law, lean, 1.5, world.observe()[0].astype(np.float64))
    middle, turned = world.middle()[0].copy(), world.shape()[1][0].mean()
    for k in range(150):
        world.step(command(k * law.dt_s, lean)[None])
    moved, turn = world.middle()[0] - middle, world.shape()[1][0].mean() - turned
    assert np.hypot(*(moved - twin[:2])) < 0.05 * np.hypot(*twin[:2])
    assert turn == pytest.approx(twin[2], rel=0.05, abs=0.02)


def test_the_swimmer_keeps_every_promise_of_a_world_and_of_gymnasium():
    pytest.importorskip("mujoco", reason="needs the extra worlds: pip install 'brainwright[worlds]'")
    checker = pytest.importorskip("gymnasium.utils.env_checker", reason="needs the extra worlds")
    from brainwright.world.swimmer import Swimmer
    from brainwright.world.world_env import WorldEnv

    def make(seeds):
        return Swimmer(seeds, duration_s=0.05)

    check_world(make)
    env = WorldEnv(make, render_mode="rgb_array")
    checker.check_env(env, skip_render_check=True)
    one, other = (env.reset(seed=seed)[0].copy() for seed in (3, 4))
    assert np.array_equal(env.reset(seed=3)[0], one)
    assert not np.array_equal(one, other)
    assert env.render().shape == (128, 128, 3)
    assert len(np.unique(env.render().reshape(-1, 3), axis=0)) == 3, "ground, head, body"


def test_without_mujoco_one_line_says_the_one_command(monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "mujoco", None)
    with pytest.raises(WorldError, match=r"pip install 'brainwright\[worlds\]'"):
        swimmer_body.mujoco_for("Swimmer")


def test_a_step_of_the_law_is_a_whole_number_of_mujoco_s():
    assert swimmer_body.substeps(SwimmerLaw()) == 40
    with pytest.raises(WorldError, match="multiple"):
        swimmer_body.substeps(SwimmerLaw(dt_s=0.0101))
