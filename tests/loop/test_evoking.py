"""Evoking: from a wanted answer to a write, against brute force; rivals, scores, own files, refusals."""

from itertools import combinations

import numpy as np
import pytest
import torch

from brainwright.emulator.evoked.dynamics import DynamicsResponse
from brainwright.emulator.evoked.ridge import PENALTIES, RidgeResponse
from brainwright.loop.evoke import EvokedTrials, EvokeError, Evoker, Protocol, read_stimulated, trials_of
from brainwright.loop.evoke.descend import Descent, climbed, descend, hard_top, soft_top
from brainwright.loop.evoke.dishes import EvokeDishes, around_the_middle, middle
from brainwright.loop.evoke.lookups import nearest, smoothed
from brainwright.loop.evoke.scores import Wanted, corrected_r2, named
from brainwright.loop.evoke.tissue_search import CrossEntropy, ThompsonBandit
from brainwright.loop.evoke.trials import play_writes
from brainwright.tissue import StimulusLimits

SMALL = Protocol(electrodes=(0, 1, 2, 3, 4, 5), region=(8, 9, 10, 11, 12), slots_s=(0.0, 0.005), n_pulses=3)
N_CHANNELS = 16


def made_up(n: int, noise: float = 0.0, n_dishes: int = 1) -> EvokedTrials:
    """Tissue whose root counts are linear in the write."""
    rng = np.random.default_rng(5)
    writes = SMALL.random((n_dishes, n), rng)
    effect = 0.5 * rng.normal(size=(n_dishes, SMALL.n_inputs, N_CHANNELS))
    root = 4.0 + writes @ effect + noise * rng.normal(size=(n_dishes, n, N_CHANNELS))
    before = rng.poisson(1.0, (n_dishes, n, N_CHANNELS)).astype(np.float32)
    return EvokedTrials(writes, before, np.square(root).astype(np.float32))


def test_a_soft_choice_holds_the_charge_and_its_slope_is_right():
    torch.manual_seed(0)
    scores = torch.randn(4, 12, dtype=torch.float64, requires_grad=True)
    soft = soft_top(scores, 3, 0.5)
    assert torch.allclose(soft.sum(-1), torch.full((4,), 3.0, dtype=torch.float64), atol=1e-5)
    weight = torch.randn(4, 12, dtype=torch.float64)
    assert torch.autograd.gradcheck(
        lambda s: (soft_top(s, 3, 0.5) * weight).sum(), scores, eps=1e-4, atol=1e-3
    )
    cold = soft_top(scores.detach(), 3, 1e-4)
    assert torch.equal(cold > 0.5, hard_top(scores.detach(), 3, 1, 12))


def test_no_slot_takes_more_than_is_allowed():
    scores = torch.arange(12.0)[None].repeat(2, 1)
    chosen = hard_top(scores, 4, 2, 2)
    assert chosen.unflatten(-1, (2, 6)).sum(-1).tolist() == [[2, 2]] * 2
    assert chosen[0].nonzero().ravel().tolist() == [4, 5, 10, 11]


