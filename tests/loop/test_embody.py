"""Any wiring in any body: ports by name, what does not fit, and worlds that break off."""

from functools import partial

import numpy as np
import pytest
import torch

from brainwright.connectome import Connectome
from brainwright.loop.learn import (
    BPTT,
    PPO,
    Body,
    Evolution,
    Interrupted,
    LearnError,
    Policy,
    embody,
    evaluate,
    learn,
)
from brainwright.loop.learn.body import cells_of
from brainwright.loop.learn.policy import in_any_order
from brainwright.network import Rate, layered
from brainwright.world import Plate, PlateLaw, Rooms, WorldError
from brainwright.world.plate_twin import PlateTwin, begun

SMALL = partial(Rooms, limit=7)
SHORT = partial(Plate, law=PlateLaw(dt_s=0.1, duration_s=20.0))


@pytest.fixture(scope="module")
def worm():
    return Connectome.load("celegans/varshney2011")


def test_one_line_puts_a_wiring_into_a_body_that_learns(worm):
    body = Body(sensors=("ASE", "AWC"), motors="SMB", steps=4)
    policy = embody(worm, SMALL, body, signs="unsigned")
    learned = learn(policy, SMALL, method=PPO(horizon=8, epochs=1), steps=128)
    assert learned.policy is policy
    assert policy.steps == 4
    ids, entry, leave = worm.ids, policy.network.projection(0), policy.network.projection(-1)
    assert sorted(ids[entry.post_pool]) == ["ASEL", "ASER", "AWCL", "AWCR"]
    assert sorted(ids[leave.pre_pool]) == ["SMBDL", "SMBDR", "SMBVL", "SMBVR"]
    assert evaluate(learned, SMALL, episodes=4).shape == (4,)


def test_ports_by_number_reach_their_own_cells_alone(worm):
    body = Body({0: {"ASEL": 10.0}, 2: ("SMBDL", "SMBDR")}, {0: {"SMBDL": 3.0, "SMBVL": -3.0}}, steps=1)
    network = embody(worm, Plate, body, signs="unsigned", dynamics=Rate("tanh")).network
    seen = torch.tensor([[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]])
    state = network.step(network.rest(3), seen)
    felt = state["cells"].x.detach().numpy()
    reached = [set(worm.ids[np.flatnonzero(row)]) for row in felt]
    assert reached == [{"ASEL"}, set(), {"SMBDL", "SMBDR"}]
    assert felt[0].max() == pytest.approx(np.tanh(10.0))
    turn = network.read(state)[2, 0].detach()
    assert float(turn) == pytest.approx(3 * felt[2, cells_of(worm, "SMBDL")[0]], rel=1e-5)


def test_without_memory_a_moment_is_a_moment_in_any_order(worm):
    body = Body("sensory", "output", steps=3, memory=False)
    policy = embody(worm, SMALL, body, signs="unsigned")
    assert in_any_order(policy)
    assert not in_any_order(embody(worm, SMALL, signs="unsigned"))
    seen = torch.rand(4, 77, generator=torch.Generator().manual_seed(0))
    told = policy(seen, policy.rest(4))
    again = policy(seen, told.state)
    torch.testing.assert_close(again.parameters, told.parameters)
    assert told.parameters.shape == (4, 5)
    for other in (policy.network, layered([77, 9, 5], "tanh", seed=1)):  # whichever way is the quick one
        quick = Policy(other, SMALL([0]), steps=policy.steps, memory=False, scale=False)
        state = other.rest(4)
        for _ in range(policy.steps):
            state = other.step(state, seen)
        torch.testing.assert_close(quick(seen, quick.rest(4)).parameters, other.read(state))
    learn(policy, SMALL, method=PPO(horizon=4, epochs=1), steps=32)


def test_cells_go_by_pool_type_and_id(worm):
    assert len(cells_of(worm, "sensory")) == len(worm.pools["sensory"])
    assert worm.ids[cells_of(worm, "AIY")].tolist() == ["AIYL", "AIYR"]
    assert worm.ids[cells_of(worm, ("AIYL", "AIY"))].tolist() == ["AIYL", "AIYR"]


class Breaks:
    """A world that breaks off in its twentieth step, or where an episode begins after it."""

    observations, actions, n_bodies = Rooms([0]).observations, Rooms([0]).actions, 8

    def __init__(self, seeds, how):
        self.inner, self.how, self.left = Rooms(seeds), how, 20
        self.n_bodies = self.inner.n_bodies

    def observe(self):
        return self.inner.observe()

    def restart(self, which=None):
        if self.how == "sleeps" and self.left <= 0:
            raise OSError("no camera")
        seen = self.inner.restart(which)
        return seen * np.nan if self.how == "blind" and self.left <= 0 else seen

    def step(self, actions):
        self.left -= 1
        moment = self.inner.step(actions)
        if self.left or self.how in ("sleeps", "blind"):
            over = moment.truncated | (self.left == 0 and self.how in ("sleeps", "blind"))
            return moment._replace(truncated=over & ~moment.terminated)
        if self.how == "raises":
            raise ZeroDivisionError("a motor is stuck")
        return moment._replace(observation=moment.observation * np.nan)


