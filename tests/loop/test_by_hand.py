"""PPO by hand against autograd and torch's Adam: the same rollouts, gradients and steps, to rounding."""

from functools import partial

import numpy as np
import pytest
import torch

from brainwright.loop.learn import PPO, LearnError, Policy, Runner, learn
from brainwright.loop.learn.by_hand import ByHand
from brainwright.network import layered, recurrent
from brainwright.world import Box, Choice, Moment


class Chase:
    """A number drifts by what is done; episodes end or are cut at their own times."""

    observations = Box((-5.0, 0.0), (5.0, 1.0))

    def __init__(self, seeds, actions):
        self.rng, self.n_bodies, self.actions = np.random.default_rng(list(seeds)), len(seeds), actions
        self.at, self.t = self.rng.normal(size=len(seeds)), np.arange(len(seeds))

    def observe(self):
        return np.stack([self.at, self.t / 9], 1).astype(np.float32)

    def step(self, actions):
        push = np.asarray(actions, float).reshape(self.n_bodies, -1).sum(1)
        self.at, self.t = self.at + 0.1 * push + 0.3 * self.rng.normal(size=self.n_bodies), self.t + 1
        ended = np.abs(self.at) > 2
        return Moment(self.observe(), -(self.at**2), ended, ~ended & (self.t >= 9))

    def restart(self, which=None):
        which = np.ones(self.n_bodies, bool) if which is None else which
        self.at[which], self.t[which] = self.rng.normal(size=which.sum()), 0
        return self.observe()


ACTIONS = {"choice": Choice(3), "numbers": Box((-9.0,) * 2, (9.0,) * 2)}


@pytest.mark.parametrize("phi", ["tanh", "relu"])
@pytest.mark.parametrize("kind", ACTIONS)
def test_acting_and_learning_by_hand_are_those_of_torch(kind, phi, monkeypatch):
    make = partial(Chase, actions=ACTIONS[kind])
    # ratios that are clipped on either side, gradients that are cut, an entropy, a batch that is left over
    how = PPO(epochs=3, batch=50, rate=3e-3, clip=0.02, entropy=0.01, largest_gradient=0.3, bodies=6)

    def lived():
        world = make(range(6))
        policy = Policy(layered([2, 9, 7, 3 if kind == "choice" else 2], phi, seed=1), world)
        policy.seen(torch.from_numpy(world.observe()))
        generator, optimiser = torch.Generator().manual_seed(0), how.optimiser(policy)
        runner = Runner(policy, world, generator)
        kept = []
        for _ in range(2):
            kept.append(runner.collect(20))
            kept.append(how.update(policy, kept[-1], optimiser, generator))
        return policy, optimiser, kept

    policy, optimiser, kept = lived()
    assert ByHand.of(policy) is not None, "else torch is compared with itself"
    monkeypatch.setattr(ByHand, "of", lambda policy: None)
    other, its, wanted = lived()
    for told, true in zip(kept, wanted, strict=True):
        if isinstance(true, dict):
            assert told == pytest.approx(true, rel=1e-3, abs=1e-5)
            assert 0.05 < true["clipped"] < 0.95
            continue
        assert true.over.any()
        assert (true.over & ~true.terminated).any(), "cut episodes are valued where they were cut"
        for name in ("actions", "log_probs", "values", "next_values"):
            np.testing.assert_allclose(getattr(told, name), getattr(true, name), rtol=1e-3, atol=1e-4)
    for (name, value), (_, true) in zip(policy.state_dict().items(), other.state_dict().items(), strict=True):
        torch.testing.assert_close(value, true, rtol=1e-3, atol=1e-4, msg=name)
    assert not torch.equal(policy.network.projection(0).weight, layered([2, 9, 7, 3]).projection(0).weight)
    for p, true in zip(policy.parameters(), other.parameters(), strict=True):
        for name in its.state[true]:  # so that what is kept goes on by either way
            torch.testing.assert_close(optimiser.state[p][name], its.state[true][name], rtol=1e-2, atol=1e-5)


@pytest.mark.parametrize(
    "policy",
    [
        lambda world: Policy(recurrent(2, 5, 3), world),
        lambda world: Policy(layered([2, 5, 4], "tanh"), world),  # its own critic
        lambda world: Policy(layered([2, 5, 3], "softplus"), world),
        lambda world: Policy(layered([2, 5, 3], "tanh", bias=False), world),
        lambda world: Policy(layered([2, 5, 3], "tanh", normalise=True), world),
        lambda world: Policy(layered([2, 5, 3], "tanh").requires_grad_(False), world),
        lambda world: Policy(layered([2, 5, 3], dtype=torch.float64), world),
        lambda world: type("Own", (Policy,), {})(layered([2, 5, 3], "tanh"), world),
    ],
)
def test_what_keeps_something_or_is_not_all_taught_is_left_to_torch(policy):
    assert ByHand.of(policy(Chase([0], Choice(3)))) is None


def test_steps_that_go_too_far_are_one_line():
    make = partial(Chase, actions=ACTIONS["numbers"])
    with pytest.raises(LearnError, match="not finite after 256 steps: try a smaller rate"):
        learn(layered([2, 4, 2], "tanh"), make, method=PPO(rate=1e20, batch=64), steps=512)
