"""Modules in a body: what reinforcement may change, what a shuffled walk keeps, and what is compared when."""

import numpy as np
import pytest
import torch

from brainwright.loop import PredictionCourse
from brainwright.loop.modules import embodied
from brainwright.loop.modules.acting import SENSED, Acting
from brainwright.network.modules import ModulePlan, hierarchy

SEEDS = (1, 2)


@pytest.fixture
def small(monkeypatch):
    """Small modules, a short walk, one update of 2 × 8 moments."""
    monkeypatch.setattr(embodied, "TABLE", tuple(ModulePlan(p.name, p.hears, 6, 4) for p in embodied.TABLE))
    for name, value in {"BODIES": 2, "WALKED": 16, "STREAM": 8, "EXPERIENCE": 32}.items():
        monkeypatch.setattr(embodied, name, value)
    monkeypatch.setattr(embodied, "TRAINER", embodied.PPO(bodies=2, horizon=8, epochs=1, batch=16))


def test_the_read_out_is_of_the_states_after_the_last_moment():
    modules = hierarchy([ModulePlan("eye", (SENSED,), 5, 3)], {SENSED: 4}, seeds=SEEDS)
    acting = Acting(modules, 3, 2, taught=True)
    seen = torch.randn(7, 2, 12, generator=torch.Generator().manual_seed(0))
    assert not acting(seen).any(), "at first everything is as likely"
    with torch.no_grad():
        acting.weight.normal_(generator=torch.Generator().manual_seed(1))
    told = acting(seen)
    # by hand, for one body and brain: r <- r / 2 + tanh(W r + U z / |z| + b) / 2 of three moments
    cells, brain, state = modules.of("eye"), 1, torch.zeros(5)
    for x in seen[4, brain].view(3, 4):
        z = cells.embeddings[0].last.weight[brain] @ x + cells.embeddings[0].last.bias[brain]
        drive = cells.drive.weight[brain] @ (z * 3**0.5 / z.norm()) + cells.drive.bias[brain]
        state = 0.5 * state + 0.5 * torch.tanh(cells.recurrent[brain] @ state + drive)
    torch.testing.assert_close(told[4, brain], state @ acting.weight[brain])


@pytest.mark.parametrize("taught", [True, False])
def test_reinforcement_of_a_read_out_leaves_modules_alone(taught):
    modules = hierarchy([ModulePlan("eye", (SENSED,), 5, 3)], {SENSED: 4}, seeds=SEEDS)
    acting = Acting(modules, 3, 2, taught=taught)
    with torch.no_grad():
        acting.weight.fill_(1.0)
    acting(torch.ones(7, 2, 12)).sum().backward()
    assert acting.weight.grad is not None
    assert (modules.of("eye").recurrent.grad is not None) == taught
    owned = dict.fromkeys(id(p) for p, _ in acting.owners())
    assert (id(modules.of("eye").recurrent) in owned) == taught
    assert all(
        owner.tolist() == sorted(owner.tolist()) and len(owner) == p.numel() for p, owner in acting.owners()
    )


def test_a_shuffled_walk_is_of_the_same_moments(small, monkeypatch):
    heard = []
    monkeypatch.setattr(
        embodied, "fit_modules", lambda brains, shown, *given: heard.append(shown.streams[SENSED][0])
    )
    for shuffled in (False, True):
        embodied.foreseeing(SEEDS, PredictionCourse(1, 2), shuffled=shuffled)
    ordered, mixed = (x.flatten(1, 2) for x in heard)
    assert heard[0].shape == (2, 4, 8, 77)
    for one, other in zip(ordered, mixed, strict=True):
        assert not torch.equal(one, other)
        rows = [sorted(map(tuple, side.tolist())) for side in (one, other)]
        assert rows[0] == rows[1]


def test_arms_are_compared_over_as_many_steps_and_what_predicted_begins_where_its_control_does(small):
    state = embodied.foreseeing(SEEDS, PredictionCourse(2, 2))
    told = {arm: embodied.reinforced(arm, SEEDS, state, 32) for arm in (embodied.PREDICTED, embodied.EQUAL)}
    for figures in told.values():
        assert figures["steps"].tolist() == [16, 32], "its own experience is not counted"
        assert figures[embodied.CURVE].shape == (2, 2)
    assert {how.taught for how in embodied.ARMS.values() if how.later} == {True}
    again = embodied.drawn(SEEDS, state).state_dict()
    assert all(np.array_equal(value, again[name]) for name, value in state.items())


def test_what_predicted_is_judged_beside_the_best_from_scratch_and_beside_no_order_in_time():
    first = embodied.BESIDE[embodied.PREDICTED][:2]
    assert first == embodied.BEATEN == (embodied.SCRATCH_CRITIC, embodied.NO_ORDER)
    assert embodied.ARMS[embodied.NO_ORDER] == embodied.Reinforced(embodied.SHUFFLED, taught=False)
    for arm, controls in embodied.BESIDE.items():
        assert {arm, *controls} <= set(embodied.ARMS)
