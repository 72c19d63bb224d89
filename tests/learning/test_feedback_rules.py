"""Feedback weights: fixed, signed, stepped beside their partners or mirrored; and direct teaching signals."""

import pytest
import torch

from brainwright.learning import (
    Backpropagation,
    DirectFeedback,
    DirectRandomTarget,
    FeedbackAlignment,
    KolenPollack,
    SignSymmetry,
    WeightMirror,
    groups,
)
from brainwright.network import NetworkError, layered
from brainwright.network.projection import DenseProjection
from brainwright.objective import Batch, Classification

SIZES = [6, 5, 4, 3]


def data(n=7) -> Batch:
    inputs = torch.randn(n, 6, generator=torch.Generator().manual_seed(2), dtype=torch.float64)
    return Batch(inputs, torch.arange(n) % 3)


def network():
    return layered(SIZES, "tanh", dtype=torch.float64)


def step(rule, own, state, optimiser=None):
    rule.update(own, data(), Classification(), state)
    if optimiser is not None:
        optimiser.step()
    return {name: p.grad.clone() for name, p in own.named_parameters()}


def by_hand(own, feedback):
    """g_l = (B_{l+1}ᵀ g_{l+1}) φ'(a_l), written out."""
    w = [own.projection(k).weight.detach() for k in range(3)]
    b = [own.cells(own.projection(k).post).bias.detach() for k in range(3)]
    h1 = torch.tanh(data().inputs @ w[0].T + b[0])
    h2 = torch.tanh(h1 @ w[1].T + b[1])
    out = h2 @ w[2].T + b[2]
    e = (out.softmax(-1) - torch.nn.functional.one_hot(data().targets, 3)) / len(out)
    g2 = e @ feedback[2] * (1 - h2**2)
    g1 = g2 @ feedback[1] * (1 - h1**2)
    return [g1.T @ data().inputs, g2.T @ h1, e.T @ h2]


@pytest.mark.parametrize("sizes", [None, "uniform", "fixed"])
def test_errors_travel_over_the_feedback_weights(sizes):
    own = network()
    rule = FeedbackAlignment() if sizes is None else SignSymmetry(sizes)
    state = rule.init(own)
    kept = "feedback" if sizes is None else "size"
    feedback = {k: state.tensors[f"{kept}.{k}"] for k in (1, 2)}
    if sizes is not None:
        feedback = {k: b.abs() * own.projection(k).weight.detach().sign() for k, b in feedback.items()}
    found = step(rule, own, state)
    for k, expected in enumerate(by_hand(own, feedback)):
        torch.testing.assert_close(found[f"projections.{k}.weight"], expected, rtol=1e-12, atol=1e-14)


def test_fresh_sizes_are_drawn_anew_and_fixed_ones_are_not():
    own = network()
    for sizes, same in (("fresh", False), ("fixed", True), ("uniform", True)):
        rule = SignSymmetry(sizes)
        state = rule.init(own)
        first, second = (step(rule, own, state)["projections.0.weight"] for _ in range(2))
        assert torch.equal(first, second) == same


def test_direct_teaching_is_its_equation():
    own = network()
    for rule in (DirectFeedback(), DirectFeedback(signs_only=True), DirectRandomTarget()):
        state = rule.init(own)
        found = step(rule, own, state)
        w = [own.projection(k).weight.detach() for k in range(3)]
        b = [own.cells(own.projection(k).post).bias.detach() for k in range(3)]
        h1 = torch.tanh(data().inputs @ w[0].T + b[0])
        h2 = torch.tanh(h1 @ w[1].T + b[1])
        target = torch.nn.functional.one_hot(data().targets, 3).double()
        e = ((h2 @ w[2].T + b[2]).softmax(-1) - target) / 7
        sent = -target / 7 if isinstance(rule, DirectRandomTarget) else e
        sent = e.sign() / 7 if getattr(rule, "signs_only", False) else sent
        g2 = sent @ state.tensors["teaching.hidden2"] * (1 - h2**2)
        g1 = sent @ state.tensors["teaching.hidden1"] * (1 - h1**2)
        for k, expected in enumerate((g1.T @ data().inputs, g2.T @ h1, e.T @ h2)):
            torch.testing.assert_close(found[f"projections.{k}.weight"], expected, rtol=1e-12, atol=1e-14)


def test_direct_random_target_needs_no_output():
    own = network()
    rule = DirectRandomTarget()
    state = rule.init(own)
    before = step(rule, own, state)
    with torch.no_grad():
        own.projection(2).weight.mul_(-3)
    after = step(rule, own, state)
    assert torch.equal(before["projections.1.weight"], after["projections.1.weight"])
    assert not torch.equal(before["projections.2.weight"], after["projections.2.weight"])


@pytest.mark.parametrize("momentum", [0.0, 0.9])
def test_kolen_pollack_differences_decay_as_the_optimiser_alone_would_make_them(momentum):
    own, rule = network(), KolenPollack(decay=0.5)
    state = rule.init(own)
    optimiser = torch.optim.SGD(groups(own, state), lr=0.1, momentum=momentum)
    gap = own.projection(1).weight.detach() - state.learned["projections.1.weight"]
    velocity = torch.zeros_like(gap)
    for _ in range(30):
        step(rule, own, state, optimiser)
        velocity = momentum * velocity + 0.5 * gap  # W - B sees the decay and nothing else
        gap = gap - 0.1 * velocity
    found = own.projection(1).weight.detach() - state.learned["projections.1.weight"]
    torch.testing.assert_close(found, gap, rtol=1e-9, atol=1e-12)


def test_kolen_pollack_ends_at_the_gradient():
    own, rule = network(), KolenPollack(decay=0.5)
    state = rule.init(own)
    optimiser = torch.optim.SGD(groups(own, state), lr=0.5)
    for _ in range(100):
        step(rule, own, state, optimiser)
    found = step(rule, own, state)["projections.0.weight"]
    exact = step(Backpropagation(), own, Backpropagation().init(own))["projections.0.weight"]
    torch.testing.assert_close(found, exact, rtol=1e-8, atol=1e-12)


def test_kolen_pollack_refuses_weights_that_are_functions_of_parameters():
    own = network()
    weight = own.projection(1).weight.detach()
    own.projections[1] = DenseProjection("hidden1", "hidden2", 5, 4, weight.abs(), sign=torch.ones(5))
    with pytest.raises(NetworkError, match=r"Kolen-Pollack cannot teach.* functions of its parameters"):
        KolenPollack().init(own)


def test_a_mirror_holds_the_mean_of_many_mirror_images():
    own, rule = network(), WeightMirror(samples=512)
    state = rule.init(own)
    for _ in range(120):
        step(rule, own, state)
    for k in (1, 2):
        w, b = own.projection(k).weight.detach(), state.tensors[f"feedback.{k}"]
        cosine = torch.nn.functional.cosine_similarity(w.flatten(), b.flatten(), dim=0)
        assert float(cosine) > 0.99
        assert float(b.norm() / w.norm()) == pytest.approx(1.0, abs=0.05)


def test_mirrored_feedback_that_equals_the_weights_gives_the_gradient():
    own, rule = network(), WeightMirror()
    state = rule.init(own)
    for k in (1, 2):
        state.tensors[f"feedback.{k}"] = own.projection(k).weight.detach().clone()
    found = step(rule, own, state)
    exact = step(Backpropagation(), own, Backpropagation().init(own))
    for name in exact:
        torch.testing.assert_close(found[name], exact[name], rtol=1e-10, atol=1e-14)
