"""Every world keeps the contract; the plate against closed forms and its twin; rooms and sequences by their
rules.
"""

from functools import partial

import numpy as np
import pytest
import torch

from brainwright.world import (
    TASKS,
    Box,
    Moment,
    Plate,
    PlateLaw,
    PongWorld,
    Recent,
    Rooms,
    Sequences,
    TableWorld,
    WorldBroken,
    WorldError,
    branch,
    check_world,
)
from brainwright.world.plate_twin import PlateTwin, cut

WORLDS = {
    "plate": Plate,
    "pirouettes": lambda seeds: Plate(seeds, PlateLaw(pirouettes_hz=0.5, duration_s=2)),
    "rooms": Rooms,
    "rooms of two": lambda seeds: Rooms(seeds, n_agents=2, goal_steps=7, limit=20),
    "pong": partial(PongWorld, limit=30),
    "last moments": partial(Recent, make=partial(Rooms, limit=9), moments=3),
    "table": partial(TableWorld, table=branch(), limit=20),
    **{task: partial(Sequences, task=task) for task in TASKS},
}


@pytest.mark.parametrize("name", WORLDS)
def test_a_world_keeps_the_contract_and_can_be_drawn(name):
    check_world(WORLDS[name])
    picture = WORLDS[name]([1]).picture(0)
    assert picture.dtype == np.uint8
    assert picture.ndim == 3
    assert np.unique(picture).size > 1


class _Broken:
    """A plate with one fault."""

    def __init__(self, fault, seeds):
        self._plate, self._fault = Plate(seeds), fault
        self.n_bodies, self.actions = self._plate.n_bodies, self._plate.actions
        self.observations = Box((0.0,) * 3, (0.5,) * 3) if fault == "bounds" else self._plate.observations

    def observe(self):
        return self._plate.observe()

    def restart(self, which=None):
        return self._plate.restart(None if self._fault == "restart" else which)

    def step(self, actions):
        if self._fault == "refusals":
            actions = np.nan_to_num(np.resize(actions, (self.n_bodies, 1)))
        moment = self._plate.step(actions)
        if self._fault == "both":
            return Moment(*moment[:2], moment.truncated | True, moment.truncated | True)
        if self._fault == "mixing":
            return moment._replace(reward=moment.reward + moment.reward.mean())
        if self._fault == "type":
            return moment._replace(reward=moment.reward.astype(np.float32))
        return moment


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        ("bounds", "outside the bounds"),
        ("restart", "without a mark"),
        ("refusals", "were not refused"),
        ("both", "at once"),
        ("mixing", "depends on the other seeds"),
        ("type", "reward: expected float64"),
    ],
)
def test_the_checker_finds_what_is_broken(fault, said):
    with pytest.raises(WorldBroken, match=said):
        check_world(partial(_Broken, fault))


def test_a_straight_worm_reaches_the_peak_as_geometry_says():
    """On a cone, heading for the peak: h falls by v t, and the index is 1 minus its mean over h(0)."""
    law = PlateLaw(field="cone", duration_s=200)  # 4.4 of 4.5 cm
    worm = Plate([1], law)
    worm.heading[:] = 0
    rewards, seen = [], []
    for _ in range(law.n_steps):
        moment = worm.step(np.zeros((1, 1)))
        rewards.append(moment.reward[0])
        seen.append(moment.observation[0])
    steps = np.arange(1, law.n_steps + 1)
    h = law.peak_cm - law.speed_cm_s * law.dt_s * steps
    assert sum(rewards) == pytest.approx((1 - h / law.peak_cm).mean(), abs=1e-9)  # sums of rounding
    assert worm.trajectory_index[0] == pytest.approx(sum(rewards), abs=1e-9)
    assert moment.truncated.all()
    assert not moment.terminated.any()
    # means of a line over windows whose middles lie half the sum of both lengths apart
    rise = -law.slope * law.speed_cm_s * law.gain * (law.recent_s + law.before_s) / 2
    seen = np.array(seen)
    assert seen[-1, :2] == pytest.approx([rise, 0], abs=1e-5)  # float32
    assert seen[:, 2] == pytest.approx(np.sin(2 * np.pi * steps * law.dt_s / law.sweep_s), abs=1e-5)
    assert worm.plate_index() == 1.0


def test_a_worm_that_runs_away_smells_off_and_counts_against():
    law = PlateLaw(duration_s=200)
    worm = Plate([1, 2], law)
    worm.heading[:] = np.pi
    for _ in range(law.n_steps):
        moment = worm.step(np.zeros((2, 1)))
    assert (moment.observation[:, 0] == 0).all()
    assert (moment.observation[:, 1] > 0).all()
    assert worm.plate_index() == -1.0
    assert (worm.trajectory_index == 0).all()


