"""Predictive coding: against backpropagation, the gradient of its energy, the gradient at a fixed point."""

import numpy as np
import pytest
import torch

from brainwright.connectome import Connectome
from brainwright.learning import (
    FixedPrediction,
    IncrementalPredictiveCoding,
    PredictiveCoding,
    Setting,
    check_rule,
)
from brainwright.network import LIF, FanIn, Graph, Network, NetworkError, Rate, compile, layered
from brainwright.network.cells import InputCells
from brainwright.network.projection import DenseProjection, GapJunctions
from brainwright.network.rate import RateCells
from brainwright.network.sparse import Pattern
from brainwright.network.synapses import Synapses
from brainwright.objective import Batch, Classification, Regression

F64 = torch.float64
STEPS = 80


def worm(dynamics, **options) -> Network:
    wiring = Connectome.load("celegans/varshney2011")
    options = {"signs": "unsigned", "scaling": FanIn(), **options}
    return compile(wiring, dynamics, n_inputs=4, n_outputs=3, **options)


def drawn(*shape, seed=0):
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed), dtype=F64)


def graph(form="voltage", n=14, seed=0, gaps=True, dale=False) -> Network:
    """Inputs -> cells on a sparse graph with cycles, gap junctions -> outputs; a contraction."""
    where = torch.rand(n, n, generator=torch.Generator().manual_seed(seed)) < 0.4
    post, pre = where.nonzero(as_tuple=True)
    pattern = Pattern.of(pre, post, n, n)
    base = 0.25 * drawn(pattern.n_edges, seed=seed + 1)
    populations = {
        "input": InputCells(5, F64),
        "cells": RateCells(n, "tanh", tau_s=1e-3, form=form, bias="cell", dtype=F64),
        "output": RateCells(3, "identity", bias="cell", dtype=F64),
    }
    projections = [
        DenseProjection("input", "cells", 5, n, 0.5 * drawn(n, 5, seed=seed + 2)),
        Synapses("cells", "cells", pattern, base, mode="edge", dale=dale),
        DenseProjection("cells", "output", n, 3, 0.5 * drawn(3, n, seed=seed + 3)),
    ]
    if gaps:
        first, second = np.array([0, 1, 4]), np.array([2, 3, 9])
        conductance = torch.full((3,), 0.05, dtype=F64)
        projections.append(GapJunctions("cells", n, first, second, conductance, train=True))
    network = Network(populations, projections)
    with torch.no_grad():
        network.cells("cells").bias += 0.3 * drawn(n, seed=9)
    return network


def samples(n_inputs, n=4, seed=5):
    return Batch(drawn(n, n_inputs, seed=seed), torch.arange(n) % 3)


def updated(rule, network, batch, objective, unrolling=None):
    rule.update(network, batch, objective, rule.init(network), unrolling)
    return {name: p.grad.clone() for name, p in network.named_parameters()}


def exact(network, batch, objective, **unrolling):
    loss = objective.loss(network.unroll(batch.inputs, **unrolling), batch).total
    names, parameters = zip(*network.named_parameters(), strict=True)
    return dict(zip(names, torch.autograd.grad(loss, parameters), strict=True))


def close(found, wanted, tolerance=1e-10):
    assert set(found) == set(wanted)
    for name in wanted:
        torch.testing.assert_close(found[name], wanted[name], rtol=tolerance, atol=tolerance, msg=name)


@pytest.mark.parametrize("objective", [Classification(), Classification(label_smoothing=0.1), "regression"])
def test_fixed_predictions_give_backpropagation(objective):
    network = layered([6, 9, 8, 7, 3], "tanh", dtype=F64, seed=1)
    batch = samples(6)
    if objective == "regression":
        objective, batch = Regression(), Batch(batch.inputs, drawn(4, 3))
    close(updated(FixedPrediction(), network, batch, objective), exact(network, batch, objective), 1e-12)


@pytest.mark.parametrize("form", ["voltage", "rate"])
def test_fixed_predictions_on_a_graph_give_the_gradient_through_the_fixed_point(form):
    """Autograd through many steps to rest is another way to the same gradient (Almeida 1987, Pineda 1987)."""
    network, batch = graph(form), samples(5)
    found = updated(FixedPrediction(steps=STEPS), network, batch, Classification(), {"steps": STEPS})
    close(found, exact(network, batch, Classification(), steps=STEPS))


def energy(network, x, batch, objective):
    """F of the batch, summed over samples, from the network's own cells and projections, one by one."""
    cells, top = network.cells("cells"), network.cells("output")
    sent = x if cells.form == "rate" else torch.tanh(x)
    entry, core, out = (network.projection(k) for k in range(3))
    # the sum in plain loops of the mathematics: dense matrix, gap currents by pair
    w = torch.zeros(cells.n, cells.n, dtype=F64).index_put(
        (torch.from_numpy(core.pattern.post).long(), torch.from_numpy(core.pattern.pre).long()), core.values()
    )
    current = batch.inputs @ entry.weight.T + sent @ w.T + cells.bias
    for k in range(3, len(network.projections)):
        gap = network.projection(k)
        for a, b, g in zip(gap.first, gap.second, gap.values(), strict=True):
            flow = g * (x[:, b] - x[:, a])
            current = current.index_add(1, a[None], flow[:, None]).index_add(1, b[None], -flow[:, None])
    m = torch.tanh(current) if cells.form == "rate" else current
    outputs = sent @ out.weight.T + top.bias
    loss = torch.nn.functional.cross_entropy(outputs, batch.targets, reduction="sum")
    return 0.5 * (x - m).square().sum() + loss


