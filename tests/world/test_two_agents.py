"""One who knows and one who watches: rewards by hand, the contract, PettingZoo's own test."""

import importlib.util
from functools import partial

import numpy as np
import pytest

from brainwright.world import Rooms, Watched, WorldError, check_world
from brainwright.world.parallel_env import ParallelEnv
from brainwright.world.watched import COST

STAY, UP, RIGHT, DOWN, LEFT = range(5)


def of_side(right, **options):
    """A pair whose food is on a side."""
    return next(world for world in (Watched([k], **options) for k in range(20)) if world.right[0] == right)


def played(world, knower, watcher):
    """Rewards [step, body] of moves one after another."""
    return np.array([world.step([a, b]).reward for a, b in zip(knower, watcher, strict=True)])


@pytest.mark.parametrize("options", [{}, {"other": "friend"}, {"rows": 3, "columns": 5, "watches": 0}])
def test_the_contract_is_kept(options):
    check_world(partial(Watched, **options), steps=25)


def test_a_rival_waits_while_it_watches_and_takes_the_food():
    world = of_side(1)
    straight = played(world, [RIGHT] * 10, [RIGHT] * 10)
    np.testing.assert_allclose(straight[:3, 0], [-COST, -COST, 1 - COST])
    np.testing.assert_allclose(straight[3:, 0], [0, 0, -1, 0, 0, 0, 0], atol=1e-12)
    np.testing.assert_allclose(straight[:, 1], [0, 0, 0, -COST, -COST, 1 - COST, 0, 0, 0, 0], atol=1e-12)


def test_a_friend_is_helped_at_a_cost():
    rewards = played(of_side(0, other="friend"), [STAY, LEFT, LEFT, LEFT, STAY], [LEFT] * 5)
    np.testing.assert_allclose(rewards[:, 0], [0, -COST, -COST, -COST, 0])
    np.testing.assert_allclose(rewards[:, 1], [0, 0, 0, 1, 0])


def test_only_who_knows_sees_where_food_is_and_walls_hold():
    world = of_side(1, rows=3, columns=5)
    seen = world.observe()
    np.testing.assert_array_equal(seen[:, :2], [[0, 1], [0, 0]])
    for _ in range(4):
        world.step([UP, STAY])
    np.testing.assert_array_equal(world.place[0], [[0, 2], [1, 2]])
    assert world.picture().shape == (72, 120, 3)
    assert world.food[0].tolist() == [1, 4]


@pytest.mark.parametrize("options", [{"other": "foe"}, {"rows": 2}, {"columns": 1}, {"limit": 5}])
def test_what_makes_no_sense_is_refused(options):
    with pytest.raises(WorldError, match="Watched: expected"):
        Watched([1], **options)


def test_agents_by_name_are_the_bodies_of_the_world():
    env = ParallelEnv(Watched, ("knower", "watcher"))
    first, infos = env.reset(seed=3)
    again, _ = ParallelEnv(Watched, ("knower", "watcher")).reset(seed=3)
    np.testing.assert_array_equal(first["knower"], again["knower"])
    assert set(infos) == set(env.agents) == {"knower", "watcher"}
    for _ in range(10):
        _, rewards, terminated, truncated, _ = env.step({"watcher": LEFT, "knower": STAY})
    assert not env.agents
    assert all(terminated.values())
    assert not any(truncated.values())
    assert rewards["knower"] == pytest.approx(-COST)
    assert env.state().shape == (34,)
    with pytest.raises(WorldError, match="expected an action of each of nobody"):
        env.step({"knower": STAY, "watcher": STAY})
    with pytest.raises(WorldError, match="expected 2 distinct names"):
        ParallelEnv(Watched, ("one",))


@pytest.mark.skipif(
    importlib.util.find_spec("pettingzoo") is None,
    reason="pettingzoo is not installed: pip install 'brainwright[pettingzoo]'",
)
@pytest.mark.parametrize("make", [Watched, partial(Rooms, n_agents=2, limit=30)])
def test_pettingzoo_finds_nothing_wrong(make):
    from pettingzoo.test import parallel_api_test, parallel_seed_test

    parallel_api_test(ParallelEnv(make, ("one", "two")), num_cycles=50)
    parallel_seed_test(lambda: ParallelEnv(make, ("one", "two")), num_cycles=20)
