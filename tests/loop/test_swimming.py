"""Brains in the swimmer's body: NCAP beside its definition, which cell meets which joint, what is learned."""

import numpy as np
import torch

from brainwright.connectome import Connectome
from brainwright.loop import worms
from brainwright.loop.worms.ncap import START, Ncap
from brainwright.loop.worms.swimmers import SEEN, SWIMMER, joints_of, swimmer
from brainwright.loop.worms.swimming import WITHOUT, Lessons, Swimmers, learn_to_swim, swum, swum_without

TINY = Lessons(2, 1, 0.5, asked=2, asked_s=0.6)


def test_ncap_is_its_equations():
    """Joint by joint, as they are written."""
    numbers, rng = (1.3, 0.8, 1.1, -0.6), np.random.default_rng(0)
    ncap = Ncap(1)
    ncap.numbers.data[0] = torch.tensor(numbers)
    seen = rng.uniform(-1.5, 1.5, 12)
    seen[-1] = -1.0
    prop, osc, same, other = numbers

    def graded(x):
        return min(max(x, 0.0), 1.0)

    told = []
    for joint in range(11):
        felt = prop * seen[joint - 1] if joint else osc * seen[-1]
        b_d, b_v = graded(max(felt, 0)), graded(max(-felt, 0))
        told.append(graded(same * b_d + other * b_v) - graded(same * b_v + other * b_d))
    given = ncap(torch.tensor(seen, dtype=torch.float32)[None, None])
    np.testing.assert_allclose(given[0, 0].detach(), told, rtol=1e-5, atol=1e-6)
    assert ncap.numbers.numel() == len(START) == 4


def test_every_joint_is_bent_by_cells_of_both_sides_and_felt_by_the_next():
    feels, bends = joints_of(Connectome.load("celegans/varshney2011"))
    assert sorted(bends) == list(range(SWIMMER.n_joints))
    for joint, cells in bends.items():
        assert min(cells.values()) < 0 < max(cells.values()), joint
    assert sorted(feels) == [*range(SWIMMER.n_joints - 1), SWIMMER.n_joints], "all but the last, and the beat"
    assert set(feels[SWIMMER.n_joints]) == {"SMDDL", "SMDDR", "SMDVL", "SMDVR"}
    for joint, cells in feels.items():
        if joint < SWIMMER.n_joints:
            assert set(cells) <= set(bends[joint + 1]), "a cell bends the joint behind the one that it feels"


def test_ncap_swims_and_learns_and_a_silent_brain_stays():
    ncap = Ncap(1)
    brains = Swimmers([ncap])
    plan = Lessons(3, 2, 1.0, asked=2, asked_s=1.5)
    before = swum(brains, plan, 4)
    assert before.speed[0] > 0.02
    assert learn_to_swim(brains, plan, 4).shape == (3, 1)
    whole = swum(brains, plan, 4)
    assert whole.speed[0] > before.speed[0]
    left = swum_without(brains, plan, 4, whole)
    assert set(left) == set(WITHOUT)
    assert abs(left["brain silenced"].speed[0]) < 0.01
    again = swum(brains, plan, 4, commands=whole.commands)
    np.testing.assert_allclose(again.speed, whole.speed, rtol=1e-5)


def test_a_brain_swims_beside_others_as_alone():
    worm = worms.of_worm("celegans/varshney2011")
    bare, layers = (swimmer(kind, worm, 1) for kind in (worms.BARE, worms.LAYERS))
    assert bare.n_inputs == SEEN
    together = swum(Swimmers([[bare], [layers], Ncap(1)]), TINY, 2).speed
    alone = [swum(Swimmers([group]), TINY, 2).speed[0] for group in ([bare], [layers], Ncap(1))]
    np.testing.assert_allclose(together, alone, rtol=1e-3, atol=1e-6)
