"""Windows, the hippocampus, salience and metrics, against closed forms."""

import math

import numpy as np
import pytest
import torch

from brainwright.memory import Context, Experiences, Hippocampus, RecallError, metrics, salience
from brainwright.memory.hippocampus import Dentate, FastWeights, chance_of_recall, complete, load_of_half


def some(n, features=20, seed=0):
    generator = torch.Generator().manual_seed(seed)
    return Experiences.of(torch.randn(n, features, generator=generator), torch.arange(n))


def test_a_window_keeps_its_capacity_and_hands_on_the_rest_in_order():
    window, seen = Context(10, keep=0.4), []
    for k in range(7):
        gone = window.add(some(3, seed=k))
        seen += [] if gone is None else [gone.states]
        assert len(window) <= 10
    left = window.empty()
    assert torch.equal(torch.cat([*seen, left.states]), torch.cat([some(3, seed=k).states for k in range(7)]))
    assert len(window) == 0
    assert window.empty() is None


def test_a_window_keeps_what_is_salient():
    rewards = torch.tensor([0.0, 5.0, 0.0, -3.0, 0.0])
    window = Context(4, keep=0.5, salience=salience.reward)
    gone = window.add(Experiences.of(torch.zeros(5, 2), torch.arange(5), rewards))
    assert window.now.targets.tolist() == [1, 3]
    assert gone.targets.tolist() == [0, 2, 4]


def test_errors_of_prediction_fade_with_what_is_expected():
    judge, state = salience.PredictionError(3, rate=0.5), torch.tensor([[1.0, 0.0, 2.0]])
    errors = [float(judge(Experiences.of(state, rewards=torch.ones(1)))) for _ in range(6)]
    np.testing.assert_allclose(errors, 0.5 ** np.arange(6), rtol=1e-5)


def test_novelty_is_one_less_the_cosine():
    known = torch.tensor([[1.0, 0.0], [0.0, 2.0]])
    new = Experiences.of(torch.tensor([[3.0, 0.0], [1.0, 1.0], [-1.0, 0.0]]))
    found = salience.Novelty(lambda: known)(new)
    torch.testing.assert_close(found, torch.tensor([0.0, 1 - 0.5**0.5, 1.0]), atol=1e-6, rtol=0)
    assert salience.Novelty(lambda: known[:0])(new).tolist() == [1.0, 1.0, 1.0]


def test_the_dentate_gyrus_separates_what_is_alike():
    cells = Dentate(100, n_cells=4000, winners=40, seed=3)
    a = torch.randn(50, 100, generator=torch.Generator().manual_seed(1))
    b = a + 0.7 * torch.randn(50, 100, generator=torch.Generator().manual_seed(2))
    codes = cells.codes(a), cells.codes(b)
    assert ((codes[0] > 0).sum(1) == 40).all()
    torch.testing.assert_close(codes[0].norm(dim=1), torch.ones(50))
    overlap, alike = (codes[0] * codes[1]).sum(1).mean(), torch.cosine_similarity(a, b).mean()
    assert overlap < alike - 0.2


@pytest.mark.parametrize("load", [0.1, 1.0, 10.0])
def test_ca3_holds_what_the_closed_form_says(load):
    """The share of the right pattern, at, below and above the load at which it is a half."""
    n_cells, beta, flipped = 24, 0.45, 0.0
    n = round(load * load_of_half(n_cells, beta, flipped))
    generator = torch.Generator().manual_seed(7)
    stored = torch.randint(0, 2, (n, n_cells), generator=generator).float() * 2 - 1
    shares = complete(stored, stored[:200], beta).weights[range(200), range(200)]
    # 200 cues of random patterns: their mean share lies within .03 of the annealed mean
    assert abs(float(shares.mean()) - chance_of_recall(n, n_cells, beta, flipped)) < 0.03


def test_capacity_grows_exponentially_with_cells():
    loads = [math.log(load_of_half(n, 0.5, 0.1) - 1) for n in (20, 40, 80)]
    assert loads[1] == pytest.approx(2 * loads[0])
    assert loads[2] == pytest.approx(4 * loads[0])


def test_a_part_of_an_episode_brings_back_the_rest():
    store, episodes = Hippocampus(60, capacity=200, beta=40.0), some(200, 60)
    store.store(episodes)
    given = torch.zeros(200, 60, dtype=torch.bool)
    given[:, :40] = True
    back = store.complete(episodes.states, given)
    assert torch.equal(back[given], episodes.states[given])
    assert torch.corrcoef(torch.stack([back[~given], episodes.states[~given]]))[0, 1] > 0.95
    found = store.recall(episodes.states)
    assert (found.targets == episodes.targets).all()
    # half a level of 255 of each state's range is the largest error of a byte
    spread = episodes.states.amax(1) - episodes.states.amin(1)
    assert ((store.states - episodes.states).abs().amax(1) <= spread / 255 * 0.51).all()


