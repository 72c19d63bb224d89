"""Grafts: exact signals, ports that are kept, hosts that stay, and what is refused."""

import copy

import pytest
import torch

from brainwright.learning import Backpropagation, DirectFeedback, FeedbackAlignment, Hebb
from brainwright.learning.graft import exposed, teach_part
from brainwright.loop.augment import Graft, augment, heard_and_written, with_graft
from brainwright.loop.grafts import check_graft
from brainwright.loop.grafts.task import Waves, host_of, ports_of
from brainwright.network import NetworkError, layered
from brainwright.network.graft import Ported, Ports, require_stable
from brainwright.objective import Batch, Regression

PORTS = ports_of(6)


def batch(samples=16, seed=0):
    x, y = Waves([seed]).batch(samples)
    return Batch(x[0], y[0])


def batches(n):
    waves = Waves([0])
    for _ in range(n):
        x, y = waves.batch(16)
        yield Batch(x[0], y[0])


def test_the_gradient_of_a_graft_is_that_of_autograd_through_host_and_graft():
    host, graft, data = host_of(0), Graft.beside(PORTS, (8,)), batch()
    ported = Ported(host, PORTS, 16)
    reads, written = heard_and_written(ported, graft.network, data.inputs[:, None])
    rule = Backpropagation()
    signal, _ = exposed(rule, ported, data, Regression(), rule.init(ported), written)
    teach_part(graft.rule, graft.network, reads, signal, graft.rule.init(graft.network))
    ours = [p.grad.clone() for p in graft.network.parameters()]

    def layer(name, x, extra=0.0):
        weight, bias = host.get_parameter(f"projections.{name}.weight"), biases[name + 1]
        return x @ weight.mT + bias + extra

    biases = [None, *(p for name, p in host.named_parameters() if name.endswith("bias"))]
    h1 = torch.tanh(layer(0, data.inputs))
    currents = torch.zeros(16, 64)
    currents[:, list(PORTS.writes)] = graft.network.unroll(h1[:, list(PORTS.reads)]).last
    h3 = torch.tanh(layer(2, torch.tanh(layer(1, h1)), currents))
    outputs = layer(4, torch.tanh(layer(3, h3)))
    loss = (outputs - data.targets).square().mean()
    theirs = torch.autograd.grad(loss, list(graft.network.parameters()))
    for a, b in zip(ours, theirs, strict=True):
        assert torch.allclose(a, b, rtol=1e-4, atol=1e-7)  # float32


@pytest.mark.parametrize("rule", [Backpropagation(), FeedbackAlignment(), DirectFeedback()])
def test_a_graft_keeps_its_contract_and_a_frozen_host_stays(rule):
    host, graft = host_of(1), Graft.beside(PORTS, (8, 8), rule, seed=1)
    assert check_graft(graft, host, batch(8))["host"] == "kept"
    before, own = copy.deepcopy(host.state_dict()), copy.deepcopy(graft.network.state_dict())
    done = augment(host, graft, Regression(), batches(5), cosine_every=1)
    assert all(torch.equal(before[name], value) for name, value in host.state_dict().items())
    assert not all(torch.equal(own[name], value) for name, value in graft.network.state_dict().items())
    assert [row["cosine"] for row in done.history] == pytest.approx([1.0] * 5, abs=1e-5)
    assert done.radius == pytest.approx(0, abs=1e-6)  # nothing goes round in a feed-forward host


def test_a_graft_that_writes_nothing_changes_nothing():
    host, graft, data = host_of(2), Graft.beside(PORTS, (8,)), batch(8)
    with torch.no_grad():
        for p in graft.network.parameters():
            p.zero_()
    assert torch.allclose(with_graft(host, graft, data.inputs)[:, -1], host.unroll(data.inputs).last)


def test_what_cannot_be_grafted_is_refused_with_the_reason():
    host, data = host_of(0), lambda: batches(1)
    with pytest.raises(NetworkError, match=r"ports: .*within \[0, 64\)"):
        augment(host, Graft.beside(Ports("hidden1", [99], "hidden3", [0])), Regression(), data())
    with pytest.raises(NetworkError, match="expected a network from 6 read to 6 written units"):
        augment(host, Graft(layered([5, 6], "tanh"), PORTS), Regression(), data())
    with pytest.raises(NetworkError, match="latency_steps=1 or more"):
        augment(host, Graft.beside(Ports("hidden3", [0], "hidden1", [0])), Regression(), data())
    with pytest.raises(NetworkError, match="error-like signal"):
        augment(host, Graft.beside(PORTS), Regression(), data(), host_rule=Hebb())
    last = Graft.beside(Ports("hidden1", [0], "hidden4", [0]))
    with pytest.raises(NetworkError, match="feedback"):
        augment(host, last, Regression(), data(), host_rule=FeedbackAlignment())
    with pytest.raises(NetworkError, match="at least one batch"):
        augment(host, Graft.beside(PORTS), Regression(), iter(()))
    with pytest.raises(NetworkError, match=r"radius"):
        require_stable(0.99, margin=0.1)
