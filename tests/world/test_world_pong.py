"""Pong in batches against a plain game in scalars; its rules; its Gymnasium face where that is installed."""

import importlib.util
import runpy
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from brainwright.world import COLUMNS, Pong, marks

BENCHMARK = runpy.run_path(str(Path(__file__).parents[2] / "benchmarks" / "pong.py"))
HAVE_GYMNASIUM = importlib.util.find_spec("gymnasium") is not None


def test_a_batch_is_as_many_plain_games():
    assert BENCHMARK["disagreement"]([0, 1, 2**40, 2**63 - 1], 600) < 1e-12


def test_a_game_does_not_depend_on_the_others():
    alone, beside = Pong([7]), Pong([3, 7, 9])
    for t in range(100):
        move = [-1, 0, 1][t % 3]
        one, three = alone.step([move]), beside.step([1, move, -1])
        assert (one.hit[0], one.missed[0]) == (three.hit[1], three.missed[1])
    assert alone.height[0] == beside.height[1]
    assert alone.drawn[0] == beside.drawn[1] > 1


def test_a_serve_reaches_the_wall_at_a_uniform_height():
    games = Pong(range(4_000))
    for _ in range(COLUMNS // 2 - 1):
        games.step(np.zeros(4_000, int))
    at_the_wall = games.height + games.slope
    quarters = np.histogram(at_the_wall, bins=4, range=(0, 1))[0] / 4_000
    assert quarters == pytest.approx(np.full(4, 0.25), abs=5 * np.sqrt(0.25 * 0.75 / 4_000))


def test_marks_of_players_without_a_brain():
    """A paddle of a quarter of the court that stands still meets a quarter of the balls."""
    reached = marks(range(200), 300)
    assert reached["still"] == pytest.approx(0.25, abs=0.03)
    assert reached["random"] == pytest.approx(0.25, abs=0.03)
    assert reached["to the ball"] > 0.8


def test_balls_and_paddles_stay_in_the_court():
    games, rng = Pong(range(50)), np.random.default_rng(1)
    for _ in range(300):
        bounce = games.step(rng.integers(-1, 2, 50))
        assert not (bounce.hit & bounce.missed).any()
        assert ((games.height >= 0) & (games.height <= 1)).all()
        assert ((games.paddle >= games.half_length) & (games.paddle <= 1 - games.half_length)).all()
        assert ((games.column >= 0) & (games.column <= COLUMNS)).all()


def test_games_that_wait_stand_still_and_forgiving_ones_are_not_served_anew():
    games, playing = Pong([1, 2]), np.array([True, False])
    before = games.height[1], games.column[1], games.paddle[1]
    for _ in range(40):
        assert not games.step([1, 1], playing).missed[1]
    assert (games.height[1], games.column[1], games.paddle[1]) == before
    forgiven, columns, missed = Pong([1]), [], 0
    for _ in range(200):
        missed += int(forgiven.step([1], forgiving=True).missed[0])
        columns.append(int(forgiven.column[0]))
    assert missed > 2
    assert set(np.abs(np.diff(columns))) == {1}


@pytest.mark.parametrize("options", [{"half_length": 0.5}, {"half_length": 0}, {"paddle_step": 0}])
def test_a_paddle_that_does_not_fit_is_refused(options):
    with pytest.raises(ValueError, match=r"half_length in \(0, .5\)"):
        Pong([1], **options)


def test_refusals():
    for seeds in ([], [-1], [2**63]):
        with pytest.raises(ValueError, match="seeds: expected at least one number"):
            Pong(seeds)
    with pytest.raises(ValueError, match=r"one for each of 2 games, got shape \(3,\)"):
        Pong([1, 2]).step([0, 0, 0])


@pytest.mark.skipif(HAVE_GYMNASIUM, reason="gymnasium is installed")
def test_without_gymnasium_one_line_says_what_to_install():
    done = subprocess.run(
        [sys.executable, "-c", "import brainwright.world.pong_env"], capture_output=True, text=True
    )
    last = done.stderr.strip().splitlines()[-1]
    assert "pip install 'brainwright[worlds]'" in last
    assert done.returncode == 1


@pytest.mark.skipif(
    not HAVE_GYMNASIUM, reason="gymnasium is not installed: pip install 'brainwright[worlds]'"
)
def test_the_environment_keeps_the_contract_of_gymnasium():
    from gymnasium.utils.env_checker import check_env

    from brainwright.world.pong_env import PongEnv

    check_env(PongEnv(), skip_render_check=True)
    env = PongEnv()
    seen, _ = env.reset(seed=3)
    rewards, ended = [], False
    while not ended and len(rewards) < 200:
        seen, reward, ended, cut, _ = env.step(2 if seen[1] > seen[4] else 0)
        rewards.append(reward)
        assert not cut
    assert rewards.count(-1.0) == int(ended)
    assert rewards.count(1.0) >= 1
