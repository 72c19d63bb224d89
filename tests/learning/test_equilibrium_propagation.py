"""Equilibrium propagation: the gradient of the loss at rest, with an error of beta squared."""

import pytest
import torch

from brainwright.learning import (
    Alignment,
    Backpropagation,
    EquilibriumPropagation,
    Setting,
    check_rule,
    gradients_of,
)
from brainwright.learning.alignment import cosine
from brainwright.learning.rule import projections
from brainwright.network import Network, NetworkError, check_network, layered, load, relaxing, save
from brainwright.network.cells import InputCells
from brainwright.network.projection import DenseProjection
from brainwright.network.rate import RateCells
from brainwright.network.sparse import Pattern
from brainwright.network.synapses import Synapses
from brainwright.objective import Batch, Classification, Regression

F64 = torch.float64
STEPS = 100


def drawn(*shape, seed=0):
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed), dtype=F64)


def stack(seed=3, output="sigmoid") -> Network:
    return relaxing([5, 7, 6, 3], "sigmoid", output=output, seed=seed, dtype=F64)


def mesh(n=9, form="rate", mode="edge", loop=False, one_way=False) -> Network:
    """Inputs -> cells on a symmetric sparse graph <-> outputs."""
    where = torch.rand(n, n, generator=torch.Generator().manual_seed(1)) < 0.4
    where = where.triu(1)
    post, pre = (where | where.T | (torch.eye(n) > 0 if loop else False)).nonzero(as_tuple=True)
    pattern = Pattern.of(pre, post, n, n)
    matrix = drawn(n, n, seed=2)
    pre, post = (torch.from_numpy(index).long() for index in (pattern.pre, pattern.post))
    base = 0.3 * (matrix + matrix.T)[post, pre]
    options = {"tau_s": 1.5e-3, "form": form, "bias": "cell", "dtype": F64}
    populations = {
        "input": InputCells(4, F64),
        "cells": RateCells(n, "tanh", **options),
        "output": RateCells(3, "identity", **options),
    }
    down = 0.3 * drawn(3, n, seed=4)
    projections = [
        DenseProjection("input", "cells", 4, n, 0.5 * drawn(n, 4, seed=5)),
        Synapses("cells", "cells", pattern, base, mode=mode, dale=mode != "edge"),
        DenseProjection("cells", "output", n, 3, down),
    ]
    if not one_way:
        projections.append(DenseProjection("output", "cells", 3, n, down.T.clone(), delay_steps=1))
    return Network(populations, projections)


def updated(network, beta, batch, objective):
    rule = EquilibriumPropagation(beta=beta, steps=STEPS)
    rule.update(network, batch, objective, rule.init(network), {"steps": STEPS})
    return {name: p.grad.clone() for name, p in network.named_parameters()}


def at_rest(network, batch, objective):
    """Autograd through the way to rest; an edge and its mirror are one coupling, so their gradients add."""
    loss = objective.loss(network.unroll(batch.inputs, steps=2 * STEPS), batch).total
    names, parameters = zip(*network.named_parameters(), strict=True)
    found = dict(zip(names, torch.autograd.grad(loss, parameters), strict=True))
    tied = dict(found)
    for k, one in enumerate(network.projections):
        if isinstance(one, Synapses):
            dense = one.pattern.dense(found[f"projections.{k}.theta"])
            both = dense + dense.T
            tied[f"projections.{k}.theta"] = both[
                torch.from_numpy(one.pattern.post).long(), torch.from_numpy(one.pattern.pre).long()
            ]
            continue
        for j, other in enumerate(network.projections):
            if (one.pre, one.post) == (other.post, other.pre):
                mirror = found[f"projections.{j}.weight"].T
                tied[f"projections.{k}.weight"] = found[f"projections.{k}.weight"] + mirror
    return tied


def problem(n_inputs, objective):
    targets = torch.arange(4) % 3 if isinstance(objective, Classification) else drawn(4, 3, seed=8).sigmoid()
    return Batch(drawn(4, n_inputs, seed=7), targets)


@pytest.mark.parametrize(
    ("network", "objective"),
    [(stack(), Regression()), (stack(output="identity"), Classification()), (mesh(), Classification())],
    ids=["stack", "stack with cross-entropy", "mesh"],
)
def test_the_error_falls_with_the_square_of_beta(network, objective):
    batch = problem(network.n_inputs, objective)
    exact = at_rest(network, batch, objective)
    scale = max(float(g.abs().max()) for g in exact.values())
    errors = []
    for beta in (0.08, 0.04, 0.02, 1e-3):
        found = updated(network, beta, batch, objective)
        errors.append(max(float((found[name] - exact[name]).abs().max()) for name in exact) / scale)
    assert 3.5 < errors[0] / errors[1] < 4.5
    assert 3.8 < errors[1] / errors[2] < 4.2
    assert errors[3] < 1e-6