def test_without_a_gradient_nothing_is_smelled():
    worms, rng = Plate(range(5), PlateLaw(field="none")), np.random.default_rng(0)
    for _ in range(100):
        assert (worms.step(rng.normal(size=(5, 1))).observation[:, :2] == 0).all()


@pytest.mark.parametrize("field", ["gaussian", "cone", "pair", "none"])
def test_the_twin_agrees_to_rounding(field):
    law, n, rng = PlateLaw(field=field), 6, np.random.default_rng(1)
    worms, twin = Plate(range(n), law), PlateTwin(law)
    state = twin.start(torch.tensor(worms.heading))
    for _ in range(300):
        turns = rng.normal(0, 4, (n, 1))  # beyond the limit too
        moment = worms.step(turns)
        state, reward = twin.step(state, torch.tensor(turns[:, 0]))
        # a sum of 300 steps, each exact to 1e-16; a wrong law differs by 1e-6 in its first step
        assert np.allclose(state.x.numpy(), worms.x, atol=1e-12, rtol=0)
        assert np.allclose(reward.numpy(), moment.reward, atol=1e-12, rtol=0)
        assert np.allclose(twin.observe(state).numpy(), moment.observation, atol=1e-6, rtol=1e-6)


def test_gradients_of_the_twin_are_those_of_finite_differences():
    twin, heading = PlateTwin(PlateLaw(recent_s=0.1, before_s=0.1)), torch.tensor([0.3, 2.0]).double()

    def reached(turns):
        state, total = twin.start(heading), torch.zeros((), dtype=torch.float64)
        for turn in turns:
            state, reward = twin.step(state, turn + 0.1 * twin.observe(state).sum(-1))
            total = total + reward.sum()
        return total

    turns = torch.tensor(np.random.default_rng(0).normal(size=(8, 2)), requires_grad=True)
    # rewards of a step are about 1e-8, so that torch's own tolerances would let everything pass
    (gradient,) = torch.autograd.grad(reached(turns), turns)
    for t, body in ((0, 0), (3, 1), (7, 0)):
        moved = torch.zeros_like(turns)
        moved[t, body] = 1e-4
        by = (reached(turns + moved) - reached(turns - moved)).detach() / 2e-4
        assert float(gradient[t, body]) == pytest.approx(float(by), rel=1e-4)
    state, _ = twin.step(twin.start(heading), turns[0])
    assert state.x.requires_grad
    assert not any(part.requires_grad for part in (*cut(state)[:5], *cut(state).history))


def test_rooms_by_their_rules():
    plan = ("#####", "#..x#", "#...#", "#####")
    rooms = Rooms([1], plan=plan)
    rooms.place[0, 0], rooms.goal[0] = (1, 1), (2, 3)
    assert rooms.step([1]).reward[0] == pytest.approx(-0.01)  # against the wall
    assert rooms.place[0, 0].tolist() == [1, 1]
    rooms.step([3])
    assert rooms.step([2]).terminated.tolist() == [False]
    won = rooms.step([2])
    assert won.reward[0] == pytest.approx(0.99)
    assert won.terminated[0]
    rooms.place[0, 0], rooms.goal[0] = (1, 2), (1, 1)
    lost = rooms.step([2])
    assert (lost.reward[0], lost.terminated[0]) == (pytest.approx(-1.01), True)
    harmless = Rooms([1], plan=plan, lethal=False, limit=1)
    harmless.place[0, 0], harmless.goal[0] = (1, 2), (1, 1)
    last = harmless.step([2])
    assert (last.terminated[0], last.truncated[0]) == (False, True)


def test_a_goal_moves_and_two_bodies_do_not_meet():
    rooms, rng = (
        Rooms(range(20), n_agents=2, goal_steps=3, limit=1000, lethal=False),
        np.random.default_rng(0),
    )
    goals = set()
    for _ in range(60):
        moment = rooms.step(rng.integers(5, size=40))
        assert not moment.terminated.any()
        assert (rooms.place[:, 0] != rooms.place[:, 1]).any(1).all()
        goals.add(tuple(rooms.goal[0]))
        pairs = moment.truncated.reshape(20, 2)
        assert (pairs[:, 0] == pairs[:, 1]).all()
    assert len(goals) > 5