@pytest.mark.parametrize("form", ["voltage", "rate"])
def test_a_relaxation_on_a_graph_descends_the_energy(form):
    """Against autograd of the energy, for values and weights: the slope is inside the sum over targets."""
    network, batch = graph(form), samples(5)
    found = updated(PredictiveCoding(steps=7, rate=0.2), network, batch, Classification(), {"steps": STEPS})
    x = network.unroll(batch.inputs, steps=STEPS).state["cells"].x.detach()
    for _ in range(7):
        leaf = x.clone().requires_grad_()
        (slope,) = torch.autograd.grad(energy(network, leaf, batch, Classification()), leaf)
        x = x - 0.2 * slope
    names, parameters = zip(*network.named_parameters(), strict=True)
    gradients = torch.autograd.grad(energy(network, x, batch, Classification()), parameters)
    close(found, {name: g / 4 for name, g in zip(names, gradients, strict=True)})


def test_a_small_error_makes_predictive_coding_backpropagation():
    network, batch = layered([6, 9, 8, 3], "tanh", dtype=F64, seed=1), samples(6)
    rule = PredictiveCoding(steps=120, rate=0.5)
    cosines = []
    for size in (1.0, 0.1, 0.01):
        targets = network.unroll(batch.inputs).last.detach() + size * drawn(4, 3)
        wanted = Batch(batch.inputs, targets)
        a = torch.cat([g.flatten() for g in updated(rule, network, wanted, Regression()).values()])
        b = torch.cat([g.flatten() for g in exact(network, wanted, Regression()).values()])
        cosines.append(1 - float(torch.cosine_similarity(a, b, dim=0)))
    assert cosines[0] > cosines[1] > cosines[2]
    rest = layered(
        [6, 9, 8, 3], "identity", dtype=F64, seed=1
    )  # linear: misfits weigh errors, by layer alone
    assert updated(rule, rest, batch, Classification())["projections.0.weight"].abs().sum() > 0


def test_incremental_steps_arrive_where_plain_descent_with_the_same_rate_does():
    network, batch = layered([6, 5, 4, 3], "tanh", dtype=F64, seed=2), samples(6)
    rule = IncrementalPredictiveCoding(steps=6, rate=0.1, plasticity=0.05)
    found = updated(rule, network, batch, Classification())
    w = [p.detach().clone() for p in (network.projection(k).weight for k in range(3))]
    b = [network.cells(name).bias.detach().clone() for name in ("hidden1", "hidden2", "output")]
    start_w, start_b = [one.clone() for one in w], [one.clone() for one in b]
    x1 = batch.inputs @ w[0].T + b[0]
    x2 = torch.tanh(x1) @ w[1].T + b[1]
    one_hot = torch.eye(3, dtype=F64)[batch.targets]
    for _ in range(6):
        e1 = x1 - batch.inputs @ w[0].T - b[0]
        e2 = x2 - torch.tanh(x1) @ w[1].T - b[1]
        e3 = one_hot - torch.softmax(torch.tanh(x2) @ w[2].T + b[2], 1)
        sent = [batch.inputs, torch.tanh(x1), torch.tanh(x2)]
        down1 = (1 - sent[1] ** 2) * (e2 @ w[1])
        down2 = (1 - sent[2] ** 2) * (e3 @ w[2])
        for own, bias, e, s in zip(w, b, (e1, e2, e3), sent, strict=True):
            own += 0.05 * e.T @ s / 4
            bias += 0.05 * e.mean(0)
        x1, x2 = x1 - 0.1 * (e1 - down1), x2 - 0.1 * (e2 - down2)
    for k, name in enumerate(("hidden1", "hidden2", "output")):
        torch.testing.assert_close(found[f"projections.{k}.weight"], (start_w[k] - w[k]) / 0.05)
        torch.testing.assert_close(found[f"populations.{name}.bias"], (start_b[k] - b[k]) / 0.05)


RULES = [PredictiveCoding(steps=5), FixedPrediction(steps=5), IncrementalPredictiveCoding(steps=3)]


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.name)
def test_they_read_what_they_declare(rule):
    found = check_rule(rule)
    assert all(answer in ("identical", "declared") for answer in found.values())
    where = Setting(graph(gaps=False), Classification(), samples(5, n=1), {"steps": 3})
    check_rule(rule, where)


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.name)
def test_what_they_cannot_teach(rule):
    assert rule.supports(worm(LIF())).startswith("cells are lif cells")
    assert "rate cells" in rule.supports(worm(Graph(), gap_conductance=0.0))
    with pytest.raises(NetworkError, match="inputs that are held"):
        rule.update(
            graph(), Batch(drawn(2, 3, 5), torch.tensor([0, 1])), Classification(), rule.init(graph())
        )
    with pytest.raises(ValueError, match="rate in"):
        type(rule)(rate=0.0)


def test_the_worm_learns_by_relaxation():
    network = worm(Rate("tanh", bias="cell"), train="edge")
    batch = Batch(torch.randn(12, 4, generator=torch.Generator().manual_seed(1)), torch.arange(12) % 3)
    rule = PredictiveCoding()
    optimiser = torch.optim.Adam(network.parameters(), lr=0.01)
    losses = []
    for _ in range(15):
        _, metrics = rule.update(network, batch, Classification(), rule.init(network), {"steps": 6})
        optimiser.step()
        losses.append(metrics["loss"])
    assert losses[-1] < 0.8 * losses[0]
