"""PEPITA, difference target propagation and burst-dependent plasticity, against plain references."""

import pytest
import torch

from brainwright.learning import BurstDependent, Pepita, TargetPropagation, check_rule
from brainwright.learning.checking import Setting
from brainwright.learning.rules.target_propagation import inverse
from brainwright.learning.shared.rate_cells import layers
from brainwright.network import NetworkError, layered, relaxing
from brainwright.objective import Batch, Classification, Regression

F64 = torch.float64


def drawn(*shape, seed=0):
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed), dtype=F64)


def samples(n=5, n_inputs=6):
    return Batch(drawn(n, n_inputs, seed=5), torch.arange(n) % 3)


def updated(rule, network, batch, objective, state=None):
    rule.update(network, batch, objective, state or rule.init(network))
    return {name: p.grad.clone() for name, p in network.named_parameters()}


def backpropagated(network, batch, objective):
    loss = objective.loss(network.unroll(batch.inputs), batch).total
    names, parameters = zip(*network.named_parameters(), strict=True)
    return dict(zip(names, torch.autograd.grad(loss, parameters), strict=True))


def parts(network):
    w = [network.projection(k).weight.detach() for k in range(3)]
    b = [network.cells(name).bias.detach() for name in ("hidden1", "hidden2", "output")]
    return w, b


def compare(found, weights, biases, tolerance=1e-12):
    for k, name in enumerate(("hidden1", "hidden2", "output")):
        torch.testing.assert_close(
            found[f"projections.{k}.weight"], weights[k], rtol=tolerance, atol=tolerance
        )
        torch.testing.assert_close(
            found[f"populations.{name}.bias"], biases[k], rtol=tolerance, atol=tolerance
        )


# ---- PEPITA ----------------------------------------------------------------------------------------------


def test_pepita_against_the_written_equations():
    network, batch, rule = layered([6, 5, 4, 3], "tanh", dtype=F64), samples(), Pepita(size=1.0)
    state = rule.init(network, seed=3)
    f, (w, b) = state.tensors["modulation"], parts(network)
    weights, biases = [torch.zeros_like(one) for one in w], [torch.zeros_like(one) for one in b]
    for x, target in zip(batch.inputs, batch.targets, strict=True):

        def run(x):
            h1 = torch.tanh(w[0] @ x + b[0])
            h2 = torch.tanh(w[1] @ h1 + b[1])
            return h1, h2, w[2] @ h2 + b[2]

        h1, h2, y = run(x)
        e = torch.softmax(y, 0) - torch.eye(3, dtype=F64)[target]
        x_err = x + f @ e
        k1, k2, _ = run(x_err)
        for own, bias, post, pre in zip(weights, biases, (h1 - k1, h2 - k2, e), (x_err, k1, k2), strict=True):
            own += torch.outer(post, pre) / 5
            bias += post / 5
    compare(updated(rule, network, batch, Classification(), state), weights, biases)


def test_the_modulation_has_the_size_it_says():
    f = Pepita(size=0.05).init(layered([4000, 3, 10], dtype=F64)).tensors["modulation"]
    assert f.std().item() == pytest.approx(0.05 * 2 * (6 / 4000) ** 0.5, rel=0.02)


# ---- difference target propagation -----------------------------------------------------------------------


def linear(sizes, seed=0):
    return layered(sizes, "identity", dtype=F64, seed=seed)


def with_inverses(rule, network, invert):
    state = rule.init(network)
    for k in range(1, len(network.projections) - 1):
        state.learned[f"inverse.{k}.weight"].data = invert(network.projection(k).weight.detach())
    return state


@pytest.mark.parametrize("sizes", [[6, 5, 5, 5, 3], [6, 9, 7, 5, 3]], ids=["square", "narrowing"])
def test_exact_linear_inverses_give_gauss_newton_targets(sizes):
    """The least change of each layer that moves the next one to its target, by least squares."""
    network, batch, rule = linear(sizes), samples(), TargetPropagation(step=0.3)
    found = updated(rule, network, batch, Classification(), with_inverses(rule, network, torch.linalg.pinv))
    w = [network.projection(k).weight.detach() for k in range(4)]
    b = [network.cells(name).bias.detach() for name in list(network.populations)[1:]]
    sent = [batch.inputs]
    for own, bias in zip(w, b, strict=True):
        sent.append(sent[-1] @ own.T + bias)
    one_hot = torch.eye(3, dtype=F64)[batch.targets]
    change = -0.3 * (torch.softmax(sent[-1], 1) - one_hot) @ w[3]
    for place in (2, 1):  # the layer below the last hidden one, then the first

        def onward(h, place=place):
            return w[place] @ h + b[place]

        jacobian = torch.autograd.functional.jacobian(onward, sent[place][0])
        change = torch.linalg.lstsq(jacobian, change.T, driver="gelsd").solution.T
        wanted = (-change / 0.3).T @ sent[place - 1] / 5
        torch.testing.assert_close(found[f"projections.{place - 1}.weight"], wanted, rtol=1e-9, atol=1e-11)


