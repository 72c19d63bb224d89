"""Learning to act: states over cuts and restarts, methods on small worlds, refusals."""

from functools import partial

import numpy as np
import pytest
import torch
from torch import nn

from brainwright.connectome import Connectome
from brainwright.loop.learn import (
    PPO,
    Cloning,
    Demonstrations,
    Evolution,
    LearnError,
    Policy,
    Runner,
    demonstrate,
    evaluate,
    learn,
    memoryless,
)
from brainwright.loop.learn.evolution import lived
from brainwright.loop.learn.ppo import replayed
from brainwright.network import FanIn, Graph, compile, layered, recurrent, spiking
from brainwright.steering.value import gae
from brainwright.world import Box, Choice, Moment, Rooms, Sequences

SHORT = partial(Rooms, limit=7)
SMALL = ("#####", "#...#", "#...#", "#...#", "#####")


class Echo:
    """Each step shows a number; told again one step later it pays: a memory of one step is needed."""

    observations, actions = Box((0.0,), (1.0,)), Choice(2)

    def __init__(self, seeds, limit=10):
        self.n_bodies, self.limit = len(seeds), limit
        self.rng, self.t = np.random.default_rng(list(seeds)), np.zeros(len(seeds), int)
        self.now = self.rng.integers(0, 2, self.n_bodies)
        self.before = np.full(self.n_bodies, -1)

    def observe(self):
        return self.now[:, None].astype(np.float32)

    def step(self, actions):
        reward = (actions == self.before).astype(float)
        self.t += 1
        self.before, self.now = self.now, self.rng.integers(0, 2, self.n_bodies)
        return Moment(self.observe(), reward, np.zeros(self.n_bodies, bool), self.t >= self.limit)

    def restart(self, which=None):
        which = np.ones(self.n_bodies, bool) if which is None else which
        self.t[which], self.before[which] = 0, -1
        return self.observe()


def worm(n_inputs, n_outputs, **options):
    wiring = Connectome.load("celegans/varshney2011")
    options = {"signs": "unsigned", "scaling": FanIn(), **options}
    return compile(wiring, n_inputs=n_inputs, n_outputs=n_outputs, **options)


NETWORKS = {
    "layered": lambda: layered([77, 8, 6], "tanh"),
    "recurrent": lambda: recurrent(77, 8, 6),
    "spiking": lambda: spiking(77, 8, 6, drive=20.0),
    "wiring": lambda: worm(77, 6),
    "graph": lambda: worm(77, 6, dynamics=Graph(channels=2, descriptors=2), gap_conductance=0.0),
}


