"""Drives, an observer that learns, learning by watching, and the corridor acted out by bodies."""

import numpy as np
import pytest
import torch

from brainwright.loop.mirror import DRIVES, KINDS, Arm, Observer, Plan, Watcher, acted, lived, taught, tried
from brainwright.loop.mirror.corridor import MIDDLE, PLACES, STEPS, food, trusting
from brainwright.loop.mirror.lineup import ALL_DRIVES, BY_DRIVE, removed, without
from brainwright.loop.mirror.networks import FRIEND, SELF, Networks, mistaken

RIGHT = 2


def some_policy():
    draws = torch.Generator().manual_seed(4)
    return (2 * torch.randn(3, 3, 2, PLACES, STEPS, 3, generator=draws)).softmax(-1)


@pytest.mark.parametrize("kind", ["rival", "friend"])
def test_bodies_in_the_grid_do_as_computed(kind):
    policy, right = some_policy(), torch.rand(3, PLACES, generator=torch.Generator().manual_seed(5))
    ends, number = lived(policy, right), KINDS.index(kind)
    told = acted(policy.numpy(), right.numpy(), kind, 2000, 7)
    shares = (told.reached, ends.reached), (told.deceived, ends.deceived), (told.taken, ends.believed)
    for sampled, computed in shares[: 1 if kind == "friend" else 3]:
        # four standard errors of a share over 2,000 episodes
        np.testing.assert_allclose(sampled, computed[:, number].mean(1), atol=4 * 0.5 / 2000**0.5)
    payoff = ends.payoff[:, number].mean(1).numpy()
    np.testing.assert_allclose(told.reward, payoff, atol=4 * 0.8 / 2000**0.5)  # rewards are within 1 of 0


def test_drives_add_up_to_the_payoff_and_sympathy_feels_where_it_ends():
    policy, felt = some_policy(), torch.zeros(3, 3, 2, PLACES)
    felt[:, FRIEND] = food()
    ends = lived(policy, feelings=felt)
    torch.testing.assert_close(ends.by_drive[:3].sum(0), ends.payoff)
    torch.testing.assert_close(ends.by_drive[3, :, FRIEND], ends.reached[:, FRIEND])
    assert not ends.by_drive[3, :, :FRIEND].any(), "nobody feels for oneself or a rival"


def test_an_assessor_learns_of_oneself_alone_and_separate_circuits_feel_nothing():
    networks = Networks.drawn([16, 16], [False, True], [1]).of(torch.arange(2))
    optimiser = torch.optim.Adam(networks.parts, lr=0.05)
    for _ in range(150):
        optimiser.zero_grad()
        mistaken(networks.foreseen(networks.activity())).sum().backward()
        optimiser.step()
    assert networks.parts[0].grad is None, "it reads the layer and does not teach it"
    said = networks.foreseen(networks.activity()).detach()
    assert float(mistaken(said).max()) < 0.1
    assert np.corrcoef(said[0, FRIEND].flatten(), food().flatten())[0, 1] > 0.4
    assert float(said[1, FRIEND].std()) < 1e-6, "nothing but a constant"
    assert float(said[0, SELF, 0, 0]) > 0.5


def test_an_observer_that_learns_reads_a_feint_for_what_it_is():
    policy = torch.zeros(1, 3, 2, PLACES, STEPS, 3)
    policy[:, :, 0, ..., RIGHT], policy[:, :, 1, ..., 0] = 1.0, 1.0  # always away from the food
    observer = Observer.trusts(torch.tensor([True, False]))
    seen = lived(policy).seen.expand(2, -1, -1, -1)
    for _ in range(100):
        observer = observer.saw(seen)
    right = observer.right()
    assert float(right[0, -1]) < 0.05, "who is on the right goes for the left"
    torch.testing.assert_close(right[1], trusting())
    torch.testing.assert_close(right[0, MIDDLE], trusting()[MIDDLE])
    assert lived(policy, right[:1]).believed[0, 1].min() > 0.95


def test_sets_of_drives_are_all_there_and_means_are_over_all_orders():
    names = [arm.name for arm in BY_DRIVE]
    assert len(set(names)) == len(names) == 2 ** len(DRIVES) + 1
    assert without(DRIVES) == ALL_DRIVES
    values = {arm.name: {"x": np.array([len(arm.drives), 1.0])} for arm in BY_DRIVE}
    rows = removed(values)
    assert [row["x"].tolist() for row in rows.values()] == [[4 - k, 1] for k in range(5)]


def test_arms_share_their_childhood_and_drives_matter():
    made = taught([Arm("a", 4), Arm("b", 4, drives=("thrift",)), Arm("c", 4, goes_on=True)], [3], Plan(4, 0))
    torch.testing.assert_close(made.policy[0], made.policy[2])
    assert not torch.allclose(made.policy[0], made.policy[1])


def test_what_is_watched_is_done_by_one_circuit_and_not_by_two():
    arms = [
        Watcher("shared", width=12),
        Watcher("apart", separate=True, width=12),
        Watcher("no", "unseen", width=12),
    ]
    told = tried(arms, [1, 2], Plan(alone=80, rate=0.03))
    found, left = (told[name].reshape(3, 2).mean(1) for name in ("found", "found, left"))
    assert (left > 0.8).all()
    assert found[0] > found[1:].max() + 0.4