def test_the_descent_comes_to_the_best_few_of_brute_force():
    """Not always to the best: the soft problem is convex, and swaps follow the slope at one write."""
    torch.manual_seed(1)
    effect, wanted = torch.randn(1, 12, 6), torch.randn(1, 2, 6)
    usable = torch.ones(12, dtype=torch.bool)
    usable[3] = False

    def loss(x):
        goal = wanted.repeat(1, x.shape[1] // 2, 1)
        return (x @ effect - goal).square().sum(-1)

    told = {"usable": usable, "n_slots": 2, "most": 6, "seed": 0}
    found = descend(loss, (1, 2, 12), 3, descent=Descent(), **told).float()
    subsets = [s for s in combinations(range(12), 3) if 3 not in s]
    everything = torch.zeros(len(subsets), 12)
    for row, subset in zip(everything, subsets, strict=True):
        row[list(subset)] = 1
    best = ((everything @ effect[0])[:, None] - wanted[0]).square().sum(-1)
    assert found.sum(-1).tolist() == [[3.0, 3.0]]
    better = (best < loss(found) - 1e-4).sum(0)
    assert better.max() <= 2, "of 165 subsets"
    worst = descend(loss, (1, 2, 12), 3, descent=Descent(sign=-1.0), **told).float()
    assert (loss(worst) > loss(found) + 1).all(), "a turned sign goes away from the target"


def test_a_ridge_is_the_closed_form_with_the_penalty_of_leaving_one_out():
    rng = np.random.default_rng(2)
    x, y = rng.normal(size=(1, 30, 4)), rng.normal(size=(1, 30, 2))
    model = RidgeResponse.fit(*(torch.tensor(a, dtype=torch.float32) for a in (x, x, y)))
    centred, target = x[0] - x[0].mean(0), y[0] - y[0].mean(0)

    def weights(rows, penalty):
        return np.linalg.solve(
            centred[rows].T @ centred[rows] + penalty * np.eye(4), centred[rows].T @ target[rows]
        )

    every = np.arange(30)
    errors = []
    for penalty in PENALTIES.numpy():
        hat = centred @ np.linalg.solve(centred.T @ centred + penalty * np.eye(4), centred.T) + 1 / 30
        left = (target - centred @ weights(every, penalty)) / (1 - np.diag(hat))[:, None]
        errors.append(np.square(left).mean())
    chosen = PENALTIES[int(np.argmin(errors))]
    assert model.penalty.item() == pytest.approx(chosen.item())
    assert np.allclose(model.weight[0].numpy(), weights(every, chosen.item()), atol=1e-4)


def test_dynamics_can_be_descended_and_dishes_do_not_know_each_other():
    trials = made_up(200, 0.3, n_dishes=2)
    x, before, answers = (torch.from_numpy(a).float() for a in (trials.writes, trials.before, trials.counts))
    z = (answers.sqrt() - 4)[:, :, :5]

    def fitted(dishes):
        told = x[dishes], before[dishes], z[dishes], z[dishes, :, :2]
        return DynamicsResponse.fit(*told, 2, steps=40, seed=3)

    both, alone = fitted([0, 1]), fitted([0])
    assert torch.allclose(both.predict(x, before)[:, :1], alone.predict(x[:1], before[:1]), atol=1e-4)
    soft = x[:1, :3].double().requires_grad_(True)
    alone.model.double()
    assert torch.autograd.gradcheck(
        lambda s: alone.predict(s, before[:1, :3].double()).sum(), soft, atol=1e-4
    )
    missed = (both.predict(x, before) - z).square().mean()
    assert missed < 0.6 * z.var(), "it learns"


def test_a_write_is_found_again_from_what_it_evokes():
    trials = made_up(400)
    evoker = Evoker(trials, SMALL, kind="ridge")
    sought = SMALL.random((1, 4), np.random.default_rng(9))
    found = evoker.write_for(evoker.predict(sought), descent=Descent(starts=8))
    assert np.array_equal(found.writes, sought)
    assert found.reliability[0] > 0.999
    assert (found.expected_gain > 0.8).all()
    fewer = evoker.write_for(evoker.predict(sought), electrodes=(0, 1, 2), charge_nC=0.8)
    assert (fewer.writes.sum(-1) == 2).all()
    assert set(fewer.plan(1.0, 2).channel.tolist()) <= {0, 1, 2}
    assert fewer.plan(1.0).first_s >= 1.0 - 1e-9


def test_what_cannot_be_had_is_said():
    with pytest.raises(EvokeError, match=r"expected 24 trials or more for 12 inputs.*got 10: record for 3 s"):
        Evoker(made_up(10), SMALL)
    evoker = Evoker(made_up(400, 0.5), SMALL, kind="ridge")
    calm = np.zeros((1, 1, 5), np.float32)
    with pytest.raises(
        EvokeError, match=r"channel 10 is wanted at \+50.00 sd, .* sd beyond what it ever did"
    ):
        evoker.write_for(calm + 50 * np.eye(5)[2])
    with pytest.raises(EvokeError, match=r"got \[40\] outside the array"):
        evoker.write_for(calm, electrodes=[1, 40])
    with pytest.raises(EvokeError, match="no write can meet"):
        evoker.write_for(calm, charge_nC=0.1)
    with pytest.raises(EvokeError, match="at most 1 at a time"):
        evoker.write_for(calm, limits=StimulusLimits(channels=(0, 1, 2), simultaneous_channels=1))
    with pytest.raises(EvokeError, match=r"limits that no write.*current must not exceed 1.0 uA"):
        evoker.write_for(calm, limits=StimulusLimits(channels=tuple(range(6)), current_uA=1.0))
    with pytest.raises(EvokeError, match="expected finite answers"):
        evoker.write_for(calm[0])


def test_lookups_are_what_they_say():
    rng = np.random.default_rng(3)
    answers, targets = rng.normal(size=(2, 50, 4)), rng.normal(size=(2, 3, 4))
    near = nearest(answers, targets, 5)
    far = np.square(answers[:, None] - targets[:, :, None]).sum(-1)
    assert np.array_equal(near, far.argsort(-1)[:, :, :5])
    writes = SMALL.random((2, 50), rng)
    often = writes[1, near[1, 2]].sum(0)
    chosen = smoothed(writes, near, 3)[1, 2]
    assert often[chosen].min() >= often[~chosen].max()


@pytest.mark.parametrize("search", [CrossEntropy(20, 4), ThompsonBandit()], ids=lambda s: type(s).__name__)
def test_a_search_finds_the_best_inputs_of_an_additive_worth(search):
    worth = 5.0 * (np.random.default_rng(4).permutation(12) >= 9)
    found = search.search(lambda writes: -(writes * worth).sum(-1), (1, 2, 12), 3, 200, 0)
    assert np.array_equal(found, np.broadcast_to(worth > 0, (1, 2, 12)))


def test_the_corrected_r2_is_one_for_the_pattern_itself_and_zero_for_none():
    rng = np.random.default_rng(6)
    pattern = rng.normal(size=(40, 16, 1, 25))
    wanted = Wanted.of(pattern + rng.normal(size=(40, 16, 10, 25)))
    again, nothing = pattern + rng.normal(size=(40, 16, 10, 25)), rng.normal(size=(40, 16, 10, 25))
    assert corrected_r2(again, wanted).mean() == pytest.approx(1, abs=0.01)
    assert corrected_r2(nothing, wanted).mean() == pytest.approx(0, abs=0.02)
    assert corrected_r2(2 * pattern + nothing, wanted).mean() == pytest.approx(0, abs=0.02)
    assert named(again, wanted.mean).mean() > 0.9
    assert named(nothing, wanted.mean).mean() == pytest.approx(1 / 16, abs=0.02)


def test_trials_of_a_recording_are_those_that_were_played(tmp_path):
    protocol, dishes = around_the_middle(), EvokeDishes([904])
    writes = protocol.random((1, 12), np.random.default_rng(0))
    played = play_writes(dishes.culture(), protocol, writes)
    culture = dishes.culture()
    plan = protocol.plan(writes, 0.0)
    culture.write(plan)
    heard = culture.read(12 * protocol.period_s)
    begins = protocol.before_s + protocol.period_s * np.arange(12)
    named_ = {"stimulus_time_s": plan.time_s, "stimulus_channel": plan.channel, "trial_s": begins}
    spikes = {"time_s": heard.time_s, "channel": heard.channel, "n_channels": 64, "stop_s": heard.stop_s}
    np.savez(tmp_path / "own.npz", **spikes, **named_)
    recording, stimuli, begin_s = read_stimulated(tmp_path / "own.npz")
    again = trials_of(recording, stimuli, protocol, begin_s)
    for name in ("writes", "before", "counts"):
        assert np.array_equal(getattr(again, name), getattr(played, name)), name
    guessed = trials_of(recording, stimuli, protocol)
    whole = writes[0, :, : protocol.n_electrodes].any(-1)  # a pulse in the first slot tells the beginning
    assert np.array_equal(guessed.writes[0, whole], writes[0, whole])
    assert not set(plan.channel.tolist()) & set(middle())
    with pytest.raises(EvokeError, match=r"expected pulses of 0.4 nC"):
        trials_of(recording, type(plan).biphasic(0, plan.channel, plan.time_s, 1.0), protocol, begin_s)
    with pytest.raises(EvokeError, match=r"expected pulses at 0, 0.005, 0.01 s"):
        trials_of(recording, plan.shifted(0.0025), protocol, begin_s)
    np.savez(tmp_path / "bare.npz", **spikes)
    with pytest.raises(EvokeError, match="expected stimulus_time_s"):
        read_stimulated(tmp_path / "bare.npz")


def test_nwb_with_stimulus_times_is_read(tmp_path):
    pynwb = pytest.importorskip("pynwb")
    import datetime

    file = pynwb.NWBFile("made up", "1", datetime.datetime(2026, 1, 1, tzinfo=datetime.UTC))
    for unit in range(3):
        file.add_unit(spike_times=np.arange(1, 40) * 0.1 + 0.01 * unit, obs_intervals=[[0.0, 5.0]])
    table = pynwb.epoch.TimeIntervals(name="stimulation", description="pulses")
    table.add_column("channel", "which")
    for k in range(4):
        table.add_row(start_time=1.0 + k, stop_time=1.0004 + k, channel=k % 2)
    file.add_stimulus(table)
    with pynwb.NWBHDF5IO(tmp_path / "own.nwb", "w") as io:
        io.write(file)
    recording, stimuli, begin_s = read_stimulated(tmp_path / "own.nwb")
    assert recording.n_channels == 3
    assert begin_s is None
    assert stimuli.time_s.tolist() == [1.0, 2.0, 3.0, 4.0]
    assert stimuli.channel.tolist() == [0, 1, 0, 1]


def test_a_climb_asks_the_loss_as_often_as_it_may_and_never_gets_worse():
    torch.manual_seed(3)
    effect, wanted = torch.randn(1, 12, 6), torch.randn(1, 2, 6)
    asked = 0

    def loss(x):
        nonlocal asked
        asked += x.shape[1] // 2
        return (x @ effect - wanted.repeat(1, x.shape[1] // 2, 1)).square().sum(-1)

    first = torch.zeros(1, 2, 12, dtype=torch.bool)
    first[..., :3] = True
    found = climbed(loss, first, 160, seed=0)
    assert asked == 161, "and once where it begins"
    assert found.sum(-1).tolist() == [[3, 3]]
    assert (loss(found.float()) < loss(first.float())).all()
    # from the best of all subsets no swap goes down, so it stays
    subsets = torch.zeros(220, 12)
    for row, subset in zip(subsets, combinations(range(12), 3), strict=True):
        row[list(subset)] = 1
    best = ((subsets @ effect[0])[:, None] - wanted[0]).square().sum(-1).argmin(0)
    there = subsets[best].bool()[None]
    assert torch.equal(climbed(loss, there, 160, seed=1), there)


def test_a_ridge_that_is_told_the_amount_finds_answers_that_saturate():
    """y = x w / (1 + n / 10) is no linear map of writes of 1 to 11 pulses, and nearly one of x and x n."""
    rng = np.random.default_rng(7)
    x = rng.random((1, 800, 12)) < rng.uniform(0.1, 0.9, (1, 800, 1))
    answer = (x @ rng.normal(size=(12, 3))) / (1 + x.sum(-1, keepdims=True) / 10)
    x, y = torch.tensor(x).float(), torch.tensor(answer).float()
    missed = []
    for amount in (False, True):
        model = RidgeResponse.fit(x[:, :600], x[:, :600], y[:, :600], amount=amount)
        missed.append(float((model.predict(x[:, 600:], x[:, 600:])[0] - y[:, 600:]).square().mean()))
    assert missed[1] < 0.3 * missed[0]
    alone = RidgeResponse.fit(x[:, :50].mul(0).add(1), x[:, :50], y[:, :50], amount=True)
    assert torch.isfinite(alone.predict(x[:, :5], x[:, :5])).all(), "writes of one size"