@pytest.mark.parametrize("name", NETWORKS)
def test_a_rollout_is_made_again_over_cuts_and_restarts(name):
    world = SHORT(range(3))
    policy = Policy(NETWORKS[name](), world)
    runner = Runner(policy, world, torch.Generator().manual_seed(0))
    runner.collect(5)  # so that the next one begins within episodes
    rollout = runner.collect(20)
    assert rollout.started.any(dim=0).all()
    assert not rollout.started[0].any(), "else nothing would be carried over"
    parameters, values = replayed(policy, rollout, torch.arange(3))
    law = policy.distribution(parameters)
    torch.testing.assert_close(law.log_prob(rollout.actions), rollout.log_probs, rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(values.detach().numpy(), rollout.values, rtol=1e-4, atol=1e-5)
    assert memoryless(policy.network) is (name == "layered")


def test_a_cut_episode_is_valued_where_it_was_cut_by_the_state_that_saw_it():
    world = Echo(range(4), limit=6)
    policy = Policy(recurrent(1, 5, 3, seed=2), world, scale=False)
    rollout = Runner(policy, world, torch.Generator().manual_seed(0)).collect(12)
    state, seen = policy.rest(4), rollout.observations
    for t in range(6):
        told = policy(seen[t], state)
        state = told.state
    assert rollout.over[5].all()
    assert not rollout.terminated.any()
    # Echo shows the same number after a restart, so what was seen at the cut is seen[6]
    carried, fresh = policy(seen[6], state).value, policy(seen[6], policy.rest(4)).value
    np.testing.assert_allclose(rollout.next_values[5], carried.detach().numpy(), rtol=1e-5)
    assert np.abs(rollout.next_values[5] - fresh.detach().numpy()).min() > 1e-4
    np.testing.assert_allclose(rollout.values[6], fresh.detach().numpy(), rtol=1e-5)
    gained = gae(*rollout[5:6], *rollout[3:5], *rollout[6:8])
    assert gained.shape == (12, 4)


def test_updates_of_a_network_with_memory_follow_its_own_states():
    """The ratio of an update's probabilities to those of the rollout is 1 before any change."""
    world = Echo(range(6), limit=5)
    policy = Policy(recurrent(1, 6, 3, seed=1), world)
    rollout = Runner(policy, world, torch.Generator().manual_seed(0)).collect(12)
    before = [p.detach().clone() for p in policy.parameters()]
    how = PPO(epochs=1, batch=24, rate=1e-12)
    losses = how.update(policy, rollout, how.optimiser(policy), torch.Generator().manual_seed(0))
    assert losses["clipped"] == 0
    assert abs(losses["policy_loss"]) < 1e-5, "normalised advantages add up to 0"
    for old, new in zip(before, policy.parameters(), strict=True):
        torch.testing.assert_close(old, new.detach(), atol=1e-9, rtol=0)


def test_a_run_is_the_same_twice():
    rooms, how = partial(Rooms, plan=SMALL, limit=9), PPO(epochs=1, batch=128, rate=1e-2)
    runs = [learn(layered([77, 8, 5], "tanh"), rooms, method=how, steps=256, seed=3) for _ in range(2)]
    np.testing.assert_array_equal(runs[0].returns, runs[1].returns)
    assert np.isfinite(runs[0].returns[-1])


def test_individuals_are_one_tensor():
    policy = Policy(recurrent(1, 4, 2, seed=0), Echo([0]), scale=False)
    how = Evolution(pairs=3, bodies=2)
    many = {name: torch.stack([p.detach() + k for k in range(3)]) for name, p in how.trained(policy).items()}
    together, steps = lived(policy, many, Echo([5, 6] * 3), 2, 10)
    assert steps == 60
    own = {name: p.detach().clone() for name, p in how.trained(policy).items()}
    for k in range(3):
        with torch.no_grad():
            for name, p in how.trained(policy).items():
                p.copy_(own[name] + k)
        world = Echo([5, 6] * 3)  # the same draws, of which the first individual's bodies are not the others'
        seen, state, paid = world.observe(), None, np.zeros(6)
        for _ in range(10):
            action, state = policy.predict(seen, state, deterministic=True)
            moment = world.step(action)
            paid, seen = paid + moment.reward, moment.observation
        assert together[k] == paid.reshape(3, 2)[k].mean()


def test_evolution_climbs():
    rooms = partial(Rooms, plan=SMALL, limit=12)
    how = Evolution(pairs=16, bodies=8, rate=0.05, longest=12)
    learned = learn(layered([77, 8, 5], "tanh"), rooms, method=how, steps=20_000, seed=1)
    assert learned.returns[-2:].mean() > learned.returns[:2].mean() + 0.1


def test_cloning_does_what_was_done_through_the_network_s_memory():
    def echoing():
        last = {"seen": np.zeros((8, 1))}

        def act(seen, rng):
            done, last["seen"] = last["seen"], seen
            return done[:, 0].astype(np.int64)

        return act

    shown = demonstrate(echoing(), Echo, bodies=8, steps=40)
    assert shown.rewards.mean() > 0.85
    learned = learn(recurrent(1, 12, 2), Echo, method=Cloning(shown, updates=80, length=8, rate=3e-2))
    assert learned.returns[-1] > learned.returns[0] + 0.2, "log probability of what was done"
    assert evaluate(learned, Echo, episodes=32, seed=3).mean() > 8


class Reach:
    """One step: the reward is minus the squared distance of the action from a number that is seen."""

    observations, actions = Box((-1.0,), (1.0,)), Box((-2.0,), (2.0,))

    def __init__(self, seeds):
        self.rng, self.n_bodies = np.random.default_rng(list(seeds)), len(seeds)
        self.restart()

    def observe(self):
        return self.seen

    def restart(self, which=None):
        self.seen = self.rng.uniform(-1, 1, (self.n_bodies, 1)).astype(np.float32)
        return self.seen

    def step(self, actions):
        reward = -((actions - self.seen)[:, 0].astype(float) ** 2)
        done = np.ones(self.n_bodies, bool)
        return Moment(self.restart(), reward, done, ~done)


def test_actions_that_are_numbers():
    learned = learn(layered([1, 16, 1], "tanh"), Reach, method=PPO(rate=3e-2, epochs=4), steps=2_048)
    assert evaluate(learned, Reach, episodes=200, seed=5).mean() > -0.05, "of 1/3 where it does not move"
    assert float(learned.policy.log_sd.detach()) < -0.1, "the spread has shrunk"
    action, _ = learned.predict(np.array([0.5]), deterministic=True)
    assert action.shape == (1,)
    assert learned.predict(np.array([[0.5], [0.1]]), episode_start=[True, True])[0].shape == (2, 1)


class Arms:
    """One step, three arms, of which the second pays."""

    observations, actions = Box((0.0,), (1.0,)), Choice(3)

    def __init__(self, seeds):
        self.n_bodies = len(seeds)

    def observe(self):
        return np.ones((self.n_bodies, 1), np.float32)

    def restart(self, which=None):
        return self.observe()

    def step(self, actions):
        done = np.ones(self.n_bodies, bool)
        return Moment(self.observe(), (actions == 1) * 1.0, done, ~done)


def test_a_choice_is_learned_and_a_bonus_is_learned_from_and_not_counted():
    how = PPO(horizon=8, epochs=4, batch=64, rate=5e-2)
    for bonus, best in ((None, 1), (lambda seen, action, after: (action.numpy() == 0) * 10.0, 0)):
        learned = learn(layered([1, 3]), Arms, method=how, steps=640, bonus=bonus)
        action, _ = learned.predict(Arms([0]).observe(), deterministic=True)
        assert action.tolist() == [best]
        assert learned.returns.max() <= 1


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        (lambda: learn(layered([77, 4]), Rooms), r"77 inputs and 5 outputs \(or 6.* choice of 5"),
        (lambda: learn(layered([3, 5]), Rooms), "expected a network of 77 inputs"),
        (lambda: learn(layered([77, 6]), Rooms, critic=layered([77, 1])), "critic: expected none"),
        (lambda: learn(layered([77, 5]), Rooms, critic=layered([7, 1])), "critic: expected 77 inputs"),
        (lambda: learn(layered([77, 5]), Rooms, method="sarsa"), "expected one of ppo, evolution"),
        (lambda: PPO(epochs=0), "counts of at least 1"),
        (lambda: Evolution(sd=0), "sd and rate above 0"),
        (
            lambda: Demonstrations(*np.zeros((3, 4, 2)), np.zeros((5, 2), bool)),
            "expected one .time, body. in all",
        ),
        (lambda: learn(worm(77, 5, output_pool="lonely"), Rooms), "no pool"),
    ],
)
def test_what_cannot_work_is_one_line(wrong, words):
    with pytest.raises((LearnError, ValueError), match=words):
        wrong()


def test_a_loss_that_is_not_finite_is_said():
    network = layered([77, 5])
    with torch.no_grad():
        nn.init.constant_(network.projection(0).weight, np.nan)
    shown = demonstrate(lambda seen, rng: rng.integers(0, 5, len(seen)), Rooms, steps=10)
    with pytest.raises((LearnError, ValueError)):
        learn(network, Rooms, method=Cloning(shown))


def test_sequences_are_worlds_too():
    learned = learn(recurrent(*sizes(Sequences)), Sequences, method=PPO(horizon=4, epochs=1), steps=64)
    assert learned.steps.tolist() == [32, 64]


def sizes(make):
    world = make([0])
    return world.observations.size, 8, world.actions.n
