"""Rules of reward against the score function, the exact gradient, and sums over all actions; in float64."""

import math
from dataclasses import dataclass

import pytest
import torch
from loops import F64, FREE, looped
from torch.nn.functional import cosine_similarity

from brainwright.learning import Backpropagation, RewardSTDP, ThreeFactor, check_rule
from brainwright.learning.checking import Setting
from brainwright.learning.shared.activity import draw, learning_inlets, repeated
from brainwright.network import Network, NetworkError, layered
from brainwright.network.cells import InputCells
from brainwright.network.lif import LIFCells
from brainwright.network.projection import DenseProjection
from brainwright.network.rate import RateCells
from brainwright.objective import Batch, Classification, Loss, Regression


def rate(n=7) -> RateCells:
    return RateCells(n, "tanh", tau_s=2e-3, bias="cell", dtype=F64)


def lif(n=7) -> LIFCells:
    return LIFCells(
        n, dt_s=1e-3, delay_s=2e-3, refractory_s=2e-3, threshold_mV=0.3, synapse_mV=1.0, dtype=F64
    )


def samples(n=1, steps=4, scale=1.0) -> Batch:
    g = torch.Generator().manual_seed(6)
    return Batch(scale * torch.randn(n, steps, 4, generator=g, dtype=F64), torch.arange(n) % 3)


def updated(rule, network, batch, objective, state=None):
    state = rule.init(network, seed=3) if state is None else state
    rule.update(network, batch, objective, state)
    return {n: p.grad.clone() for n, p in network.named_parameters() if p.grad is not None}


def flat(gradients) -> torch.Tensor:
    return torch.cat([gradients[name].flatten() for name in sorted(gradients)])


@dataclass(frozen=True)
class Fixed:
    """Every sample has the loss that its target names."""

    def loss(self, trajectory, batch) -> Loss:
        total = self.each(trajectory, batch).mean()
        return Loss(total, {"loss": float(total)})

    def each(self, trajectory, batch):
        return batch.targets.to(F64)


@pytest.mark.parametrize("cells", [rate(), lif()], ids=["rate", "lif"])
@pytest.mark.parametrize("tau", [None, 2.0], ids=["no decay", "decay"])
def test_the_trace_is_the_score_of_the_noisy_trial(cells, tau):
    """∂ log p / ∂W of the currents of a trial, by autograd on a dense copy; with decay each step's part."""
    network, sigma, steps = looped(cells, scale=3.0, **FREE), 0.7, 8
    batch = Batch(samples(1, steps, 3.0).inputs, torch.tensor([2]))
    rule = ThreeFactor(sigma=sigma, action="outputs", tau_steps=tau)
    state = rule.init(network, seed=3)
    state.tensors["updates"] += 1  # R̄ = 0 is known: R - R̄ = -2
    g = torch.Generator()
    g.set_state(state.generator.get_state())
    noise = draw(network, learning_inlets(network, ["cells", "output"]), steps, 1, sigma, g)
    found = updated(rule, network, batch, Fixed(), state)
    core, u = network.projection(1), network.projection(0).weight.detach().requires_grad_()
    w = core.pattern.dense(core.theta.detach()).requires_grad_()
    spiking = isinstance(cells, LIFCells)
    inlets = [("cells", "synapses"), ("cells", "current")] if spiking else [("cells", "all")] * 2
    now, log_p = network.rest(1), torch.zeros((), dtype=F64)
    for t in range(steps):
        h, x = cells.output(now["cells"]), batch.inputs[:, t]
        parts = [(h, w, inlets[0]), (x, u, inlets[1])]
        kept = 1.0 if tau is None else math.exp(-(steps - 1 - t) / tau)
        if spiking:
            got = [sent @ m.detach().T + noise[place][t] for sent, m, place in parts]
            error = [(a - sent @ m.T) for a, (sent, m, _) in zip(got, parts, strict=True)]
            own = cells.advance(now["cells"], *got)
        else:
            arrived = h @ w.detach().T + x @ u.detach().T + noise["cells", "all"][t]
            error = [arrived - h @ w.T - x @ u.T]
            own = cells.advance(now["cells"], arrived, None)
        log_p = log_p - kept * sum(e.square().sum() for e in error) / (2 * sigma**2)
        now = {**now, "cells": own}
    of_w, of_u = torch.autograd.grad(log_p, [w, u])
    post, pre = (torch.from_numpy(i).long() for i in (core.pattern.post, core.pattern.pre))
    torch.testing.assert_close(found["projections.0.weight"], 2 * of_u, rtol=1e-9, atol=1e-10)
    torch.testing.assert_close(found["projections.1.theta"], 2 * of_w[post, pre], rtol=1e-9, atol=1e-10)
    assert float(of_w.abs().max()) > 0.1


