"""Imitation with a teacher at hand, local rules, and learning that is resumed to the same numbers."""

from types import SimpleNamespace

import numpy as np
import pytest
import torch
from match_world import Match

from brainwright.learning.rules.eprop import EProp
from brainwright.learning.rules.three_factor import ThreeFactor
from brainwright.loop.learn import (
    PPO,
    ByRule,
    Cloning,
    DAgger,
    Evolution,
    Interrupted,
    Keep,
    LearnError,
    Policy,
    PolicyGradient,
    Runner,
    evaluate,
    learn,
    recorded,
)
from brainwright.network import layered, recurrent
from brainwright.objective import Batch
from brainwright.runs.units import UnitsError
from brainwright.steering.value import gae
from brainwright.world import Box, Choice, Moment


class Ledge:
    """A walk of ten places, begun at the first. Right (1) is the way; whoever was ever wrong is on a ledge,
    where left (0) is the way and right falls off. The place and the ledge are seen.
    """

    observations, actions = Box((0.0,) * 2, (1.0,) * 2), Choice(2)

    def __init__(self, seeds):
        self.n_bodies, self.rng = len(seeds), np.random.default_rng(list(seeds))
        self.at, self.ledge = np.zeros(len(seeds), int), np.zeros(len(seeds), bool)

    def observe(self):
        return np.stack([self.at / 10, self.ledge], 1).astype(np.float32)

    def restart(self, which=None):
        which = np.ones(self.n_bodies, bool) if which is None else which
        self.at[which], self.ledge[which] = 0, False
        return self.observe()

    def step(self, actions):
        wrong = actions == np.where(self.ledge, 1, 0)
        fell = wrong & self.ledge
        slipped = self.rng.random(self.n_bodies) < 0.1 * (self.n_slips > 0)
        self.ledge |= wrong | slipped
        self.at += 1
        return Moment(self.observe(), 1.0 - fell, fell | (self.at >= 10), np.zeros(self.n_bodies, bool))

    n_slips = 0


def teacher(seen, rng):
    return np.where(seen[:, 1] > 0.5, 0, 1)


class Slippery(Ledge):
    """Where the learner may find itself on the ledge without a mistake of its own."""

    n_slips = 1


def test_a_teacher_at_hand_says_what_to_do_where_it_never_was_itself():
    how = DAgger(teacher, rounds=3, bodies=8, steps=20, updates=30, length=10, rate=5e-2)
    first = how.met(None, Ledge, 0, 0)
    assert not first.observations[..., 1].any(), "the teacher is never on the ledge"
    bad = Policy(layered([2, 8, 2], "tanh", seed=3), Ledge([0]))
    with torch.no_grad():
        bad.network.projection(1).weight.zero_()
        bad.network.cells("output").bias.copy_(torch.tensor([5.0, 0.0]))
    met = how.met(bad, Ledge, 1, 0)
    on = met.observations[..., 1] > 0.5
    assert on.any()
    assert (met.actions[on] == 0).all(), "labels are the teacher's, wherever the learner is"
    learned = learn(layered([2, 8, 2], "tanh", seed=3), Slippery, method=how, seed=1)
    cloned = learn(
        layered([2, 8, 2], "tanh", seed=3),
        Ledge,
        method=Cloning(first, updates=90, length=10, rate=5e-2),
        seed=1,
    )
    assert learned.steps.tolist() == [160, 320, 480]
    dagger, cloning = (evaluate(each, Slippery, episodes=60, seed=9).mean() for each in (learned, cloned))
    assert dagger > 9.9
    assert cloning < 9.0, "demonstrations alone never showed the ledge"


RULES = {"e-prop": EProp(), "three-factor": ThreeFactor(action="outputs")}


@pytest.mark.parametrize("name", RULES)
def test_local_rules_learn_to_act_and_not_with_rewards_dealt_out_anew(name):
    how = ByRule(RULES[name], bodies=32, horizon=8, rate=5e-2)

    class Dealt(Match):
        def step(self, actions):
            told = super().step(actions)
            return told._replace(reward=self.rng.permutation(told.reward))

    def paid(make, steps):
        policy = Policy(layered([3, 12, 3], "tanh", seed=1), Match([0]), scale=False)
        return evaluate(
            learn(policy, make, method=how, steps=steps, seed=2), Match, episodes=300, seed=5
        ).mean()

    n = 5_120 if name == "e-prop" else 10_240  # noise finds the way more slowly than an error
    untaught, taught, dealt = paid(Match, 1), paid(Match, n), paid(Dealt, n)
    assert taught > max(untaught, dealt) + 0.2
    assert taught > 0.9