def test_orthogonal_layers_give_backpropagation():
    network, batch, rule = linear([6, 5, 5, 5, 3]), samples(), TargetPropagation()
    for k in (1, 2):
        network.projection(k).weight.data = torch.linalg.qr(drawn(5, 5, seed=k)).Q
    found = updated(rule, network, batch, Classification(), with_inverses(rule, network, torch.linalg.inv))
    for name, wanted in backpropagated(network, batch, Classification()).items():
        torch.testing.assert_close(found[name], wanted, rtol=1e-10, atol=1e-13)


def reconstruction(network, state, x, noise=0.1):
    """||q(f(h + noise)) - (h + noise)||² per sample, of both inverses."""
    stack, total = layers(network), 0.0
    w, b = [p.weight.detach() for p in network.projections], [c.cells.bias.detach() for c in stack]
    h = torch.tanh(x @ w[0].T + b[0])
    for place in range(len(stack) - 2):
        noisy = h + noise * drawn(*h.shape, seed=77 + place)
        answer = torch.tanh(noisy @ w[place + 1].T + b[place + 1])
        total += float((inverse(stack, place, state, answer) - noisy).square().sum(1).mean())
        h = torch.tanh(h @ w[place + 1].T + b[place + 1])
    return total


def test_inverses_learn_to_reconstruct():
    network, rule = layered([6, 8, 8, 3], "tanh", dtype=F64, seed=4), TargetPropagation()
    batch, state = samples(15), rule.init(network)
    before = reconstruction(network, state, batch.inputs)
    optimiser = torch.optim.SGD(state.learned.values(), lr=0.05, momentum=0.5)
    for _ in range(30):
        rule.update(network, batch, Classification(), state)
        optimiser.step()
    assert reconstruction(network, state, batch.inputs) < 0.6 * before


def test_the_inverse_descends_its_own_loss():
    """Against autograd, with the noise of the rule's generator."""
    network, rule = layered([6, 5, 4, 3], "tanh", dtype=F64), TargetPropagation(draws=1)
    state = rule.init(network, seed=5)
    generator, (w, b), batch = state.copy().generator, parts(network), samples()
    h = torch.tanh(batch.inputs @ w[0].T + b[0])
    noisy = h + 0.1 * torch.randn(h.shape, generator=generator, dtype=F64)
    v, c = state.learned["inverse.1.weight"], state.learned["inverse.1.bias"]
    loss = (torch.tanh(torch.tanh(noisy @ w[1].T + b[1]) @ v.T + c) - noisy).square().sum(1).mean()
    exact = torch.autograd.grad(loss, [v, c])
    updated(rule, network, batch, Classification(), state)
    torch.testing.assert_close(v.grad, exact[0], rtol=1e-12, atol=1e-14)
    torch.testing.assert_close(c.grad, exact[1], rtol=1e-12, atol=1e-14)


# ---- burst-dependent plasticity --------------------------------------------------------------------------


def test_bursts_against_the_published_equations():
    """Sigmoid outputs and the squared error: p = p0 ((t - e)(1 - e) + 1) at the top, u = b Y - e Q below."""
    network = layered([6, 5, 4, 3], "sigmoid", output="sigmoid", dtype=F64, seed=2)
    rule = BurstDependent()
    state, (w, b) = rule.init(network, seed=1), parts(network)
    batch = Batch(samples().inputs, drawn(5, 3, seed=8).sigmoid())
    y1, y2 = state.tensors["feedback.1"], state.tensors["feedback.2"]
    e0 = batch.inputs
    e1 = torch.sigmoid(e0 @ w[0].T + b[0])
    e2 = torch.sigmoid(e1 @ w[1].T + b[1])
    e3 = torch.sigmoid(e2 @ w[2].T + b[2])
    # Regression is the mean over three outputs, the published loss 1/2 of the sum: a factor of 2 / 3
    p3 = 0.5 * (2 / 3 * (batch.targets - e3) * (1 - e3) + 1)
    u2 = (p3 * e3) @ y2 - e3 @ (0.5 * y2)
    p2 = torch.sigmoid(4 * u2 * (1 - e2))
    u1 = (p2 * e2) @ y1 - e2 @ (0.5 * y1)
    p1 = torch.sigmoid(4 * u1 * (1 - e1))
    g = [-(p - 0.5) * e / 0.5 for p, e in ((p1, e1), (p2, e2), (p3, e3))]
    weights = [one.T @ pre / 5 for one, pre in zip(g, (e0, e1, e2), strict=True)]
    compare(updated(rule, network, batch, Regression(), state), weights, [one.mean(0) for one in g])