@pytest.mark.parametrize(
    ("network", "batch", "d"),
    [
        (
            layered([4, 5, 4, 3], "tanh", seed=2, dtype=F64),
            Batch(samples().inputs[:, 0], torch.tensor([1])),
            12,
        ),
        (looped(rate(), **FREE), samples(), 40),
    ],
    ids=["layers", "graph"],
)
def test_many_trials_are_the_gradient(network, batch, d):
    objective, k = Classification(every_step=True), 10 * d
    exact = flat(updated(Backpropagation(), network, batch, objective))
    rule = ThreeFactor(sigma=1e-4, action="outputs", estimates=k)
    found = flat(updated(rule, network, batch, objective))
    assert float(cosine_similarity(found, exact, dim=0)) >= 0.9
    assert float(found @ exact / (exact @ exact)) == pytest.approx(1, abs=5 / k**0.5)


def test_drawn_actions_follow_the_gradient_of_expected_reward():
    """Against the sum over all classes: z-test of the readout, cosine of the hidden layers."""
    network = layered([4, 5, 4, 3], "tanh", seed=2, dtype=F64)
    batch = Batch(samples().inputs[:, 0], torch.tensor([1]))
    chance = -network.unroll(batch.inputs).last.softmax(-1)[0, 1]  # minus the probability of a hit
    names = [n for n, _ in network.named_parameters()]
    exact = dict(zip(names, torch.autograd.grad(chance, list(network.parameters())), strict=True))

    def trials(sigma, times):
        rule = ThreeFactor(sigma=sigma, estimates=2000)
        state = rule.init(network, seed=3)
        return [updated(rule, network, batch, Classification(), state) for _ in range(times)]

    readout = torch.stack([one["projections.2.weight"] for one in trials(0.02, 40)])
    error = readout.std(0) / len(readout) ** 0.5
    assert float(((readout.mean(0) - exact["projections.2.weight"]) / error).abs().max()) < 4
    assert float((exact["projections.2.weight"] / error).abs().max()) > 10
    hidden = [n for n in names if not n.startswith(("projections.2", "populations.output"))]
    found = trials(0.2, 10)  # more noise: less variance of what it teaches
    mean = torch.cat([torch.stack([one[n] for one in found]).mean(0).flatten() for n in hidden])
    assert float(cosine_similarity(mean, torch.cat([exact[n].flatten() for n in hidden]), dim=0)) > 0.9


def test_a_drawn_class_is_worth_one_more_where_it_hits():
    network, rule = layered([4, 5, 3], "tanh", dtype=F64), ThreeFactor(estimates=200)
    state = rule.init(network, seed=1)
    batch = Batch(samples(3).inputs[:, 0], torch.tensor([0, 1, 2]))
    trials = repeated(batch, 200)
    shown = network.unroll(trials.inputs)
    action, _ = rule._act(shown, trials, state)
    loss = Classification().each(action, trials)
    hit = action.outputs[:, 0].argmax(-1) == trials.targets
    torch.testing.assert_close(loss[~hit] - loss[hit][0], torch.ones(int((~hit).sum()), dtype=F64))


def test_expected_reward_is_a_mean_of_earlier_trials_of_the_same_type():
    network = layered([4, 5, 3], "tanh", dtype=F64)
    batch = Batch(torch.zeros(4, 4, dtype=F64), torch.tensor([0, 0, 2, 2]))
    reward = torch.tensor([1.0, 3.0, 10.0, 20.0], dtype=F64)
    one, each = ThreeFactor(memory=0.1), ThreeFactor(memory=0.1, baseline="class")
    state = one.init(network)
    others = (reward.sum() - reward) / 3
    torch.testing.assert_close(one._advantage(reward, batch, state), reward - others)
    torch.testing.assert_close(one._advantage(reward, batch, state), reward - 8.5)
    state = each.init(network)
    torch.testing.assert_close(
        each._advantage(reward, batch, state), torch.tensor([-2.0, 2.0, -10.0, 10.0], dtype=F64)
    )
    for _ in range(30):
        each._advantage(reward + 1, batch, state)
    assert state.tensors["updates"].tolist() == [31, 0, 31]
    torch.testing.assert_close(
        state.tensors["baseline"], torch.tensor([3.0, 0.0, 16.0], dtype=F64), rtol=0, atol=0.05
    )


