"""Hebb, Oja and soft winner-take-all against eigenvectors, fixed points and dense equations; in float64."""

import numpy as np
import pytest
import torch

from brainwright.learning import Hebb, Oja, PairSTDP, SoftHebb, check_rule
from brainwright.network import Network, NetworkError, layered
from brainwright.network.cells import InputCells
from brainwright.network.lif import LIFCells
from brainwright.network.projection import DenseProjection
from brainwright.network.rate import RateCells
from brainwright.network.sparse import Pattern
from brainwright.network.synapses import Synapses
from brainwright.objective import Batch, Classification

F64 = torch.float64
RULES = [Hebb(decay=0.3), Oja(), SoftHebb(temperature=0.5)]


def sparse_layer(phi="tanh", n_in=8, n=5, density=0.7) -> Network:
    """Inputs → cells over sparse synapses → outputs."""
    g = torch.Generator().manual_seed(4)
    post, pre = (torch.rand(n, n_in, generator=g) < density).nonzero(as_tuple=True)
    base = torch.randn(len(pre), generator=g, dtype=F64) / n_in**0.5
    pattern = Pattern.of(pre, post, n_in, n)
    synapses = Synapses("input", "cells", pattern, base, delay_steps=0, mode="edge", dale=False)
    readout = DenseProjection("cells", "output", n, 3, torch.zeros(3, n, dtype=F64))
    populations = {"input": InputCells(n_in, F64), "cells": RateCells(n, phi, dtype=F64)}
    return Network({**populations, "output": RateCells(3, "identity", dtype=F64)}, [synapses, readout])


def data(n=9, n_in=8) -> Batch:
    inputs = torch.randn(n, n_in, generator=torch.Generator().manual_seed(7), dtype=F64)
    return Batch(inputs, torch.arange(n) % 3)


def teach(rule, network, batch, steps, lr) -> None:
    state, weights = rule.init(network), network.projection(0)
    for _ in range(steps):
        rule.update(network, batch, Classification(), state)
        (parameter,) = weights.parameters()
        with torch.no_grad():
            parameter -= lr * parameter.grad


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.name)
def test_changes_on_sparse_edges_are_the_dense_equation(rule):
    network, batch = sparse_layer(), data()
    rule.update(network, batch, Classification(), rule.init(network))
    own, x = network.projection(0), batch.inputs
    w = own.pattern.dense(own.theta.detach())
    u = x @ w.T
    y = torch.tanh(u)
    dense = torch.zeros_like(w)
    for b in range(len(x)):
        if isinstance(rule, Hebb):
            dense += torch.outer(y[b], x[b]) - 0.3 * w
        elif isinstance(rule, Oja):
            dense += y[b][:, None] * (x[b] - y[b][:, None] * w)
        else:
            win = torch.softmax(u[b] / 0.5, 0)
            dense += win[:, None] * (x[b] - u[b][:, None] * w)
    post, pre = (torch.from_numpy(i).long() for i in (own.pattern.post, own.pattern.pre))
    torch.testing.assert_close(own.theta.grad, -dense[post, pre] / len(x), rtol=1e-12, atol=1e-13)


def one_strong_direction(n: int, n_in: int) -> np.ndarray:
    """Correlated samples [n, n_in] with one direction of far more variance than the others."""
    generator = np.random.default_rng(0)
    strong = 2 * generator.normal(size=(n, 1)) * generator.choice([-1.0, 1.0], n_in)
    return strong + generator.normal(size=(n, n_in)) @ generator.normal(size=(n_in, n_in)) / n_in**0.5


def test_oja_ends_at_the_leading_eigenvector_with_length_one():
    mixed = one_strong_direction(400, 6)
    values, vectors = np.linalg.eigh(mixed.T @ mixed / len(mixed))
    network = layered([6, 3, 2], "identity", bias=False, seed=1, dtype=F64)
    batch = Batch(torch.tensor(mixed), torch.zeros(len(mixed), dtype=torch.int64))
    teach(Oja(), network, batch, 90, 0.4 / values[-1])
    w = network.projection(0).weight.detach().numpy()
    assert np.linalg.norm(w, axis=1) == pytest.approx(np.ones(3), abs=1e-6)
    assert np.abs(w @ vectors[:, -1]) == pytest.approx(np.ones(3), abs=1e-6)


