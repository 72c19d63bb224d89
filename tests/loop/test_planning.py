"""Planning in tables: questions to a model, what is taken away, races, vetoes."""

import numpy as np
import pytest

from brainwright.loop.planning import conditioned_policies, samples_needed, vetoed, watched
from brainwright.loop.planning.conditioned import counted
from brainwright.loop.planning.samples import greedy
from brainwright.loop.planning.veto import hurting, without
from brainwright.recipes.planning.trial import behaviour
from brainwright.world import anywhere, branch, cliff


def test_what_was_watched_is_its_returns_from_every_step_on():
    table = branch()
    seen = watched(table, behaviour(table), episodes=20, seed=3, discount=0.5)
    for episode in range(20):
        steps = seen.episode == episode
        to_go = seen.to_go[steps]
        assert (seen.total[steps] == to_go[0]).all()
        paid = to_go[:-1] - 0.5 * to_go[1:]
        np.testing.assert_allclose(paid, -0.01, atol=1e-9)
        assert len(set(seen.harm[steps])) == 1
        assert seen.hurt[steps].sum() == seen.harm[steps][0], "harm is done once, at the end"
    assert seen.harm.any()


def test_wanting_more_earns_more_and_shuffled_returns_are_worth_nothing():
    table = anywhere(cliff())
    seen = watched(table, behaviour(table), episodes=100, seed=3)
    earned = {k: table.earned(p) for k, p in conditioned_policies(table, seen, updates=80, seed=3).items()}
    high, low = earned["conditioned"], earned["conditioned, low return wanted"]
    assert high > earned["cloned"] > low
    shuffled = earned["conditioned, returns shuffled"]
    assert abs(shuffled - earned["cloned"]) < high - earned["cloned"]


def test_counting_is_cloning():
    table = branch()
    seen = watched(table, behaviour(table), episodes=400, seed=4)
    often = np.bincount(seen.state, minlength=table.n_states) > 500
    np.testing.assert_allclose(counted(table, seen)[often], behaviour(table)[often], atol=0.06)


def test_a_veto_leaves_what_is_not_rejected():
    policy, rejected = np.array([[0.5, 0.5], [0.9, 0.1]]), np.array([[True, False], [True, True]])
    np.testing.assert_allclose(without(policy, rejected), [[0, 1], [0.9, 0.1]])
    table = branch()
    seen = watched(table, 0.5 * behaviour(table) + 0.5 * behaviour(branch(-1.0)), episodes=150, seed=3)
    harmful = hurting(table, seen)
    np.testing.assert_array_equal(table.chance[harmful][:, table.lethal].sum(1), 1)
    ends = {k: table.reached(p) for k, p in vetoed(table, seen, updates=120, seed=3).items()}
    assert ends["no veto"][table.lethal].sum() > 0.5
    assert ends["both"][table.lethal].sum() < 1e-3
    assert ends["both"][table.ends & ~table.lethal].sum() > 0.5 > ends["next step vetoed"].sum()


def test_a_model_needs_fewer_samples_and_a_scrambled_one_does_not():
    def median(learner):
        return np.median(samples_needed(cliff(), learner, range(3), wanted=-20, most=1_000))

    assert median("model-based") < 900
    assert median("Q") == median("model-based, scrambled") == 1_000


def test_a_policy_that_is_good_at_once_needs_one_step():
    assert samples_needed(cliff(), "Q", [1, 2], wanted=-1e9, most=10).tolist() == [1, 1]
    assert greedy(np.array([[1.0, 2.0]])).tolist() == [[0, 1]]
    with pytest.raises(ValueError, match="at least one"):
        samples_needed(cliff(), "Q", [], wanted=0, most=1)
