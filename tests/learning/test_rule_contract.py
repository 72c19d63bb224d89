"""Every rule keeps the contract and reads what it declares; leaky ones are caught."""

from dataclasses import dataclass

import pytest
import torch

from brainwright.learning import (
    Backpropagation,
    DirectFeedback,
    FeedbackAlignment,
    Locality,
    RuleState,
    Setting,
    ThreeFactor,
    WeightMirror,
    check_rule,
)
from brainwright.learning.catalogue import catalogue
from brainwright.learning.checking import setting
from brainwright.learning.rule import fill, from_edges, gradients, projections
from brainwright.network import Network, NetworkError, layered
from brainwright.network.cells import InputCells
from brainwright.network.projection import DenseProjection
from brainwright.network.rate import RateCells
from brainwright.network.sparse import Pattern
from brainwright.network.synapses import Synapses
from brainwright.objective import Batch, Classification, Regression

RULES = {
    **catalogue(),
    "weight mirror": WeightMirror(samples=3),  # few patterns: see `Setting`
    "three-factor": ThreeFactor(action="outputs"),  # two drawn actions may both be as good as expected
}


def recurrent(n=24, seed=0) -> Network:
    """Inputs → leaky cells on a sparse graph with cycles → outputs; all weights free, in float64."""
    g = torch.Generator().manual_seed(seed)
    where = torch.rand(n, n, generator=g) < 0.8
    post, pre = where.nonzero(as_tuple=True)
    pattern = Pattern.of(pre, post, n, n)
    base = torch.randn(pattern.n_edges, generator=g, dtype=torch.float64) / (0.8 * n) ** 0.5

    def dense(a, b, rows, columns):
        weight = torch.randn(rows, columns, generator=g, dtype=torch.float64) / columns**0.5
        return DenseProjection(a, b, columns, rows, weight)

    f64 = torch.float64
    cells = RateCells(n, "tanh", tau_s=2e-3, bias="cell", dtype=f64)
    populations = {"input": InputCells(6, f64), "cells": cells}
    populations["output"] = RateCells(3, "identity", bias="cell", dtype=f64)
    core = Synapses("cells", "cells", pattern, base, mode="edge", dale=False)
    return Network(populations, [dense("input", "cells", n, 6), core, dense("cells", "output", 3, n)])


def in_time(seed=0) -> Setting:
    g = torch.Generator().manual_seed(seed)
    inputs = torch.randn(2, 4, 6, generator=g, dtype=torch.float64)
    return Setting(recurrent(), Classification(every_step=True), Batch(inputs, torch.tensor([0, 2])), {})


GRADED = {name: rule for name, rule in RULES.items() if rule.supports(setting().network) is None}
IN_LOOPS = {
    name: rule
    for name, rule in RULES.items()
    if rule.supports(recurrent()) is None and not name.startswith("predictive")  # those relax to held inputs
}


def test_only_rules_that_need_another_network_are_checked_elsewhere():
    elsewhere = {"pair STDP", "reward STDP", "equilibrium propagation", "burst-dependent", "forward-forward"}
    assert set(RULES) - set(GRADED) == elsewhere


@pytest.mark.parametrize("rule", GRADED.values(), ids=GRADED)
def test_a_rule_reads_only_what_it_declares_in_layers(rule):
    found = check_rule(rule)
    for name, answer in found.items():
        noisy = name == "lateral" and "post" not in rule.locality.reads
        assert answer in ("identical", "declared") or noisy


@pytest.mark.parametrize("rule", IN_LOOPS.values(), ids=IN_LOOPS)
def test_a_rule_reads_only_what_it_declares_on_a_graph_in_time(rule):
    found = check_rule(rule, in_time())
    assert all(answer in ("identical", "declared") for name, answer in found.items() if name != "lateral")


@pytest.mark.parametrize("rule", RULES.values(), ids=RULES)
def test_a_rule_names_its_equation_and_source(rule):
    assert rule.equation
    assert rule.bibtex.startswith("@")
    assert rule.bibtex.count("{") == rule.bibtex.count("}")


@dataclass(frozen=True)
class Leaky(FeedbackAlignment):
    """Sends errors over the weights themselves, mixed into B, and says nothing of it."""

    share: float = 0.01

    def update(self, network, batch, objective, state, unrolling=None):
        mixed = {
            name: b + self.share * network.projection(int(name.split(".")[1])).values().detach()
            for name, b in state.tensors.items()
        }
        _, metrics = super().update(
            network, batch, objective, RuleState(state.generator, mixed, state.learned), unrolling
        )
        return state, metrics


class ReadsLabels(DirectFeedback):
    def update(self, network, batch, objective, state, unrolling=None):
        state, metrics = super().update(network, batch, objective, state, unrolling)
        network.projection(0).weight.grad *= 1 + batch.targets.double().mean()
        return state, metrics


class Undeclared(Backpropagation):
    """Backpropagation that claims to read a scalar."""

    @property
    def locality(self):
        return Locality(("pre", "post", "scalar", "transposed weights"))


class ReadsNeighbours(FeedbackAlignment):
    def update(self, network, batch, objective, state, unrolling=None):
        state, metrics = super().update(network, batch, objective, state, unrolling)
        shown = network.unroll(batch.inputs, record=["hidden1"]).recorded["hidden1"].detach()
        network.projection(0).weight.grad *= 1 + shown.square().mean()
        return state, metrics

    @property
    def locality(self):
        return Locality(("pre", "post", "error"), phases=2)


class SecondPass(Backpropagation):
    def update(self, network, batch, objective, state, unrolling=None):
        network.unroll(batch.inputs)
        return super().update(network, batch, objective, state, unrolling)