def test_apical_dendrites_are_silent_at_rest():
    network, rule = layered([6, 5, 4, 3], "sigmoid", output="sigmoid", dtype=F64), BurstDependent(learns=True)
    state = rule.init(network)
    for k in (1, 2):
        state.learned[f"inhibition.{k}"].data = 0.5 * state.tensors[f"feedback.{k}"]
    outputs = network.unroll(samples().inputs).last.detach()
    updated(rule, network, Batch(samples().inputs, outputs), Regression(), state)
    for name, parameter in network.named_parameters():
        assert float(parameter.grad.abs().max()) < 1e-15, name
    assert all(float(q.grad.abs().max()) < 1e-15 for q in state.learned.values())


def test_small_errors_and_equal_weights_give_backpropagation():
    """The sigmoid of p leaves a cubic error: ten times smaller errors, a hundred times closer."""
    network = layered([6, 5, 4, 3], "sigmoid", output="sigmoid", dtype=F64, seed=2)
    rule, off = BurstDependent(), []
    state = rule.init(network)
    for k in (1, 2):
        state.tensors[f"feedback.{k}"] = network.projection(k).weight.detach()
    start = network.unroll(samples().inputs).last.detach()
    for size in (1e-1, 1e-2, 1e-3):
        batch = Batch(samples().inputs, start + size * drawn(5, 3, seed=9))
        found = updated(rule, network, batch, Regression(), state)
        exact = backpropagated(network, batch, Regression())
        name = "projections.0.weight"
        off.append(float((found[name] - exact[name]).norm() / exact[name].norm()))
        torch.testing.assert_close(found["projections.2.weight"], exact["projections.2.weight"])
    assert off[1] < off[0] / 50
    assert off[2] < off[1] / 50
    assert off[2] < 1e-6


def test_feedback_is_as_strong_as_asked():
    network = layered([60, 50, 40, 30], "sigmoid", dtype=F64)
    weights = network.projection(1).weight.detach()
    for strength, wanted in ((None, float(weights.square().mean().sqrt())), (0.5, 0.5)):
        rule = BurstDependent(learns=True, strength=strength)
        state = rule.init(network, seed=3)
        assert float(state.tensors["feedback.1"].std()) == pytest.approx(wanted, rel=0.05)
        assert float(state.learned["inhibition.1"].detach().std()) == pytest.approx(0.5 * wanted, rel=0.05)
    with pytest.raises(ValueError, match="a strength above 0, got 0"):
        BurstDependent(strength=0.0)


def test_inhibition_learns_to_silence_the_apical_dendrites():
    network, rule = layered([6, 5, 4, 3], "sigmoid", output="sigmoid", dtype=F64), BurstDependent(learns=True)
    state = rule.init(network, seed=2)
    start = {k: state.learned[f"inhibition.{k}"].detach().clone() for k in (1, 2)}
    optimiser = torch.optim.SGD(state.learned.values(), lr=1.0, momentum=0.9)
    batch = Batch(drawn(60, 6, seed=4) * 3, torch.zeros(60, 3, dtype=F64))
    for _ in range(60):
        rule.update(network, batch, Regression(), state)
        optimiser.step()
    events = {1: network.unroll(batch.inputs, record=["hidden2"]).recorded["hidden2"][:, 0].detach()}
    events[2] = network.unroll(batch.inputs).last.detach()
    for k in (1, 2):
        y, q = state.tensors[f"feedback.{k}"], state.learned[f"inhibition.{k}"].detach()
        left, before = ((events[k] @ (0.5 * y - one)).norm() for one in (q, start[k]))
        assert left < 0.05 * before


# ---- all -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("rule", "phi"),
    [
        (Pepita(), "tanh"),
        (TargetPropagation(draws=1), "tanh"),
        (BurstDependent(), "sigmoid"),
        (BurstDependent(learns=True), "sigmoid"),
    ],
    ids=["PEPITA", "targets", "bursts", "learned bursts"],
)
def test_they_read_what_they_declare(rule, phi):
    network = layered([12, 10, 9, 3], phi, dtype=F64)
    found = check_rule(
        rule, Setting(network, Classification(), Batch(drawn(2, 12), torch.tensor([0, 2])), {})
    )
    assert all(answer in ("identical", "declared") for answer in found.values())


@pytest.mark.parametrize("rule", [Pepita(), TargetPropagation(), BurstDependent()], ids=lambda r: r.name)
def test_they_say_what_they_cannot_teach(rule):
    assert "layers" in rule.supports(relaxing([4, 5, 3]))
    with pytest.raises(NetworkError, match="cannot teach this network"):
        rule.init(relaxing([4, 5, 3]))
    assert "event rates" in BurstDependent().supports(layered([4, 5, 3], "tanh"))
