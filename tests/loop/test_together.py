"""Brains beside each other learn as each would alone; without lessons nothing is learned."""

from functools import partial

import numpy as np
import pytest
import torch
from match_world import Match

from brainwright.connectome import Connectome
from brainwright.loop import bodies
from brainwright.loop.learn import PPO, Brains, LearnError, ReturnScale, Stack, Wirings, learn_together
from brainwright.network import layered
from brainwright.world import PongWorld

POND = partial(PongWorld, limit=30)
SHORT = PPO(bodies=2, horizon=16, epochs=2, batch=16, rate=1e-2, scaled=True)


@pytest.fixture(scope="module")
def wirings():
    return [bodies.wired(drawn(seed), POND, seed) for seed in (0, 1)]


def drawn(seed):
    """A wiring of 30 cells, of which 6 feel and 5 act."""
    rng = np.random.default_rng(seed)
    counts = rng.integers(1, 4, (30, 30)) * (rng.random((30, 30)) < 0.2)
    ids = [f"n{k}" for k in range(30)]
    made = Connectome.from_matrix(counts * (1 - np.eye(30)), ids=ids)
    made = made.with_cells(sign=np.where(rng.random(30) < 0.3, -1.0, 1.0))
    return made.with_pool("sensory", ids[:6]).with_pool("output", ids[-5:])


def taught(networks, series, kind=Wirings, **options):
    core = kind(networks, 3) if kind is Wirings else kind(networks)
    brains = Brains(core, POND([0]), series)
    _, curve = learn_together(brains, POND, method=SHORT, steps=64, series=series, **options)
    return brains, curve


def test_wirings_beside_each_other_learn_as_each_would_alone(wirings):
    from copy import deepcopy

    together, curve = taught(deepcopy(wirings), [3, 4])
    seen = torch.rand(5, 2, 5, generator=torch.Generator().manual_seed(0))
    for k, network in enumerate(wirings):
        alone, own = taught([deepcopy(network)], [3 + k])
        torch.testing.assert_close(
            alone(seen[:, k : k + 1]), together(seen)[:, k : k + 1], rtol=1e-3, atol=1e-4
        )
        np.testing.assert_allclose(own[:, 0], curve[:, k])


def test_a_stack_does_what_each_of_its_networks_does_and_learns_as_it_would_alone():
    networks = [layered([5, 7, 3], "tanh", seed=seed) for seed in range(3)]
    seen = torch.rand(4, 3, 5, generator=torch.Generator().manual_seed(1))
    stack = Stack(networks)
    for k, network in enumerate(networks):
        torch.testing.assert_close(stack(seen)[:, k], network.unroll(seen[:, k]).last)
    together, _ = taught(networks, [0, 1, 2], Stack)
    alone, _ = taught(networks[1:2], [1], Stack)
    torch.testing.assert_close(alone(seen[:, 1:2]), together(seen)[:, 1:2], rtol=1e-3, atol=1e-4)


def test_wirings_side_by_side_are_unrolled_as_each_alone(wirings):
    core, seen = Wirings(wirings, 3), torch.rand(4, 2, 5, generator=torch.Generator().manual_seed(2))
    out = core(seen)
    for k, network in enumerate(wirings):
        torch.testing.assert_close(out[:, k], network.unroll(seen[:, k], steps=3).last)
    out.square().sum().backward()
    told = [(p.grad.reshape(-1), owner) for p, owner in core.owners()]
    for k, network in enumerate(wirings):
        network.zero_grad()
        network.unroll(seen[:, k], steps=3).last.square().sum().backward()
        for (joint, owner), own in zip(told, network.parameters(), strict=True):
            assert float(joint[owner == k].norm()) == pytest.approx(float(own.grad.norm()), rel=1e-4)


@pytest.mark.parametrize("shuffled", [False, True])
def test_what_is_learned_is_gone_with_gains_dealt_out_anew(shuffled):
    brains = Brains(Stack([layered([3, 16, 3], "tanh", seed=k) for k in range(2)]), Match([0]), [0, 1])
    how = PPO(horizon=32, epochs=4, batch=128, rate=2e-2)
    learn_together(brains, Match, method=how, steps=2_048, shuffled=shuffled)
    paid = bodies.lived(brains, Match, 60, 9).returns.mean(0)
    assert (paid < 0.75).all() if shuffled else (paid > 0.95).all()


def test_returns_are_scaled_by_their_spread_alone():
    scale, rng = ReturnScale((4, 2), 0.9), np.random.default_rng(0)
    unit = np.array([1.0, 100.0])
    for _ in range(400):
        given = rng.normal(size=(4, 1)) * unit
        told = scale.scaled(given, np.zeros((4, 2), bool))
    np.testing.assert_allclose(told[:, 0], told[:, 1], rtol=1e-3)  # the constant of the start is of unit 1
    spread = (given / told)[0, 0]
    assert spread == pytest.approx(1 / np.sqrt(1 - 0.9**2), rel=0.2), "of an autoregressive series"
    scale.scaled(given, np.array([[True, False]] * 4))
    assert (scale.paid[:, 0] == 0).all()
    assert (scale.paid[:, 1] != 0).all()


def test_a_core_with_one_output_more_is_its_own_critic():
    brains = Brains(Stack([layered([5, 8, 4], "tanh", seed=k) for k in range(2)]), POND([0]), [0, 1])
    assert brains.critic is None
    seen = torch.as_tensor(POND([0, 1]).observe())[:, None].expand(-1, 2, -1)
    parameters, values = brains.told(seen)
    whole = brains.core(brains.scaled(seen))
    assert torch.equal(torch.cat([parameters, values[..., None]], -1), whole)
    assert torch.equal(brains(seen), parameters)
    assert torch.equal(brains.values(seen), values)
    assert {id(p) for p, _ in brains.owners()} == {id(p) for p in brains.core.parameters()}


def test_controls_take_the_brain_away(monkeypatch):
    monkeypatch.setattr(bodies.assay, "FILMED", 5)
    brains = Brains(Stack([layered([5, 8, 3], "tanh", seed=k) for k in range(2)]), POND([0]), [0, 1])
    whole = bodies.lived(brains, POND, 3, 7)
    again = bodies.lived(brains, POND, 3, 7, act=lambda step, seen: whole.actions[step])
    np.testing.assert_array_equal(again.returns, whole.returns)
    left = bodies.controls(brains, POND, whole, 7)
    assert set(left) == set(bodies.CONTROLS)
    assert all(values.shape == (3, 2) for values in left.values())
    assert bodies.filmed(brains, 0, POND([0])).shape == (5, 96, 104, 3)


def test_layers_have_as_many_values_as_the_wiring(wirings):
    for make in (bodies.layers, bodies.bare):
        made = make(wirings[0], 3)
        assert (made.n_inputs, made.n_outputs) == (5, 3)
    size = bodies.layers(wirings[0], 0).n_parameters
    assert size == pytest.approx(wirings[0].n_parameters, rel=0.1)


def test_a_series_for_each_brain_is_asked_for():
    brains = Brains(Stack([layered([5, 4, 3], "tanh")]), POND([0]), [0])
    with pytest.raises(LearnError, match="one for each of 1 brains, got 2"):
        learn_together(brains, POND, series=[0, 1])
    with pytest.raises(LearnError, match=r"actions of shape \(1, 1, 3\), got \(1, 1, 2\)"):
        Brains(Stack([layered([5, 4, 2], "tanh")]), POND([0]), [0])
