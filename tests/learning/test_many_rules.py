"""Rules for many networks at once against the rules for one, and against autograd."""

import pytest
import torch

from brainwright.learning import (
    Backpropagation,
    DirectFeedback,
    FeedbackAlignment,
    KolenPollack,
    Oja,
    PredictiveCoding,
)
from brainwright.learning.graft.many import (
    DECAY,
    Feedback,
    Options,
    Stepper,
    Taught,
    backward,
    drawn_noise,
    gradients,
    oja,
    perturbed,
    prepare,
    taught,
)
from brainwright.loop.grafts.closed import closed
from brainwright.loop.grafts.score import errors, losses
from brainwright.network import NetworkError, layered, normal, recurrent, spiking
from brainwright.network.graft import Many, Ports
from brainwright.objective import Batch, Loss

ONE = {
    "BP": Backpropagation(),
    "FA": FeedbackAlignment(),
    "DFA": DirectFeedback(),
    "KP": KolenPollack(decay=0),
    "PC": PredictiveCoding(steps=20, rate=0.1),
    "Hebb": Oja(),
}


class Half:
    """Half the squared error, summed over outputs, a mean over samples and steps."""

    def each(self, trajectory, batch):
        outputs = trajectory.outputs if batch.targets.ndim == 3 else trajectory.last
        wrong = (outputs - batch.targets).square() / 2
        return wrong.flatten(1).sum(1) / (wrong.shape[1] if wrong.ndim == 3 else 1)

    def loss(self, trajectory, batch):
        total = self.each(trajectory, batch).mean()
        return Loss(total, {"loss": float(total.detach())})


def layers():
    networks = [layered([5, 9, 3, 8, 7, 2], "tanh", seed=k, dtype=torch.float64) for k in range(3)]
    return networks, drawn(3, 6, 5), drawn(3, 6, 2)


def over_time():
    networks = [recurrent(4, 11, 2, seed=k).double() for k in range(3)]
    return networks, drawn(3, 6, 5, 4), drawn(3, 6, 5, 2)


def drawn(*shape, seed=0):
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def same_feedback(state, kept, number, networks):
    for k, weight in enumerate(kept.by_joint):
        if f"feedback.{k}" in state.tensors:
            state.tensors[f"feedback.{k}"] = weight[number].double()
        if f"projections.{k}.weight" in state.learned:
            state.learned[f"projections.{k}.weight"] = weight[number].double()
    for name, weight in kept.direct.items():
        state.tensors[f"teaching.{name}"] = weight[number].double()


@pytest.mark.parametrize("made", [layers, over_time])
@pytest.mark.parametrize("name", ONE)
def test_many_networks_learn_as_each_alone(name, made):
    networks, x, y = made()
    if name == "PC" and made is over_time:
        pytest.skip("it relaxes to held inputs")
    many = Many.of(networks)
    moments = many.run(x)
    error = errors(moments, many.output, y)
    kept = prepare(name, many, torch.Generator().manual_seed(1))
    told = taught(name, many, kept, moments, error, options=Options(nudge=1.0))
    if name == "Hebb":
        outputs = Taught({many.output: error}, [moment.sent for moment in moments])
        flat = oja(many, moments, many.hidden) + gradients(many, outputs)
    else:
        flat = gradients(many, told)
    weights, biases = many.parts(flat)
    for number, network in enumerate(networks):
        state = ONE[name].init(network)
        same_feedback(state, kept, number, networks)
        ONE[name].update(network, Batch(x[number], y[number]), Half(), state)
        for k, weight in enumerate(weights):
            expected = network.projection(k).weight.grad
            torch.testing.assert_close(weight[number], expected, rtol=1e-6, atol=1e-9)
        for population, bias in biases.items():
            expected = network.cells(population).bias.grad
            if expected is not None:
                torch.testing.assert_close(bias[number], expected, rtol=1e-6, atol=1e-9)


@pytest.mark.parametrize("latency", [0, 1])
def test_a_grafts_gradient_is_that_of_autograd(latency):
    """Of the loss of the host; with latency, as far as what is read is taken as given."""
    if latency:
        networks, x, y = over_time()
        ports = Ports("cells", [1, 4, 5], "cells", [0, 7], latency_steps=1)
    else:
        networks, x, y = layers()
        ports = Ports("hidden1", [1, 4, 5], "hidden3", [0, 7])
    hosts = Many.of(networks)
    grafts = Many.of([normal(layered([3, 4, 4, 2], "tanh", dtype=torch.float64), k) for k in range(3)])
    loop = closed(hosts, grafts, ports, x)
    error = errors(loop.host, hosts.output, y)
    back = backward(hosts, loop.host, error, hosts.weights)
    signal = [s[..., list(ports.writes)] for s in back[ports.write]]
    told = taught("BP", grafts, prepare("BP", grafts, torch.Generator()), loop.inner, signal)
    free = grafts.like(grafts.values.clone().requires_grad_())
    if latency:
        reads = [moment.sent[grafts.input] for moment in loop.inner]
        written = [free.run(read)[0].sent[grafts.output] for read in reads]
        exact = sum((w * s).sum() for w, s in zip(written, signal, strict=True))
        seen = drawn_gradient_of_currents(hosts, loop, ports, x, y)
        for mine, theirs in zip(signal, seen, strict=True):
            torch.testing.assert_close(mine, theirs, rtol=1e-6, atol=1e-12)
    else:
        exact = losses(closed(hosts, free, ports, x).host, hosts.output, y).mean(1).sum()
    (expected,) = torch.autograd.grad(exact, free.values)
    torch.testing.assert_close(gradients(grafts, told), expected, rtol=1e-6, atol=1e-9)