@pytest.mark.parametrize("network", [stack(), mesh()], ids=["stack", "mesh"])
def test_alignment_takes_an_edge_and_its_mirror_as_one(network):
    rule = EquilibriumPropagation(beta=1e-3, steps=STEPS)
    batch, steps = problem(network.n_inputs, Regression()), {"steps": STEPS}
    found = Alignment(rule, Regression(), steps)(network, batch, rule.init(network))
    assert found["cosine"] == pytest.approx(1, abs=1e-9)
    assert all(v == pytest.approx(1, abs=1e-5) for k, v in found.items() if k.startswith("norm ratio"))
    exact = gradients_of(Backpropagation(), network, batch, Regression(), rule.init(network), steps)
    own = gradients_of(rule, network, batch, Regression(), rule.init(network), steps)
    names = (
        ("projections.1.weight",)
        if isinstance(network.projections[1], DenseProjection)
        else ("projections.1.theta",)
    )
    assert cosine([own[n] for n in names], [exact[n] for n in names]) < 0.999


def test_voltages_and_rates_come_to_the_same_rest():
    batch = problem(4, Classification())
    one, other = (updated(mesh(form=form), 0.1, batch, Classification()) for form in ("rate", "voltage"))
    for name in one:
        torch.testing.assert_close(one[name], other[name], rtol=1e-6, atol=1e-8)


def test_coupling_stays_symmetric():
    network = relaxing([6, 8, 5, 3], seed=2)
    rule = EquilibriumPropagation()
    optimiser = torch.optim.SGD(network.parameters(), lr=0.1, momentum=0.9)
    batch = Batch(torch.rand(16, 6, generator=torch.Generator().manual_seed(0)), torch.arange(16) % 3)
    state = rule.init(network)
    for _ in range(20):
        rule.update(network, batch, Classification(), state, {"steps": 10})
        optimiser.step()
    up, down = network.projection(1), network.projection(2)
    assert (up.pre, up.post) == (down.post, down.pre)
    torch.testing.assert_close(up.weight, down.weight.T, rtol=1e-4, atol=1e-5)
    assert rule.supports(network) is None


def test_it_reads_both_ends_of_an_edge_alone():
    rule = EquilibriumPropagation(steps=4)  # as many as the push needs to reach the first layer
    network = relaxing([12, 11, 10, 3], "tanh", seed=1, dtype=F64)
    where = Setting(network, Classification(), Batch(drawn(1, 12), torch.tensor([2])), {"steps": 3})
    found = check_rule(rule, where)
    assert found["transposed weights"] == "identical"
    assert all(answer in ("identical", "declared") for name, answer in found.items() if name != "lateral")


@pytest.mark.parametrize(
    ("network", "reason"),
    [
        (layered([4, 5, 3]), "does not project back"),
        (mesh(one_way=True), "does not project back"),
        (mesh(loop=True), "zero diagonal"),
        (mesh(mode="low-rank"), "low-rank"),
    ],
    ids=["layers", "one way", "loop", "low-rank"],
)
def test_it_says_what_it_cannot_teach(network, reason):
    assert reason in EquilibriumPropagation().supports(network)
    with pytest.raises(NetworkError, match="equilibrium propagation cannot teach"):
        EquilibriumPropagation().init(network)


def test_the_reason_does_not_depend_on_the_seed_of_hashes():
    """Of many projections that do not fit the first is named, in whatever order a set would give them."""
    network = layered([4, 5, 5, 5, 5, 5, 5, 5, 3])
    first = next(p for p in projections(network) if p.pre != network.input)
    reason = EquilibriumPropagation().supports(network)
    assert reason.startswith(f"{first.pre} projects to {first.post}, which does not")


def test_unequal_directions_are_refused():
    network = stack()
    with torch.no_grad():
        network.projection(2).weight[0, 0] += 0.2
    assert "differ by direction" in EquilibriumPropagation().supports(network)


def test_relaxing_networks_keep_the_contract_and_are_saved(tmp_path):
    network = relaxing([4, 6, 3], dtype=F64)
    check_network(network)
    again = load(save(network, tmp_path / "net"))
    x = drawn(2, 4)
    assert torch.equal(network.unroll(x, steps=9).last, again.unroll(x, steps=9).last)
    outputs = network.unroll(x, steps=60).outputs.detach()
    assert float((outputs[:, -1] - outputs[:, -2]).abs().max()) < 1e-9
    with pytest.raises(NetworkError, match="mix in"):
        relaxing([4, 3], mix=1.0)
