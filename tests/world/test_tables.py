"""Worlds as tables: the contract, Gymnasium's own tables, and what policies earn."""

import importlib.util
from functools import partial

import numpy as np
import pytest

from brainwright.world import TableWorld, WorldError, anywhere, branch, check_world, cliff, lake

TABLES = {"lake": lake, "dry lake": partial(lake, slips=False), "cliff": cliff, "branch": branch}


@pytest.mark.parametrize("name", TABLES)
def test_a_table_is_a_world_and_its_chances_are_chances(name):
    table = anywhere(TABLES[name]())
    np.testing.assert_allclose(table.chance.sum(-1), 1)
    assert table.start.sum() == pytest.approx(1)
    assert not table.start[table.ends].any()
    check_world(partial(TableWorld, table=table, limit=20))


@pytest.mark.parametrize(("name", "id_"), [("lake", "FrozenLake8x8-v1"), ("cliff", "CliffWalking-v1")])
def test_tables_are_gymnasium_s(name, id_):
    if importlib.util.find_spec("gymnasium") is None:
        pytest.skip("gymnasium is not installed: pip install 'brainwright[worlds]'")
    import gymnasium

    table, env = TABLES[name](), gymnasium.make(id_).unwrapped
    for state, actions in env.P.items():
        if table.ends[state] or (name == "cliff" and 37 <= state <= 46):
            continue  # what would follow an end, or where nobody stands
        for action, outcomes in actions.items():
            chance, reward = np.zeros((2, table.n_states))
            for share, after, paid, _ in outcomes:
                chance[after] += share
                reward[after] = paid
            np.testing.assert_allclose(table.chance[state, action], chance, atol=1e-12)
            np.testing.assert_allclose(table.reward[state, action] * (chance > 0), reward * (chance > 0))


def test_what_is_earned_is_the_mean_of_what_is_lived():
    table = lake()
    policy = np.eye(4)[table.best().argmax(1)]
    world = TableWorld(range(2_000), table)
    alive, paid = np.ones(2_000, bool), np.zeros(2_000)
    for _ in range(100):
        moment = world.step(policy[world.place].argmax(1))
        paid += moment.reward * alive
        alive &= ~(moment.terminated | moment.truncated)
        world.restart(moment.terminated | moment.truncated)
    error = paid.std() / 2_000**0.5
    assert abs(paid.mean() - table.earned(policy)) < 4 * error
    assert table.reached(policy)[-1] == pytest.approx(table.earned(policy))


def test_the_best_policies_are_known_ones():
    walk = cliff()
    assert walk.earned(np.eye(4)[walk.best().argmax(1)]) == -13
    bait = branch()
    ends = bait.reached(np.eye(4)[bait.best().argmax(1)])
    assert ends[bait.lethal].sum() == 1
    with pytest.raises(WorldError, match="at least 1 step"):
        TableWorld([1], walk, limit=0)