def drawn_gradient_of_currents(hosts, loop, ports, x, y):
    """d loss / d current at the written units, by autograd, with the currents as they were."""
    currents = [m.sent["output"].clone().requires_grad_() for m in loop.inner]

    def extra(name, past, now):
        if name != ports.write:
            return None
        wide = torch.zeros(*x.shape[:2], hosts.kinds[name].n, dtype=x.dtype)
        return wide.index_copy(-1, torch.tensor(list(ports.writes)), currents[len(past)])

    return torch.autograd.grad(losses(hosts.run(x, extra=extra), hosts.output, y).mean(1).sum(), currents)


def test_predictive_coding_of_a_host_holds_what_a_graft_writes():
    """Nudged a little and relaxed long, its signal is the gradient (Whittington & Bogacz 2017), with a graft
    as without; without an error there is none.
    """
    networks, x, y = layers()
    hosts, ports = Many.of(networks), Ports("hidden1", [1, 4, 5], "hidden3", [0, 7])
    grafts = Many.of([normal(layered([3, 4, 2], "tanh", dtype=torch.float64), k) for k in range(3)])
    moments = closed(hosts, grafts, ports, x).host
    error = errors(moments, hosts.output, y)
    options = Options(nudge=1e-3, relaxation=0.1, steps=400)
    told = taught("PC", hosts, Feedback(), moments, error, options=options)
    exact = backward(hosts, moments, error, hosts.weights)
    for name in ("hidden3", "hidden2"):
        mine, theirs = (part[name][0].flatten() for part in (told.signals, exact))
        assert torch.cosine_similarity(mine, theirs, dim=0) > 0.999
    none = taught("PC", hosts, Feedback(), moments, [0 * e for e in error], options=options)
    hidden = [none.signals[name][0].abs().max() for name in hosts.hidden]
    assert max(hidden) < 1e-9


def test_node_perturbation_follows_the_gradient_on_average():
    """K estimates over D noisy cells have a cosine of √(K / (K + D)) with it."""
    networks, x, y = layers()
    many = Many.of(networks)
    x, y = x[:, :1], y[:, :1]
    times = 400
    wide, wanted = x.repeat(1, times, 1), y.repeat(1, times, 1)
    moments = many.run(wide)
    error, options = errors(moments, many.output, wanted), Options(sigma=1e-3)
    noise = drawn_noise(many, moments, options, torch.Generator().manual_seed(0))
    noise = {name: pushed.double() for name, pushed in noise.items()}
    change = losses(many.run(wide, noise=noise), many.output, wanted) - losses(moments, many.output, wanted)
    mean = perturbed(many, moments, error, noise, change, options).signals
    exact = backward(many, moments, error, many.weights)
    mine, theirs = (torch.cat([part[name][0].sum(1) for name in many.hidden], 1) for part in (mean, exact))
    cosine = torch.cosine_similarity(mine, theirs, dim=1)
    expected = (times / (times + 27)) ** 0.5  # 9 + 3 + 8 + 7 hidden cells
    assert (cosine - expected).abs().max() < 0.03


def test_partners_of_kolen_pollack_converge_and_adam_is_that_of_torch():
    many = Many.of([layered([4, 6, 3, 2], "tanh", seed=k, dtype=torch.float64) for k in range(2)])
    kept = prepare("KP", many, torch.Generator().manual_seed(0))
    kept.by_joint = [weight.double() for weight in kept.by_joint]
    apart = [(w - b).clone() for w, b in zip(many.weights, kept.by_joint, strict=True)]
    plain = many.values.clone().requires_grad_()
    theirs = torch.optim.Adam([plain], lr=0.05)
    rates = torch.tensor([0.05, 0.05])
    stepper, with_partners = Stepper(many.repeated(1), rates), Stepper(many, rates)
    for step in range(20):
        gradient = drawn(*many.values.shape, seed=step)
        stepper.step(gradient)
        with_partners.step(gradient, 1.0, [(slice(None), kept)])
        plain.grad = gradient.clone()
        theirs.step()
    torch.testing.assert_close(stepper.many.values, plain.detach(), rtol=1e-6, atol=1e-9)
    left = (1 - DECAY * 0.05) ** 20
    for weight, partner, first in zip(many.weights, kept.by_joint, apart, strict=True):
        torch.testing.assert_close(weight - partner, first * left, rtol=1e-6, atol=1e-7)


def test_values_go_back_into_the_networks():
    networks, x, _ = layers()
    many = Many.of(networks)
    many.values.mul_(0.5)
    many.put_into(networks)
    torch.testing.assert_close(networks[1].unroll(x[1]).last, many.run(x)[0].sent["output"][1])


def test_what_many_networks_do_not_know_is_named():
    with pytest.raises(NetworkError, match="got cells of lif cells; take them one by one"):
        Many.of([spiking(3, 4, 2)])
    with pytest.raises(NetworkError, match="one structure"):
        Many.of([layered([3, 4, 2], "tanh"), layered([3, 5, 2], "tanh")])
