"""Networks that learn what comes next, many at once; read-outs, thoughts that go on, any-subset contexts."""

import numpy as np
import torch

from brainwright.loop.thoughts import (
    Inferred,
    Minds,
    Thinkers,
    contexts,
    experience,
    grown_up,
    imagined,
    skill,
)
from brainwright.loop.thoughts.any_subset import occasions
from brainwright.loop.thoughts.lessons import KINDS, auroc, innate, moments, probes, trials
from brainwright.world.naming import N_INPUTS, SIGHT, NamingWorld


def test_states_are_those_of_the_equation_and_a_network_follows_from_its_seed():
    thinkers = Thinkers.drawn([3, 4], 5, 7)
    x = torch.randn(2, 6, 4, 5, generator=torch.Generator().manual_seed(0))
    states, hidden = thinkers.states(x), torch.zeros(6, 7)
    for step in range(4):
        drive = x[1, :, step] @ thinkers.enter[1].T + hidden @ thinkers.again[1].T + thinkers.bias[1]
        hidden = 0.4 * hidden + 0.6 * torch.tanh(drive)
        torch.testing.assert_close(states[1, :, step], hidden)
    alone = Thinkers.drawn([4], 5, 7)
    torch.testing.assert_close(alone.enter[0], thinkers.enter[1])
    torch.testing.assert_close(thinkers.of([1]).states(x[1:]), states[1:])


def test_an_imagined_thought_feeds_on_its_own_predictions():
    thinkers = Thinkers.drawn([3], N_INPUTS, 7)
    x = torch.randn(1, 2, 3, N_INPUTS, generator=torch.Generator().manual_seed(0))
    ahead = imagined(thinkers, x, "predicted", 2)
    torch.testing.assert_close(ahead[:, :, 0], contexts(thinkers, x, "predicted")[:, :, -1])
    longer = torch.cat([x, ahead[:, :, :1]], 2)
    torch.testing.assert_close(ahead[:, :, 1], contexts(thinkers, longer, "predicted")[:, :, -1])
    half = imagined(thinkers, x, "completed", 1)[:, :, 0]
    torch.testing.assert_close(half, (x[:, :, -1] + ahead[:, :, 0]) / 2)


def test_networks_learn_to_foresee():
    world = NamingWorld(0)
    bank = experience([world], (("any", False),))
    before, after = (grown_up(bank, [0], updates) for updates in (0, 40))
    assert float(skill(after, bank[:, :40])) > float(skill(before, bank[:, :40])) + 0.1


def test_trials_override_where_nothing_is_and_as_something_happens():
    context = torch.zeros(1, 2, 8, 3)
    made = moments(context, torch.tensor([[[1.0], [0.0]]]))
    assert made.override[0, 0, :, 0].tolist() == [True, True, False, False, False, False, True, True]
    assert made.open[0, 0, :, 0].tolist() == [True, False, True, True, True, True, False, False]
    assert made.truth[0, :, 6, 0].tolist() == [1, 0]
    assert made.truth.sum() == 1
    shown = trials(np.array([3]), np.array([-1]))
    assert shown[0, :, 0].tolist() == [-1, -1, 3, 3, 3, 3, 3, -1]
    minds = Minds([NamingWorld(0)], Thinkers.drawn([0], N_INPUTS), "sensed")
    assert probes(minds, hear=KINDS)[0, 5].tolist() == [[-1, -1], [-1, -1], [-1, 5], [-1, 5]]


def test_what_circuits_sense_and_critics_are_paid():
    one_of_each = innate(np.array([0, 8, 16, 24]))  # danger, salt, both, neutral
    expected = [
        [1, 0, -1, 0, -1],
        [0, 1, 1, 1, 1],
        [1, 1, 0, 5, 4],
        [0, 0, 0, 0, 0],
    ]
    np.testing.assert_allclose(one_of_each, expected, atol=1e-6)


def test_the_chance_of_a_higher_score():
    scores = torch.tensor([[1.0, 2.0, 2.0, 3.0]])
    assert auroc(scores, np.array([1, 3]), np.array([0, 2])).tolist() == [(1 + 0.5 + 1 + 1) / 4]


def test_occasions_forget_the_order_and_what_is_empty_is_missing():
    world = NamingWorld(2)
    for stream in ([[-1, 4], [4, -1]], [[4, -1], [-1, 4]]):
        rows = occasions(world.inputs(np.array([stream])))
        np.testing.assert_allclose(rows, world.inputs(np.array([[4, 4]])))
    assert np.isnan(occasions(world.inputs(np.array([[[4, -1], [4, -1]]])))[0, SIGHT.stop + 1 :]).all()
    assert len(occasions(np.zeros((1, 2, N_INPUTS)))) == 0


def test_what_is_seen_stays_and_nothing_sensed_infers_nothing():
    world = NamingWorld(2)
    streams = world.streams(60, 12, np.random.default_rng(0))
    (model,) = Inferred.taught([world.inputs(streams, np.random.default_rng(1))], [0], updates=3, width=8)
    seen = model.contexts(torch.tensor(world.inputs(np.array([[5, -1], [-1, -1]]))).float())
    np.testing.assert_allclose(seen[0], world.looks[5], atol=1e-4)
    assert not seen[1].any()
