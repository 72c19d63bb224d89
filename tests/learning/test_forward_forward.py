"""Forward-forward: each layer descends its own goodness, by hand; labels are tried one by one."""

import pytest
import torch

from brainwright.learning import ForwardForward, Setting, check_rule
from brainwright.learning.rules.forward_forward import labelled
from brainwright.network import NetworkError, check_network, layered, load, save
from brainwright.objective import Batch, Classification, Goodness

F64 = torch.float64


def drawn(*shape, seed=0):
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed), dtype=F64)


def network(seed=1, sizes=(9, 8, 7, 3)):
    return layered(list(sizes), normalise=True, dtype=F64, seed=seed)


def samples(n=6, n_inputs=9):
    return Batch(drawn(n, n_inputs, seed=5), torch.arange(n) % 3)


def by_hand(net, x, raw=False):
    """Activities of both hidden layers before normalisation, and the outputs."""
    w = [p.weight for p in net.projections]
    b = [net.cells(name).bias for name in ("hidden1", "hidden2", "output")]

    def unit(h):
        return h / (h.square().mean(1, keepdim=True) + 1e-8).sqrt()

    h1 = torch.relu(x @ w[0].T + b[0])
    h2 = torch.relu(unit(h1).detach() @ w[1].T + b[1])
    return h1, h2, unit(h2).detach() @ w[2].T + b[2]


def test_each_layer_descends_its_own_goodness():
    net, batch, rule = network(), samples(), ForwardForward(size=2.0)
    state = rule.init(net, seed=4)
    shift = torch.randint(1, 3, (6,), generator=state.copy().generator)
    found = rule.update(net, batch, Classification(), state)[1]
    x = batch.inputs.clone()
    x[:, 6:] = 0
    total = 0.0
    for label, real in ((batch.targets, 1.0), ((batch.targets + shift) % 3, 0.0)):
        y = x.clone()
        y[torch.arange(6), 6 + label] = 2.0
        for h in by_hand(net, y)[:2]:
            p = torch.sigmoid(2 * (h.square().mean(1) - 1))
            total = total - (p.log() if real else (1 - p).log()).sum() / 12
    outputs = by_hand(net, x)[2]
    total = total + torch.nn.functional.cross_entropy(outputs, batch.targets)
    names, parameters = zip(*net.named_parameters(), strict=True)
    for name, parameter, wanted in zip(
        names, parameters, torch.autograd.grad(total, parameters), strict=True
    ):
        torch.testing.assert_close(parameter.grad, wanted, rtol=1e-12, atol=1e-14, msg=name)
    readout = torch.nn.functional.cross_entropy(outputs, batch.targets)
    assert found["goodness_loss"] == pytest.approx(float((total - readout).detach()))


def test_false_labels_are_never_true():
    rule, net = ForwardForward(), network()
    batch = Batch(drawn(500, 9), torch.arange(500) % 3)
    state = rule.init(net)
    shift = torch.randint(1, 3, (500,), generator=state.copy().generator)
    assert sorted(shift.unique().tolist()) == [1, 2]
    own = labelled(batch.inputs, (batch.targets + shift) % 3, 3, 3.0)[:, -3:]
    assert not bool((own.argmax(1) == batch.targets).any())
    assert torch.equal(own.sum(1), torch.full((500,), 3.0, dtype=F64))


def test_scores_are_the_goodness_of_each_label():
    net, batch, rule = network(), samples(), ForwardForward()
    found = rule.scores(net, batch.inputs)
    for label in range(3):
        x = batch.inputs.clone()
        x[:, 6:] = 0
        x[:, 6 + label] = 3.0
        h1, h2, _ = by_hand(net, x)
        wanted = sum(2 * (h.square().mean(1) - 1) for h in (h1, h2))
        torch.testing.assert_close(found[:, label], wanted.detach())


def test_goodness_asks_for_layers_and_for_true_or_false():
    net, batch = network(), samples()
    plain = net.unroll(batch.inputs)
    with pytest.raises(NetworkError, match="unroll with record="):
        Goodness().loss(plain, Batch(batch.inputs, torch.ones(6)))
    with pytest.raises(NetworkError, match=r"targets of 1 \(real\) and 0 \(false\)"):
        Goodness().loss(net.unroll(batch.inputs, record=["hidden1"]), batch)


def test_normalised_layers_send_unit_mean_square(tmp_path):
    net = network()
    check_network(net)
    x = drawn(4, 9)
    sent = net.unroll(x, record=["hidden1"]).recorded["hidden1"]
    torch.testing.assert_close(sent.square().mean(-1), torch.ones(4, 1, dtype=F64), rtol=1e-6, atol=1e-6)
    assert torch.equal(load(save(net, tmp_path / "net")).unroll(x).last, net.unroll(x).last)
    silent = net.unroll(torch.zeros(1, 9, dtype=F64), record=["hidden1"])
    assert bool(torch.isfinite(silent.recorded["hidden1"]).all())


def test_it_reads_what_it_declares():
    where = Setting(
        network(sizes=(15, 10, 9, 3)), Classification(), Batch(drawn(2, 15), torch.tensor([0, 2])), {}
    )
    found = check_rule(ForwardForward(), where)
    assert found["transposed weights"] == found["error"] == "identical"


@pytest.mark.parametrize(
    ("net", "reason"),
    [
        (layered([9, 8, 7, 3]), "must be normalised"),
        (layered([3, 8, 3]), "widen the input"),
        (layered([9, 3]), "there are none"),
    ],
)
def test_it_says_what_it_cannot_teach(net, reason):
    assert reason in ForwardForward().supports(net)
