"""Worlds as Gymnasium environments and the other way round, where Gymnasium is installed."""

import importlib.util
from functools import partial

import numpy as np
import pytest

from brainwright.world import (
    Plate,
    PlateLaw,
    PongWorld,
    Recent,
    Rooms,
    Sequences,
    TableWorld,
    WorldError,
    check_world,
    lake,
)

if importlib.util.find_spec("gymnasium") is None:
    pytest.skip("gymnasium is not installed: pip install 'brainwright[worlds]'", allow_module_level=True)

import gymnasium
from gymnasium.utils.env_checker import check_env

from brainwright.world.gym_world import GymWorld
from brainwright.world.world_env import WorldEnv

SHORT = {
    "plate": lambda seeds: Plate(seeds, PlateLaw(duration_s=2)),
    "rooms": Rooms,
    "pong": PongWorld,
    "sequences": partial(Sequences, task="parity"),
    "table": partial(TableWorld, table=lake()),
    "recent": partial(Recent, make=partial(Rooms, limit=9), moments=3),
}


@pytest.mark.parametrize("name", SHORT)
# a turn is in rad/s, not in shares of a limit, and what is smelled has no bound
@pytest.mark.filterwarnings("ignore:.*For Box action spaces, we recommend:UserWarning")
@pytest.mark.filterwarnings("ignore:.*Box observation space m:UserWarning")
def test_a_world_passes_the_checker_of_gymnasium(name):
    check_env(WorldEnv(SHORT[name]), skip_render_check=True)  # which needs an id in Gymnasium's registry
    env = WorldEnv(SHORT[name], render_mode="rgb_array")
    first, _ = env.reset(seed=5)
    picture = env.render()
    assert picture.dtype == np.uint8
    assert picture.shape[2] == 3
    env.action_space.seed(0)
    actions = [env.action_space.sample() for _ in range(20)]
    told = [env.step(action)[:4] for action in actions if env.render() is not None]
    again, _ = env.reset(seed=5)
    assert np.array_equal(first, again)
    for action, (seen, reward, *_) in zip(actions, told, strict=True):
        other, same, *_ = env.step(action)
        assert np.array_equal(seen, other)
        assert reward == same


def test_a_world_without_a_picture_passes_too():
    check_env(WorldEnv(_Unseen), skip_render_check=True)
    with pytest.raises(WorldError, match=r"_Unseen has no method picture"):
        WorldEnv(_Unseen, render_mode="rgb_array")


class _Unseen:
    """A lake that cannot be drawn."""

    def __init__(self, seeds):
        self._lake = TableWorld(seeds, lake())

    def __getattr__(self, name):
        if name == "picture":
            raise AttributeError(name)
        return getattr(self._lake, name)


def test_episodes_of_an_environment_are_those_of_its_world():
    env = WorldEnv(SHORT["plate"])
    env.reset(seed=1)
    first = env.world.heading[0]
    env.reset()
    assert env.world.heading[0] != first


def test_an_adapted_environment_keeps_the_contract_and_is_the_plain_one():
    check_world(lambda seeds: GymWorld(seeds, "CartPole-v1"), steps=80)
    check_world(lambda seeds: GymWorld(seeds, "Pendulum-v1"), steps=10)
    world, plain = GymWorld([4], "CartPole-v1"), gymnasium.make("CartPole-v1")
    seen, _ = plain.reset(seed=4)
    for t in range(100):
        assert np.array_equal(world.observe()[0], seen)
        moment = world.step([t % 2])
        seen, reward, terminated, truncated, _ = plain.step(t % 2)
        assert moment.reward[0] == reward
        assert (moment.terminated[0], moment.truncated[0]) == (terminated, truncated)
        if terminated:
            seen, _ = plain.reset()
            world.restart(moment.terminated)


def test_discrete_observations_are_one_hot():
    world = GymWorld([1], lambda: gymnasium.wrappers.TimeLimit(_Counter(), 4))
    seen = [world.observe()[0].argmax()] + [world.step([0]).observation[0].argmax() for _ in range(3)]
    assert seen == [0, 1, 2, 3]
    assert world.step([0]).truncated[0]


class _Counter(gymnasium.Env):
    observation_space, action_space = gymnasium.spaces.Discrete(5), gymnasium.spaces.Discrete(1)

    def reset(self, *, seed=None, options=None):
        self.n = 0
        return 0, {}

    def step(self, action):
        self.n += 1
        return self.n, 0.0, False, False, {}


def test_refusals():
    with pytest.raises(WorldError, match="expected an id that Gymnasium knows"):
        GymWorld([1], "NoSuchBody-v0")
    with pytest.raises(WorldError, match="a decoder fits only these"):
        GymWorld([1], partial(_Strange))
    with pytest.raises(WorldError, match=r"^_Asleep: expected reset\(seed=...\) .* got OSError: no camera$"):
        GymWorld([1], _Asleep)
    with pytest.raises(WorldError, match="world of one body for a seed, got 2"):
        WorldEnv(partial(Rooms, n_agents=2))
    with pytest.raises(WorldError, match="render_mode: expected None or 'rgb_array'"):
        WorldEnv(Rooms, render_mode="human")
    with pytest.raises(WorldError, match=r"expected reset\(\) before the first step"):
        WorldEnv(Rooms).step(0)
    with pytest.raises(WorldError, match="at least one, got none"):
        GymWorld([], "CartPole-v1")


class _Asleep(_Counter):
    def reset(self, *, seed=None, options=None):
        raise OSError("no camera")


class _Strange(_Counter):
    action_space = gymnasium.spaces.MultiBinary(3)


@pytest.mark.skipif(importlib.util.find_spec("mujoco") is not None, reason="mujoco is installed")
def test_without_mujoco_one_line_says_what_to_install():
    with pytest.raises(WorldError, match=r"pip install 'gymnasium\[mujoco\]'"):
        GymWorld([1], "Swimmer-v5")