class ReadsOwnWeight(Backpropagation):
    def update(self, network, batch, objective, state, unrolling=None):
        state, metrics = super().update(network, batch, objective, state, unrolling)
        network.projection(1).weight.grad += 0.1 * network.projection(1).weight.detach()
        return state, metrics


class ReadsTheLoss(Backpropagation):
    def update(self, network, batch, objective, state, unrolling=None):
        loss = objective.loss(network.unroll(batch.inputs), batch)
        found = gradients(network, [loss.total], [loss.total.detach()])
        fill(network, found)
        return state, {"loss": float(loss.total.detach())}


class Draws(Backpropagation):
    def update(self, network, batch, objective, state, unrolling=None):
        torch.rand(1)
        return super().update(network, batch, objective, state, unrolling)


class Steps(Backpropagation):
    def update(self, network, batch, objective, state, unrolling=None):
        found = super().update(network, batch, objective, state, unrolling)
        with torch.no_grad():
            network.projection(0).weight -= network.projection(0).weight.grad
        return found


@pytest.mark.parametrize(
    ("rule", "complaint"),
    [
        (Leaky(), "transposed weights changes "),
        (ReadsLabels(), "label changes "),
        (Undeclared(), "error changes "),
        (ReadsNeighbours(), "lateral changes "),
        (SecondPass(), "makes 2 forward passes and declares 1"),
        (ReadsOwnWeight(), "own weight changes "),
        (ReadsTheLoss(), "scalar changes "),
        (Draws(), "draws from torch's global generator"),
        (Steps(), "changes the network"),
    ],
    ids=lambda case: type(case).__name__,
)
def test_a_leaky_rule_is_caught(rule, complaint):
    with pytest.raises(NetworkError, match=complaint):
        check_rule(rule)


def test_a_leak_on_a_sparse_recurrent_graph_is_caught():
    with pytest.raises(NetworkError, match="transposed weights changes "):
        check_rule(Leaky(), in_time())


@pytest.mark.parametrize(
    "mode", [{"mode": "edge"}, {"mode": "edge", "magnitude": "clamp"}, {"mode": "low-rank"}, {"mode": "cell"}]
)
def test_products_on_edges_become_gradients_of_any_mode(mode):
    network = recurrent()
    core = network.projection(1)
    network.projections[1] = Synapses("cells", "cells", core.pattern, core.base.abs(), **mode)
    x = torch.randn(5, 24, dtype=torch.float64)
    target = torch.randn(5, 24, dtype=torch.float64)
    core = network.projection(1)
    loss = (core.product()(x) * target).sum()
    exact = gradients(network, [loss], [None])
    found = from_edges(network, {1: core.outer(target, x), 0: torch.zeros(24, 6, dtype=torch.float64)})
    for name in [name for name in exact if name.startswith("projections.1.")]:
        torch.testing.assert_close(found[name], exact[name], rtol=1e-12, atol=1e-12)


def test_edges_walk_backward_as_autograd_does():
    network = recurrent()
    for projection in projections(network):
        for backend in ("numba", "torch"):
            if isinstance(projection, Synapses):
                projection.backend = backend
            x = torch.randn(5, projection.n_pre, dtype=torch.float64, requires_grad=True)
            g = torch.randn(5, projection.n_post, dtype=torch.float64)
            other = torch.randn_like(projection.values()).requires_grad_()
            exact = torch.autograd.grad(projection.product(other)(x), [x, other], g)
            torch.testing.assert_close(projection.transposed(other)(g), exact[0], rtol=1e-12, atol=1e-12)
            torch.testing.assert_close(projection.outer(g, x.detach()), exact[1], rtol=1e-12, atol=1e-12)


def test_feedback_that_equals_the_weights_is_backpropagation():
    for where in (in_time(), Setting(layered([12, 10, 9, 3], dtype=torch.float64), *plain())):
        exact = updated(Backpropagation(), where)
        rule = FeedbackAlignment()
        state = rule.init(where.network)
        for name in state.tensors:
            state.tensors[name] = where.network.projection(int(name.split(".")[1])).values().detach()
        found = updated(rule, where, state)
        for name in exact:
            torch.testing.assert_close(found[name], exact[name], rtol=1e-10, atol=1e-14)


def plain():
    inputs = torch.randn(5, 12, dtype=torch.float64, generator=torch.Generator().manual_seed(4))
    return Regression(), Batch(inputs, torch.zeros(5, 3, dtype=torch.float64)), {}


def updated(rule, where, state=None):
    state = rule.init(where.network) if state is None else state
    rule.update(where.network, where.batch, where.objective, state, where.unrolling)
    return {name: p.grad.clone() for name, p in where.network.named_parameters()}


def test_a_window_of_one_step_cuts_time_and_a_long_one_nothing():
    where = in_time()
    exact = updated(Backpropagation(), where)
    long, short = (updated(Backpropagation(window=n), where) for n in (4, 1))
    assert all(torch.equal(exact[name], long[name]) for name in exact)
    assert not torch.allclose(exact["projections.1.theta"], short["projections.1.theta"])
    torch.testing.assert_close(exact["projections.2.weight"], short["projections.2.weight"])


def test_state_is_saved_as_tensors():
    state = FeedbackAlignment().init(layered([4, 3, 2]), seed=7)
    back = RuleState.loaded(state.saved())
    assert torch.equal(back.tensors["feedback.1"], state.tensors["feedback.1"])
    assert torch.equal(torch.rand(3, generator=back.generator), torch.rand(3, generator=state.generator))