@pytest.mark.parametrize(
    ("how", "words"),
    [
        ("raises", "ZeroDivisionError: a motor"),
        ("nan", "the observation .nan"),
        ("sleeps", "Breaks raised OSError: no camera"),
        ("blind", "Breaks: expected finite numbers, got the observation .nan"),
    ],
)
def test_what_was_learned_stays_when_a_world_breaks_off(how, words):
    make = partial(Breaks, how=how)
    with pytest.raises(Interrupted, match=words) as caught:
        learn(layered([77, 5]), make, method=PPO(horizon=8, epochs=1), steps=1_000)
    assert caught.value.learned.steps.tolist() == [64, 128]
    assert caught.value.learned.predict(Rooms([0]).observe())[0].shape == (1,)
    with pytest.raises(Interrupted, match=words) as caught:
        evaluate(Policy(layered([77, 5]), Rooms([0])), make, episodes=3)
    assert caught.value.returns.shape == (3,)
    if how in ("sleeps", "blind"):
        return  # evolution ends a generation with its episodes: nothing begins anew
    with pytest.raises(Interrupted, match=words):
        learn(layered([77, 5]), make, method=Evolution(pairs=1, bodies=1), steps=1_000)


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        (lambda worm: embody(worm, Rooms, Body(sensors="ASEX")), "sensors: expected a pool.*near are ASE"),
        (lambda worm: embody(worm, Rooms, Body(motors={7: "SMB"})), "motors: expected actions of 0 to 4"),
        (
            lambda worm: embody(worm, Plate, Body(sensors={}), signs="unsigned"),
            "observations of 0 to 2, got none",
        ),
        (
            lambda worm: learn(embody(worm, Rooms, signs="unsigned"), Plate),
            "expected a network of 3 inputs and 1 outputs .* got 77 and 5; embody",
        ),
        (
            lambda worm: learn(layered([77, 5]), Rooms, method=BPTT()),
            "differentiable twin .Plate., got Rooms",
        ),
        (
            lambda worm: learn(
                layered([3, 1]), partial(Plate, law=PlateLaw(pirouettes_hz=1.0)), method=BPTT()
            ),
            "without pirouettes",
        ),
        (lambda worm: BPTT(life=0.5), "a life of at least 1"),
    ],
)
def test_what_does_not_fit_is_one_line(worm, wrong, words):
    with pytest.raises(LearnError, match=words):
        wrong(worm)


@pytest.mark.parametrize("kind", ["DependencyNotInstalled", "ModuleNotFoundError"])
def test_a_body_that_needs_mujoco_says_the_one_command(monkeypatch, kind):
    gymnasium = pytest.importorskip("gymnasium", reason="needs the extra worlds")

    def missing(env, **options):
        raise getattr(gymnasium.error, kind, ModuleNotFoundError)("no mujoco, or what draws it")

    monkeypatch.setattr(gymnasium, "make", missing)
    with pytest.raises(WorldError, match=r"^Swimmer-v5: .*; pip install 'gymnasium\[mujoco\]'$"):
        embody(Connectome.load("celegans/varshney2011"), "Swimmer-v5")


def test_the_gradient_through_the_plate_is_that_of_what_is_paid():
    """Beside the difference quotient, for the weight of the sweep on the turn."""

    def paid(shift: float) -> tuple[float, float]:
        network = layered([3, 1], seed=1)
        policy = Policy(network, SHORT([0]), scale=False)
        entry = network.projection(0)
        with torch.no_grad():
            entry.weight[0, 2] += shift
        # one body: over headings that are spread evenly what a turn pays to first order is nothing
        how = BPTT(bodies=1, length=21, rate=1e-12)
        course = how.course(policy, SHORT([0]), torch.Generator().manual_seed(3))
        each = float(course.window(1.0)[0])
        return each, float(entry.weight.grad[0, 2])

    step = 0.02
    slope = (paid(step)[0] - paid(-step)[0]) / (2 * step)
    assert -paid(0.0)[1] == pytest.approx(slope, rel=0.03)
    assert abs(slope) > 1e-6


def test_learning_through_the_plate_reports_every_update():
    learned = learn(layered([3, 1]), SHORT, method=BPTT(updates=2, bodies=2, length=5), seed=3)
    assert learned.steps.tolist() == [10, 20]
    assert np.isfinite(learned.returns).all()


def test_marked_bodies_begin_anew():
    twin = PlateTwin(PlateLaw(dt_s=0.1))
    state = twin.start(torch.zeros(2))
    for _ in range(15):
        state, _ = twin.step(state, torch.ones(2))
    fresh = twin.start(torch.full((2,), 0.5))
    mixed = begun(state, fresh, torch.tensor([True, False]))
    assert mixed.heading.tolist() == [0.5, float(state.heading[1])]
    assert mixed.x[0] == 0
    assert mixed.history[3].tolist() == [float(fresh.history[3][0]), float(state.history[3][1])]
    assert mixed.steps == 15
