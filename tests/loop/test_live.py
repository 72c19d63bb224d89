"""A day: every part is fed what happened, and the night replays what was paid for."""

import numpy as np
import pytest
import torch

from brainwright.loop import Foresight, Night, Steering, live
from brainwright.loop.learn import PPO, LearnError
from brainwright.memory import Hippocampus
from brainwright.network import layered, recurrent
from brainwright.network.embedding import embedded
from brainwright.objective import Loss
from brainwright.steering import Assessors, Body, Hunger
from brainwright.world import Box, Choice, Moment

HOW = PPO(bodies=4, horizon=16, epochs=2, batch=64, rate=1e-2)
BITE = 2.0**-7
"""Of a need of 1: a day of bites leaves one hungry."""


class Larder:
    """A number is shown, 0 or 1; to take (1) where it is 1 is food. The world itself pays nothing. An
    episode lasts five steps.
    """

    observations, actions = Box((0.0, 0.0), (1.0, 1.0)), Choice(2)

    def __init__(self, seeds):
        self.n_bodies, self.rng, self.t = len(seeds), np.random.default_rng(list(seeds)), 0
        self.restart()

    def observe(self):
        return np.stack([self.food, 1 - self.food], 1).astype(np.float32)

    def restart(self, which=None):
        self.food = self.rng.integers(0, 2, self.n_bodies)
        return self.observe()

    def step(self, actions):
        self.t += 1
        self.restart()
        no = np.zeros(self.n_bodies, bool)
        return Moment(self.observe(), np.zeros(self.n_bodies), no, no | (self.t % 5 == 0))


def mouth(seen, action, after):
    return {"food": seen[:, 0] * (action == 1)}


def steering(**options):
    body = Body({"energy": torch.zeros(HOW.bodies)}, {"energy": 1.0})
    ate = lambda body, senses: body.changed(energy=BITE * senses["food"])  # noqa: E731
    return Steering([Hunger()], mouth, body, ate, **options)


class Noting:
    """An objective that keeps what it is given."""

    def __init__(self):
        self.given = []

    def loss(self, trajectory, batch):
        self.given.append((trajectory, batch))
        return Loss(trajectory.outputs.square().mean(), {})


@pytest.fixture(scope="module")
def day():
    """All parts at once."""
    noting, store = Noting(), Hippocampus(2, capacity=10_000, n_cells=64, winners=4)
    network = embedded(recurrent(3, 6, 3), n_values=2)
    told = live(
        layered([2, 8, 2], "tanh", seed=1),
        Larder,
        steps=256,
        objective=Foresight(network, noting),
        steering=steering(assessors=Assessors(("food",))),
        memory=store,
        night=Night(updates=5, batch=8),
        method=HOW,
    )
    return told, noting, store


def test_the_body_is_what_was_eaten_and_hunger_pays_by_its_need(day):
    told, *_ = day
    eaten = (told.innate > 0).sum(0)
    np.testing.assert_allclose(told.body.levels["energy"].numpy(), BITE * eaten, rtol=1e-5)
    first = told.innate[told.innate[:, 0] > 0, 0]
    expected = np.maximum(1.0 - BITE * np.arange(len(first)), 0)
    np.testing.assert_allclose(first[expected > 0], expected[expected > 0], rtol=1e-5)
    assert told.returns
    assert not np.any(told.returns), "the world itself pays nothing"


def test_memory_holds_every_moment_with_what_it_brought(day):
    told, _, store = day
    assert len(store) == 256
    assert sorted(store.rewards.tolist()) == pytest.approx(sorted(told.innate.reshape(-1).tolist()), rel=1e-3)
    taken = store.rewards > 0
    assert (store.targets[taken] == 1).all(), "food is had by taking"


def test_the_night_replays_what_was_paid_for_alone(day):
    told, _, store = day
    assert len(told.slept.losses) == 5
    assert len(told.slept.replayed) == int((store.rewards > 0).sum())


def test_the_objective_is_given_the_stream_and_its_next_embeddings(day):
    told, noting, _ = day
    assert len(noting.given) == len(told.foreseen) == 4
    trajectory, batch = noting.given[-1]
    assert batch.inputs.shape == (4, 16, 2)
    assert batch.targets.shape == (4, 16, 3)
    empty = (batch.targets == 0).all(-1)
    began = np.arange(48, 64) % 5 == 0
    np.testing.assert_array_equal(empty.numpy(), np.broadcast_to(began, (4, 16)))
    there = batch.targets[~empty]
    torch.testing.assert_close(there, trajectory.recorded["input"].detach()[~empty])


def test_assessors_are_taught_that_what_comes_after_is_food(day):
    """Truths belong to the moment after the action that brought them; the circuit alone overrides."""
    from brainwright.loop.live import _Innate

    innate = _Innate(steering())
    seen = torch.tensor([[[1.0, 0.0]] * 4, [[0.0, 1.0]] * 4, [[1.0, 0.0]] * 4])
    for now in seen:
        innate(now, torch.tensor([1, 0, 1, 0]), now)
    started = torch.zeros(3, 4, dtype=torch.bool)
    started[2] = True
    moments, paid = innate.moments(seen, started)
    assert moments.truth[:, 0, :, 0].tolist() == [[0, 1, 0], [0, 0, 0], [0, 1, 0], [0, 0, 0]]
    assert moments.override[:, 0, :, 0].int().tolist() == [[0, 1, 0], [0, 0, 0], [0, 1, 0], [0, 0, 0]]
    assert moments.gate[0, 0, :, 0].tolist() == [True, False, True], "the next one begins an episode"
    assert paid.shape == (3, 4)
    told = day[0]
    context = torch.from_numpy(Larder([0]).observe())
    assert Assessors(("food",)).read(told.assessed, torch.zeros(4, 1, 3)).shape == (4, 1, 1)
    assert context.shape == (1, 2)


def test_a_hungry_body_learns_to_eat_and_without_a_circuit_it_does_not():
    fed = live(layered([2, 8, 2], "tanh", seed=1), Larder, steps=1_024, steering=steering(), method=HOW)
    not_fed = live(layered([2, 8, 2], "tanh", seed=1), Larder, steps=1_024, method=HOW)
    shown = np.array([[1.0, 0.0]], np.float32)

    def taking(day):
        policy = day.policy.requires_grad_(False)
        return float(policy.distribution(policy(torch.tensor(shown), policy.rest(1)).parameters).probs[0, 1])

    assert taking(fed) > 0.9
    assert abs(taking(not_fed) - 0.5) < 0.2
    assert not_fed.innate.shape == (0, 4)
    assert not_fed.slept is None


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"night": Night()}, "a night needs a memory"),
        (
            {"steering": Steering([Hunger()], mouth, Body({"energy": torch.zeros(2)}, {"energy": 1.0}))},
            "of 4 bodies",
        ),
        ({"steering": steering(assessors=Assessors(("salt",)))}, r"expected assessors of \('food',\)"),
    ],
)
def test_what_does_not_fit_is_one_line(options, words):
    with pytest.raises(LearnError, match=words):
        live(layered([2, 2]), Larder, method=HOW, **options)
