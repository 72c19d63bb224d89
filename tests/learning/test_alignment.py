"""Comparison with the exact gradient: right figures, nothing touched."""

import pytest
import torch

from brainwright.learning import (
    Alignment,
    Backpropagation,
    DirectFeedback,
    FeedbackAlignment,
    KolenPollack,
    cost,
    gradients_of,
    groups,
)
from brainwright.loop import Schedule, fit
from brainwright.network import layered
from brainwright.objective import Batch, Classification


def data(n=24) -> Batch:
    inputs = torch.randn(n, 6, generator=torch.Generator().manual_seed(2), dtype=torch.float64)
    return Batch(inputs, torch.arange(n) % 3)


def network():
    return layered([6, 7, 5, 3], "tanh", dtype=torch.float64)


def test_the_gradient_agrees_with_itself():
    own, rule = network(), Backpropagation()
    found = Alignment(rule, Classification(), step=1e-4)(own, data(), rule.init(own))
    assert all(value == pytest.approx(1) for name, value in found.items() if name.startswith("cosine"))
    assert all(value == pytest.approx(1) for name, value in found.items() if name.startswith("norm ratio"))
    exact = gradients_of(rule, own, data(), Classification(), rule.init(own))
    assert found["predicted"] == pytest.approx(1e-4 * sum(float(g.square().sum()) for g in exact.values()))
    assert found["achieved"] == pytest.approx(found["predicted"], rel=1e-3)
    assert "cosine hidden1 -> hidden2" in found


def test_feedback_is_compared_update_by_update_and_weight_by_weight():
    own, rule = network(), FeedbackAlignment()
    state = rule.init(own)
    found = Alignment(rule, Classification())(own, data(), state)
    assert found["cosine hidden2 -> output"] == pytest.approx(1)
    assert -1 < found["cosine"] < 0.99
    w, b = own.projection(1).weight.detach().flatten(), state.tensors["feedback.1"].flatten()
    angle = torch.rad2deg(torch.acos(torch.dot(w, b) / w.norm() / b.norm()))
    assert found["weight angle hidden1 -> hidden2"] == pytest.approx(float(angle))
    ours = gradients_of(rule, own, data(), Classification(), state)["projections.0.weight"]
    exact = gradients_of(Backpropagation(), own, data(), Classification(), state)["projections.0.weight"]
    expected = float((ours * exact).sum() / ours.norm() / exact.norm())
    assert found["cosine input -> hidden1"] == pytest.approx(expected)
    assert found["norm ratio input -> hidden1"] == pytest.approx(float(ours.norm() / exact.norm()))


def test_watching_changes_nothing():
    rows, ends = [], []
    for watched in (False, True):
        own, rule, shadow = network(), KolenPollack(), FeedbackAlignment()
        alignment = Alignment(rule, Classification(), shadow={"fixed": (shadow, shadow.init(own))}, step=0.1)
        watch = alignment if watched else None
        found = fit(own, Classification(), data(), Schedule(2, 8), rule=rule, watch=watch)
        rows.append(found.history[-1])
        ends.append([p.tolist() for p in own.parameters()])
    assert ends[0] == ends[1]
    assert set(rows[1]) > set(rows[0])
    assert -1 <= rows[1]["cosine fixed"] <= 1
    assert 0 < rows[1]["weight angle hidden1 -> hidden2"] < 180


def test_gradients_stay_where_they_were():
    own, rule = network(), FeedbackAlignment()
    optimiser = torch.optim.SGD(groups(own), lr=0.1)
    optimiser.zero_grad()
    own.projection(0).weight.grad = torch.ones_like(own.projection(0).weight)
    Alignment(rule, Classification(), step=0.1)(own, data(), rule.init(own))
    cost(rule, own, data(), Classification(), repeats=1)
    assert torch.equal(own.projection(0).weight.grad, torch.ones_like(own.projection(0).weight))
    assert own.projection(1).weight.grad is None


def test_cost_counts_what_is_kept_for_the_gradient_and_the_state():
    own = network()
    few, many = (cost(Backpropagation(), own, data(n), Classification(), repeats=1) for n in (24, 240))
    assert many.held_bytes - few.held_bytes >= 216 * 8 * (6 + 7 + 5)  # activities of each layer
    feedback = cost(FeedbackAlignment(), own, data(24), Classification(), repeats=1)
    assert feedback.held_bytes == few.held_bytes  # B is kept in place of W
    direct = cost(DirectFeedback(), own, data(24), Classification(), repeats=1)
    assert direct.held_bytes >= 8 * (3 * 7 + 3 * 5 + 24 * (6 + 7 + 5))
    assert few.forward_passes > 0