def test_bytes_of_the_store_are_those_of_its_arrays():
    store = Hippocampus(20, capacity=100, winners=8)
    store.store(some(60))
    assert store.n_bytes == 60 * (8 * 2 + 20 + 2 * 4 + 4 + 4 + 4)


def test_the_least_salient_goes_and_of_equals_the_oldest():
    store = Hippocampus(20, capacity=3)
    store.store(some(5), torch.tensor([1.0, 9.0, 1.0, 1.0, 1.0]))
    assert store.experiences.targets.tolist() == [1, 3, 4]
    store.forget(torch.tensor([True, False, False]))
    assert len(store) == 2


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        (lambda: Context(0), "capacity of at least 1"),
        (lambda: Hippocampus(4, capacity=0), "capacity of at least 1"),
        (lambda: Hippocampus(4).recall(torch.zeros(1, 4)), "nothing is stored"),
        (lambda: Hippocampus(4).recall(torch.zeros(1, 5)), "size of what was stored"),
        (lambda: Dentate(4, n_cells=8, winners=9), "winners"),
        (lambda: metrics.summary(np.ones((2, 3))), "full last row"),
        (lambda: FastWeights(3, 2, decay=2.0), "a decay from 0 to 1"),
        (lambda: FastWeights(3, 2).read(torch.zeros(1, 4)), "cues"),
        (lambda: FastWeights(3, 2).write(torch.zeros(1, 3), torch.zeros(1, 3)), "values"),
    ],
)
def test_what_cannot_work_is_refused(wrong, words):
    with pytest.raises(RecallError, match=words):
        wrong()


def test_metrics_by_hand():
    scores = np.array([[0.9, np.nan, np.nan], [0.7, 0.8, np.nan], [0.8, 0.4, 1.0]])
    row = metrics.summary(scores)
    assert row["average"] == pytest.approx(2.2 / 3)
    assert row["backward transfer"] == pytest.approx(((0.8 - 0.9) + (0.4 - 0.8)) / 2)
    assert row["forgetting from best"] == pytest.approx(((0.9 - 0.8) + (0.8 - 0.4)) / 2)
    assert row["forgetting from first"] == pytest.approx(-row["backward transfer"])
    assert row["anytime average"] == pytest.approx((0.9 + 0.75 + 2.2 / 3) / 3)
    two = np.array([[0.9, 0.5], [0.95, 0.8]])
    assert metrics.summary(two, np.array([0.1, 0.1]))["forward transfer"] == pytest.approx(0.4)


def test_the_two_definitions_of_forgetting_differ_where_practice_helped_in_between():
    scores = np.array([[0.5, 0, 0], [0.9, 0.6, 0], [0.7, 0.6, 0.6]])
    row = metrics.summary(scores)
    assert row["forgetting from best"] == pytest.approx(0.1)
    assert row["forgetting from first"] == pytest.approx(-0.1)


def test_a_fall_that_heals_is_a_stability_gap():
    during = np.array([[0.9, 0.8], [0.3, 0.9], [0.9, 0.8]])
    assert metrics.stability_gap(np.array([0.9, 0.8]), during) == pytest.approx(0.3)
    assert metrics.stability_gap(np.array([0.9, 0.8]), during[[0]]) == 0


def test_fast_weights_are_gradient_descent_with_momentum_and_decay():
    """Against autograd: S <- eta S - theta grad of half the squared error, M <- (1 - alpha) M + S."""
    generator = torch.Generator().manual_seed(3)
    keys, values = torch.randn(6, 4, generator=generator), torch.randn(6, 3, generator=generator)
    memory = FastWeights(4, 3, rate=0.1, momentum=0.6, decay=0.05)
    memory.write(keys, values)
    wanted, lasting = torch.zeros(3, 4, requires_grad=True), torch.zeros(3, 4)
    for key, value in zip(keys, values, strict=True):
        (slope,) = torch.autograd.grad((wanted @ key - value).square().sum() / 2, wanted)
        lasting = 0.6 * lasting - 0.1 * slope
        wanted = (0.95 * wanted.detach() + lasting).requires_grad_()
    torch.testing.assert_close(memory.weights, wanted.detach())


def test_fast_weights_keep_orthogonal_pairs_whole_and_are_no_longer_surprised():
    keys, values = (
        torch.linalg.qr(torch.randn(5, 5, generator=torch.Generator().manual_seed(1)))[0],
        torch.eye(5),
    )
    memory = FastWeights(5, 5)
    memory.write(keys, values)
    torch.testing.assert_close(memory.read(keys), values, atol=1e-5, rtol=0)
    assert memory.write(keys, values).max() < 1e-5
    fading = FastWeights(5, 5, decay=0.5)
    fading.write(keys, values)
    # the first pair was halved four times since
    torch.testing.assert_close(fading.read(keys)[0], values[0] / 16, atol=1e-5, rtol=0)