def test_a_rule_s_gradient_of_layers_is_that_of_the_policy():
    """With symmetric feedback e-prop is backpropagation where nothing lasts."""
    policy = Policy(layered([3, 6, 3], "tanh", seed=0), Match([0]), scale=False)
    how = ByRule(EProp("symmetric"), bodies=8, horizon=4, rate=1e-12)
    rollout = Runner(policy, Match(range(8)), torch.Generator().manual_seed(0)).collect(4)
    state, optimiser = how.start(policy, 0)
    how.update(policy, rollout, state, optimiser)
    parts = rollout.rewards, rollout.values, rollout.next_values, rollout.terminated, rollout.over
    gained = gae(*parts, discount=how.discount, decay=how.decay)
    gained = torch.from_numpy((gained - gained.mean()) / gained.std()).float()
    law = policy.distribution(policy(rollout.observations.flatten(0, 1), policy.rest(32)).parameters)
    loss = -(law.log_prob(rollout.actions.flatten()) * gained.flatten()).mean()
    weight = policy.network.projection(0).weight
    (wanted,) = torch.autograd.grad(loss, weight)
    optimiser.zero_grad()
    targets = torch.stack([gained.flatten(), rollout.actions.flatten().float()], 1)
    batch = Batch(rollout.observations.flatten(0, 1), targets)
    how.rule.update(policy.network, batch, PolicyGradient(policy), state, {"steps": 1})
    torch.testing.assert_close(weight.grad, wanted, rtol=1e-4, atol=1e-6)


class Fails(Match):
    """Breaks off in its 40th step."""

    left = 40

    def step(self, actions):
        Fails.left -= 1
        if not Fails.left:
            raise RuntimeError("the power is gone")
        return super().step(actions)


@pytest.mark.parametrize(
    "method",
    [PPO(bodies=4, horizon=8, epochs=2, batch=32, scaled=True), Evolution(pairs=2, bodies=4, longest=1)],
    ids=["ppo", "evolution"],
)
def test_learning_that_was_cut_short_comes_to_the_same_numbers(method, tmp_path):
    def learned(make, folder):
        options = {"method": method, "steps": 400 if isinstance(method, PPO) else 160, "seed": 3}
        return learn(layered([3, 6, 3], "tanh", seed=1), make, keep=Keep(folder, every=2), **options)

    whole = learned(Match, tmp_path / "whole")
    Fails.left = 40 if isinstance(method, PPO) else 6
    with pytest.raises(Interrupted):
        learned(Fails, tmp_path / "cut")
    again = learned(Match, tmp_path / "cut")
    np.testing.assert_array_equal(again.returns, whole.returns)
    np.testing.assert_array_equal(again.steps, whole.steps)
    for one, other in zip(
        whole.policy.state_dict().values(), again.policy.state_dict().values(), strict=True
    ):
        assert torch.equal(one, other)
    with pytest.raises(UnitsError, match="another"):
        learn(layered([3, 6, 3], "tanh"), Match, method=method, steps=99, keep=Keep(tmp_path / "cut"))


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        (lambda: learn(recurrent(3, 5, 3), Match, method="e-prop"), "expected moments from rest"),
        (lambda: learn(layered([3, 4]), Match, method="three-factor"), "expected a critic apart"),
        (lambda: learn(layered([3, 3]), Match, method="e-prop", keep=Keep("x")), "keep: expected PPO"),
        (lambda: Keep("x", every=0), "at least one update"),
        (lambda: DAgger(teacher, rounds=0), "counts of at least 1"),
        (lambda: ByRule(EProp(), bodies=0), "counts of at least 1"),
    ],
)
def test_what_cannot_be_taught_is_one_line(wrong, words):
    with pytest.raises(LearnError, match=words):
        wrong()


def test_recorded_episodes_are_streams_that_know_where_each_begins():
    def episode(n, start):
        seen = np.arange(start, start + n + 1, dtype=float).reshape(-1, 1, 1)
        return SimpleNamespace(observations=seen, actions=np.full(n, start % 3), rewards=np.full(n, 0.5))

    shown = recorded([episode(5, 0), episode(3, 100), episode(4, 200), episode(9, 300)], bodies=2)
    assert shown.observations.shape == (7, 2, 1)
    assert shown.observations[:, 1, 0].tolist() == [100, 101, 102, 200, 201, 202, 203]
    assert shown.started[:, 1].tolist() == [True, False, False, True, False, False, False]
    assert shown.actions[:, 0].tolist() == [0] * 7
    learn(layered([1, 3]), Arms, method=Cloning(shown, updates=1, length=4))
    with pytest.raises(LearnError, match="one observation more than actions and rewards, got 3, 3 and 3"):
        recorded([SimpleNamespace(observations=np.zeros(3), actions=np.zeros(3), rewards=np.zeros(3))])
    with pytest.raises(LearnError, match="at least one episode"):
        recorded([])


class Arms(Match):
    observations = Box((0.0,), (1.0,))

    def observe(self):
        return self.wanted[:, None].astype(np.float32)