def test_oja_on_sparse_synapses_ends_at_the_eigenvector_of_what_a_cell_hears():
    network, mixed = sparse_layer("identity"), one_strong_direction(300, 8)
    batch = Batch(torch.tensor(mixed), torch.zeros(300, dtype=torch.int64))
    teach(Oja(), network, batch, 150, 0.4 / float(np.linalg.eigvalsh(mixed.T @ mixed / 300)[-1]))
    own = network.projection(0)
    w, heard = (
        own.pattern.dense(own.theta.detach()).numpy(),
        own.pattern.dense(torch.ones_like(own.theta)).numpy() > 0,
    )
    for row, mask in zip(w, heard, strict=True):
        leading = np.linalg.eigh(mixed[:, mask].T @ mixed[:, mask] / 300)[1][:, -1]
        assert abs(row[mask] @ leading) == pytest.approx(1, abs=1e-4)


def test_hebb_ends_where_forgetting_balances_it():
    network, batch = layered([8, 4, 3], "tanh", bias=False, seed=1, dtype=F64), data(20)
    teach(Hebb(decay=2.0), network, batch, 60, 0.4)
    w, x = network.projection(0).weight.detach(), batch.inputs
    torch.testing.assert_close(w, torch.tanh(x @ w.T).T @ x / 20 / 2.0, rtol=0, atol=1e-8)
    assert float(w.abs().max()) > 0.1


def test_soft_hebb_ends_at_the_mean_direction_of_what_each_cell_wins():
    generator = torch.Generator().manual_seed(2)
    centres = torch.linalg.qr(torch.randn(6, 3, generator=generator, dtype=F64)).Q.T
    which = torch.arange(90) % 3
    inputs = centres[which] + 0.1 * torch.randn(90, 6, generator=generator, dtype=F64)
    inputs = inputs / inputs.norm(dim=1, keepdim=True)
    network = layered([6, 3, 2], "relu", bias=False, seed=1, dtype=F64)
    with torch.no_grad():
        network.projection(0).weight.copy_(0.5 * centres + 0.1)
    batch = Batch(inputs, torch.zeros(90, dtype=torch.int64))
    teach(SoftHebb(temperature=0.05), network, batch, 150, 1.5)
    w = network.projection(0).weight.detach()
    win = torch.softmax(inputs @ w.T / 0.05, -1)
    drawn = win.T @ inputs
    torch.testing.assert_close(w.norm(dim=1), torch.ones(3, dtype=F64), rtol=0, atol=1e-6)
    torch.testing.assert_close(w, drawn / drawn.norm(dim=1, keepdim=True), rtol=0, atol=1e-6)
    means = torch.stack([inputs[which == k].mean(0) for k in range(3)])
    means = means / means.norm(dim=1, keepdim=True)
    assert float((w * means).sum(1).min()) > 0.9999


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.name)
def test_unsupervised_rules_read_what_they_declare(rule):
    found = check_rule(rule)
    assert found["transposed weights"] == found["error"] == found["label"] == found["scalar"] == "identical"
    assert found["own weight"] == "declared"
    assert found["lateral"] == ("declared" if isinstance(rule, SoftHebb) else "identical")


def test_what_cannot_be_learned_without_a_teacher_is_said():
    spiking = Network(
        {"input": InputCells(2), "cells": LIFCells(3), "output": RateCells(1, "identity")},
        [
            DenseProjection("input", "cells", 2, 3, torch.ones(3, 2)),
            DenseProjection("cells", "output", 3, 1, torch.ones(1, 3)),
        ],
    )
    for rule in RULES:
        with pytest.raises(
            NetworkError, match="graded activity, cells has lif cells: pair STDP is for those"
        ):
            rule.init(spiking)
        with pytest.raises(NetworkError, match="no synapse onto a hidden cell trains"):
            rule.init(layered([3, 2]))
    PairSTDP().init(spiking)
    with pytest.raises(ValueError, match="expected a decay"):
        Hebb(decay=-1.0)
    with pytest.raises(ValueError, match="expected a temperature"):
        SoftHebb(temperature=0.0)