def test_the_view_shows_goal_and_walls():
    rooms = Rooms([1], reach=1)
    rooms.place[0, 0], rooms.goal[0] = (1, 1), (1, 2)
    wall, goal, lethal = rooms.observe()[0, :27].reshape(3, 3, 3)
    assert wall.tolist() == [[1, 1, 1], [1, 0, 0], [1, 0, 0]]
    assert goal.tolist() == [[0, 0, 0], [0, 0, 1], [0, 0, 0]]
    assert not lethal.any()
    assert rooms.observe()[0, 27:].tolist() == pytest.approx([1 / 8, 1 / 8])


def test_the_last_moments_are_those_that_were_and_an_episode_begins_standing_still():
    actions = np.random.default_rng(0).integers(5, size=(30, 3))
    recent, plain = Recent([1, 2, 3], partial(Rooms, limit=9), moments=3), Rooms([1, 2, 3], limit=9)
    told = [[plain.observe()[body]] * 3 for body in range(3)]
    for action in actions:
        seen, moment = recent.step(action).observation, plain.step(action)
        for body in range(3):
            told[body].append(moment.observation[body])
            assert np.array_equal(seen[body], np.concatenate(told[body][-3:]))
        over = moment.terminated | moment.truncated
        begun = plain.restart(over)
        recent.restart(over)
        for body in np.flatnonzero(over):
            told[body] = [begun[body]] * 3
    with pytest.raises(WorldError, match="moments: expected at least 1"):
        Recent([1], Rooms, moments=0)


def _right(task, trials, n):
    """The answer from the inputs alone, told anew."""
    shown = trials.inputs[:, :, :-1]
    if task == "memory":
        return shown[:, 0].argmax(1)
    if task == "parity":
        return (shown[:, :-1, 0] > 0).sum(1) % 2
    if task == "delayed match":
        return (shown[:, 0].argmax(1) == shown[:, -1].argmax(1)).astype(int)
    which = shown[:, 0, n:].argmax(1)
    return (shown[np.arange(len(shown)), 1:-1, which].sum(1) > 0).astype(int)


@pytest.mark.parametrize("task", ["memory", "parity", "delayed match", "context"])
def test_who_answers_right_is_rewarded_and_answers_are_balanced(task):
    world = Sequences(range(600), task, delay=5)
    trials = world.trials
    right = _right(task, trials, 3)
    assert (trials.targets[:, -1] == right).all()
    total = np.zeros(600)
    for t in range(trials.inputs.shape[1]):
        assert np.array_equal(world.observe(), trials.inputs[:, t])
        moment = world.step(right)
        total += moment.reward
    assert (total == 1).all()
    assert moment.terminated.all()
    share, chance = np.bincount(right) / 600, 1 / world.actions.n
    assert share == pytest.approx(chance, abs=5 * (chance * (1 - chance) / 600) ** 0.5)
    before = world.trials.targets[:, -1].copy()
    world.restart()
    assert (world.trials.targets[:, -1] != before).any()


def test_a_sum_of_the_evidence_is_right_as_often_as_the_normal_law_says():
    trials = Sequences(range(4000), "evidence", delay=10).trials
    up = trials.inputs[:, :-1, 0].sum(1) > 0
    # mean 10 x .1 over the root of 10 x 1/3 gives .71; clipping at ±1 moves it by less than a hundredth
    assert (up == trials.targets[:, -1]).mean() == pytest.approx(0.71, abs=0.04)


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda: PlateLaw(field="hill"), "field: expected one of gaussian"),
        (lambda: PlateLaw(dt_s=0), "dt_s: expected a number above 0"),
        (lambda: PlateLaw(recent_s=0.01), "at least a step"),
        (lambda: Plate([1]).plate_index(9), "zone_cm"),
        (lambda: Plate([1]).step([[np.nan]]), "expected finite numbers, got .* for body 0"),
        (lambda: Plate([1]).step([0.0]), r"shape \(1, 1\), got \(1,\)"),
        (lambda: Sequences([1], "chess"), "task: expected one of memory"),
        (lambda: Sequences([1], delay=0), "a delay of at least 1"),
        (lambda: Sequences([1]).step([3]), "expected 0 to 2, got 3"),
        (lambda: Sequences([1]).step([0.5]), "whole numbers"),
        (lambda: Rooms([1], n_agents=3), "n_agents of 1 or 2"),
        (lambda: Rooms([1], plan=("...", "...")), "walls"),
        (lambda: Rooms([1], plan=("###", "#.#", "###")), "at least 4 free places"),
        (lambda: Rooms([1], plan=("##", "#")), "rows of one length"),
        (lambda: Rooms([1]).restart(np.array([1])), "expected marks"),
        (lambda: Box((0.0,), ()), "as many lows as highs"),
    ],
)
def test_refusals(make, said):
    with pytest.raises(WorldError, match=said):
        make()
