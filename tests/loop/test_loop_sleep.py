"""A night: what is replayed, in which order, by which rule, and what it leaves."""

from functools import partial

import pytest
import torch

from brainwright.learning import FeedbackAlignment
from brainwright.loop import Night, sleep
from brainwright.memory import Experiences, RecallError
from brainwright.memory.methods import Noise
from brainwright.memory.methods.spontaneous import slept
from brainwright.memory.methods.weights import Draws
from brainwright.network import layered, recurrent
from brainwright.objective import Batch


def some(n=40):
    states = torch.randn(n, 6, generator=torch.Generator().manual_seed(0))
    return Experiences.of(states, (states[:, 0] > 0).long(), torch.arange(n).float())


@pytest.mark.parametrize("rule", [None, FeedbackAlignment()])
def test_a_night_teaches_what_was_stored_through_any_rule(rule):
    network = layered([6, 20, 2], seed=1)
    night = sleep(network, some(), Night(150, 32), rule=rule, seed=3)
    assert sum(night.losses[-10:]) < 0.8 * sum(night.losses[:10])
    assert night.replayed.sum() == 150 * 32


def test_the_same_seed_gives_the_same_night():
    networks = [layered([6, 5, 2], seed=1) for _ in range(2)]
    for network in networks:
        sleep(network, some(), Night(10, order="priority"), seed=5)
    for a, b in zip(networks[0].parameters(), networks[1].parameters(), strict=True):
        assert torch.equal(a, b)


def test_rewarded_memories_are_replayed_in_proportion():
    night = sleep(layered([6, 2], seed=1), some(), Night(200, 100, order="reward"))
    expected = torch.arange(40).float() + 0.039  # a thousandth of the largest is added to all
    expected = 20_000 * expected / expected.sum()
    # five deviations of a count
    assert ((night.replayed - expected).abs() <= 5 * expected.sqrt() + 1).all()


def test_priority_goes_to_what_is_not_known():
    memory = some()
    strange = Experiences(memory.states, memory.targets.clone(), memory.rewards)
    odd = int(memory.states[:, 0].abs().argmax())  # the surest of all, and named wrongly
    strange.targets[odd] = 1 - strange.targets[odd]
    quick = partial(torch.optim.Adam, lr=0.02)
    night = sleep(layered([6, 2], seed=1), strange, Night(400, 20, order="priority", optimiser=quick))
    assert night.replayed.argmax() == odd


def test_need_weighs_memories():
    need = torch.zeros(40)
    need[:4] = 1
    night = sleep(layered([6, 2], seed=1), some(), Night(50, 20, order="need"), need=need)
    assert night.replayed[:4].sum() > 0.9 * night.replayed.sum()


@pytest.mark.parametrize("backwards", [False, True])
def test_sequences_run_forwards_or_backwards(backwards):
    rewards = torch.zeros(40)
    rewards[20] = 1.0
    memory = Experiences(some().states, some().targets, rewards)
    night = sleep(layered([6, 2], seed=1), memory, Night(5, 50, "reward", length=5, backwards=backwards))
    run = range(16, 21) if backwards else range(20, 25)
    assert night.replayed[list(run)].sum() > 0.9 * 250


def test_compressed_sequences_leave_memories_out():
    rewards = torch.zeros(40)
    rewards[20] = 1.0
    memory = Experiences(some().states, some().targets, rewards)
    night = sleep(layered([6, 2], seed=1), memory, Night(5, 50, "reward", length=5, compressed=3))
    assert night.replayed[[20, 23, 26, 29, 32]].sum() > 0.9 * 250


def test_down_scaling_multiplies_synapses():
    network = layered([6, 4, 2], seed=1)
    before = [network.projection(k).weight.clone() for k in range(2)]
    sleep(network, some(), Night(0, downscaling=0.8))
    for k in range(2):
        torch.testing.assert_close(network.projection(k).weight, 0.8 * before[k])


def test_dreams_take_their_share():
    asked = []

    def dream(n, generator):
        asked.append(n)
        return Batch(torch.zeros(n, 6), torch.zeros(n, dtype=torch.long))

    night = sleep(layered([6, 2], seed=1), some(), Night(3, 20, dreams=0.25), dream=dream)
    assert asked == [5, 5, 5]
    assert night.replayed.sum() == 45


def test_noise_strengthens_what_fires_together_and_weakens_what_does_not():
    """One input that always fires, one that never does; the cell whose drive is above others' fires."""
    weights = torch.tensor([[[0.5, 0.1, -0.2], [0.1, 0.1, 0.1]]])
    before, unit = weights.clone(), weights.abs().mean()
    noise = Noise(steps=1, rate=1.0, active=0.34, grow=0.1, shrink=0.01)
    slept([weights], torch.tensor([[1.0, 0.0]]), noise, Draws([0]))
    change = weights - before
    torch.testing.assert_close(change[0, :, 0], torch.stack([0.1 * unit, -0.01 * unit]))
    assert (change[0, :, 1:] == 0).all()


def test_noise_changes_a_layered_network_and_refuses_others():
    network = layered([6, 8, 2], seed=1)
    before = network.projection(0).weight.clone()
    memory = Experiences.of(some().states.abs(), some().targets)
    sleep(network, memory, Night(0, noise=Noise(steps=20)))
    assert not torch.equal(network.projection(0).weight, before)
    with pytest.raises(RecallError, match="layered"):
        sleep(recurrent(6, 8, 2), memory, Night(0, noise=Noise()))


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        (lambda: sleep(layered([6, 2]), some().at(slice(0, 0))), "nothing to replay"),
        (lambda: sleep(layered([6, 2]), some(), Night(dreams=0.5)), "what makes them"),
        (lambda: sleep(layered([6, 2]), some(), Night(order="need")), "expected `need`"),
        (lambda: Night(dreams=2), "share of dreams"),
        (lambda: Night(compressed=0), "compression"),
    ],
)
def test_what_cannot_work_is_refused(wrong, words):
    with pytest.raises(RecallError, match=words):
        wrong()