def test_reward_teaches_spiking_cells():
    """Reward for firing: the mean rate of a cell rises under its noise, by reward alone."""
    cells = LIFCells(4, dt_s=1e-3, delay_s=1e-3, refractory_s=1e-3, threshold_mV=1.0, dtype=F64)
    weight = torch.full((4, 1), 1.0, dtype=F64)
    readout = torch.full((1, 4), 1 / 200, dtype=F64)
    network = Network(
        {"input": InputCells(1, F64), "cells": cells, "output": RateCells(1, "identity", dtype=F64)},
        [DenseProjection("input", "cells", 1, 4, weight),
         DenseProjection("cells", "output", 4, 1, readout, train=False)],
    )  # fmt: skip
    batch = Batch(torch.full((32, 12, 1), 3.0, dtype=F64), torch.full((32, 1), 2.0, dtype=F64))
    rule = ThreeFactor(sigma=5.0, action="outputs")
    state = rule.init(network, seed=2)
    optimiser = torch.optim.SGD(network.parameters(), lr=0.6)
    losses = []
    for _ in range(12):
        _, metrics = rule.update(network, batch, Regression(), state)
        optimiser.step()
        losses.append(metrics["loss"])
    assert sum(losses[-4:]) < 0.8 * sum(losses[:4])
    assert float(network.projection(0).weight.detach().min()) > 1.0


@pytest.mark.parametrize(
    "rule",
    [
        ThreeFactor(action="outputs"),
        ThreeFactor(action="outputs", baseline="class", estimates=2),
        ThreeFactor(estimates=4, when="every", tau_steps=3.0),
    ],
    ids=["outputs", "class", "drawn"],
)
def test_reward_rules_read_what_they_declare(rule):
    found = check_rule(rule)
    assert found["error"] == found["transposed weights"] == found["own weight"] == "identical"
    assert found["label"] == ("declared" if rule.baseline == "class" else "identical")
    found = check_rule(rule, Setting(looped(rate(24), density=0.9, **FREE), Classification(), samples(2), {}))
    assert found["error"] == "identical"


def test_reward_stdp_reads_what_it_declares():
    network = looped(lif(24), density=0.9, scale=4.0, **FREE)
    found = check_rule(
        RewardSTDP(action="outputs"), Setting(network, Classification(), samples(2, 12, 3.0), {})
    )
    assert found["error"] == found["label"] == "identical"
    assert found["transposed weights"] != "declared"


@pytest.mark.parametrize("mode", ["edge", "cell", "low-rank"])
@pytest.mark.parametrize("rule", [ThreeFactor(), RewardSTDP()], ids=lambda rule: rule.name)
def test_reward_reaches_parameters_through_any_mode(rule, mode):
    """d/dθ of base exp(θ) is the weight itself, at θ = 0: base times what the free weight would get."""
    batch = samples(4, 8, 3.0)
    free = updated(rule, looped(lif(), scale=3.0, **FREE), batch, Classification())["projections.1.theta"]
    network = looped(lif(), scale=3.0, mode=mode)
    found, own = updated(rule, network, batch, Classification()), network.projection(1)
    if mode == "edge":
        torch.testing.assert_close(found["projections.1.theta"], own.base * free)
    elif mode == "cell":
        total = torch.zeros(7, dtype=F64).index_add(
            0, torch.from_numpy(own.pattern.pre).long(), own.base * free
        )
        torch.testing.assert_close(found["projections.1.theta"], total)
    else:
        assert bool(found["projections.1.v"].any())
    assert bool(free.any())


def test_what_reward_cannot_teach_is_said():
    with pytest.raises(NetworkError, match="no hidden cell of this network spikes"):
        RewardSTDP().init(layered([4, 5, 3]))
    network, rule = layered([4, 5, 3], dtype=F64), ThreeFactor()
    batch = Batch(torch.zeros(2, 4, dtype=F64), torch.zeros(2, 3, dtype=F64))
    with pytest.raises(NetworkError, match='values use action="outputs"'):
        rule.update(network, batch, Regression(), rule.init(network))
    for wrong in ({"action": "x"}, {"when": "x"}, {"baseline": "x"}, {"memory": 0.0}, {"tau_steps": 0.0}):
        with pytest.raises(ValueError, match="expected"):
            ThreeFactor(**wrong)
    with pytest.raises(ValueError, match="expected tau_eligibility_s above 0"):
        RewardSTDP(tau_eligibility_s=0.0)
